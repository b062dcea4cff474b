from django.db import models

from zhike.staff.enums import UnitKind


class Unit(models.Model):
    """A unit of the bank: head office, department, branch, outlet. Units form a tree."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=UnitKind)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    region = models.CharField(max_length=60, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="unit_is_not_its_own_parent", condition=~models.Q(parent=models.F("id"))
            )
        ]

    def __str__(self) -> str:
        return self.name

    def and_below(self) -> set[int]:
        """The ids of this unit and of every unit below it."""
        children: dict[int | None, list[int]] = {}
        for pk, parent in Unit.objects.values_list("pk", "parent_id"):
            children.setdefault(parent, []).append(pk)
        found, waiting = set(), [self.pk]
        while waiting:
            unit = waiting.pop()
            if unit not in found:
                found.add(unit)
                waiting += children.get(unit, [])
        return found
