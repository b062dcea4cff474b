from django.db import migrations, models
from django.db.models import Q

STATES = [
    ("DRAFT", "Draft"),
    ("PENDING", "Waiting for approval"),
    ("APPROVED", "Approved, not yet in force"),
    ("IN_FORCE", "In force"),
    ("RETIRED", "Retired"),
    ("WITHDRAWN", "Draft deleted"),
]

# A deleted draft was kept as retired without a first day. What somebody approved has one, and stays as it is.
WITHDRAWN = migrations.RunSQL(
    """
    UPDATE loyalty_scheme s SET state = 'WITHDRAWN', spec_hash = '', retired_on = NULL
     WHERE s.state = 'RETIRED' AND s.valid_from IS NULL AND NOT EXISTS (
           SELECT 1 FROM core_approval a
            WHERE a.kind = 'loyalty.scheme' AND a.subject_id = s.id AND a.state = 'APPROVED');
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0008_one_override_waiting"), ("core", "0006_sentences_by_code")]

    operations = [
        migrations.AlterField(
            "scheme", "state", models.CharField(choices=STATES, default="DRAFT", max_length=10)
        ),
        migrations.RemoveConstraint("scheme", "scheme_frozen_from_submission"),
        WITHDRAWN,
        migrations.AddConstraint(
            "scheme",
            models.CheckConstraint(
                name="scheme_frozen_from_submission",
                condition=Q(state__in=["DRAFT", "WITHDRAWN"], spec_hash="")
                | (~Q(state__in=["DRAFT", "WITHDRAWN"]) & ~Q(spec_hash="")),
            ),
        ),
    ]
