"""Access for programs."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class ApiToken(models.Model):
    """A secret a program shows instead of a person signing in. Only its hash is kept.

    The program acts as that person, with those rights of theirs that the token was given: a right the person
    loses is lost to the token with the next call (G27). `revoked_by` is empty where the operator ended it on the
    machine. `minute_count` counts the calls of `minute_at`.
    """

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    scopes = ArrayField(models.CharField(max_length=40))
    secret_hash = models.BinaryField(unique=True)
    prefix = models.CharField(max_length=12)
    issued_at = models.DateTimeField()
    expires_on = models.DateField()
    last_used_at = models.DateTimeField(null=True)
    minute_at = models.DateTimeField(null=True)
    minute_count = models.IntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    AUDIT_PRIVATE = frozenset({"secret_hash"})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "name"], condition=Q(revoked_at=None), name="api_token_name_once_per_person"
            ),
            models.CheckConstraint(
                name="api_token_revoked_by_with_at",
                condition=Q(revoked_by__isnull=True) | Q(revoked_at__isnull=False),
            ),
            models.CheckConstraint(name="api_token_has_a_scope", condition=~Q(scopes=[])),
        ]
        indexes = [models.Index(fields=["staff", "-issued_at"], name="api_token_of_person")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
