from django.db import models


class KeyState(models.TextChoices):
    ACTIVE = "ACTIVE", "ACTIVE"
    READ_ONLY = "READ_ONLY", "READ_ONLY"
    DESTROYED = "DESTROYED", "DESTROYED"


NEXT_KEY_STATE: dict[KeyState, frozenset[KeyState]] = {
    KeyState.ACTIVE: frozenset({KeyState.READ_ONLY}),
    KeyState.READ_ONLY: frozenset({KeyState.DESTROYED}),
    KeyState.DESTROYED: frozenset(),
}


class DataKey(models.Model):
    """A data key, wrapped by the key-encryption key that lies outside the database."""

    purpose = models.CharField(max_length=30)
    algorithm = models.CharField(max_length=12)
    wrapped = models.BinaryField()
    state = models.CharField(max_length=10, choices=KeyState, default=KeyState.ACTIVE)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose"], condition=models.Q(state="ACTIVE"), name="data_key_one_active_per_purpose"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class KeyCheck(models.Model):
    """What tells a key outside the database from another: a value computed with it, of no other use."""

    name = models.CharField(primary_key=True, max_length=40)
    value = models.BinaryField()
    digest = models.CharField(max_length=8, default="")
    """Of the blind-index key: the hash by which this database's index values are made."""
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class SealedColumn(models.Model):
    """One encrypted column, as the register has it; written at every migration, read by `zhike doctor`."""

    place = models.CharField(primary_key=True, max_length=130)
    table_name = models.CharField(max_length=63)
    column_name = models.CharField(max_length=63)
    index_name = models.CharField(max_length=63)
    purpose = models.CharField(max_length=30)

    def __str__(self) -> str:
        return self.place
