from django.db import migrations, models
from django.db.models import Q

MOVED = migrations.RunSQL(
    """
    UPDATE core_approval
    SET given_up_at = (payload ->> 'given_up_at')::timestamptz, payload = payload - 'given_up_at'
    WHERE payload ? 'given_up_at' AND state IN ('REJECTED', 'STALE')
    """,
    """
    UPDATE core_approval SET payload = payload || jsonb_build_object('given_up_at', given_up_at)
    WHERE given_up_at IS NOT NULL
    """,
)


class Migration(migrations.Migration):
    dependencies = [("core", "0007_what_the_auditor_notes")]

    operations = [
        migrations.AddField("approval", "given_up_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "approval",
            models.CheckConstraint(
                name="approval_given_up_came_back",
                condition=Q(given_up_at__isnull=True) | Q(state__in=["REJECTED", "STALE"]),
            ),
        ),
        MOVED,
    ]
