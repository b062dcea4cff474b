from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("core", "0003_sealed_columns")]

    operations = [
        migrations.RemoveConstraint("approval", "approval_decided_at_matches_state"),
        migrations.AddConstraint(
            "approval",
            models.CheckConstraint(
                name="approval_decided_at_matches_state",
                condition=Q(state="PENDING", decided_at__isnull=True, decided_by__isnull=True)
                | Q(state="STALE", decided_at__isnull=False)
                | (
                    ~Q(state__in=["PENDING", "STALE"])
                    & Q(decided_at__isnull=False, decided_by__isnull=False)
                ),
            ),
        ),
    ]
