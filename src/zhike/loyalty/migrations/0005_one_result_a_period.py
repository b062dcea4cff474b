import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q
from django.utils import timezone

# A bank that has published two schemes for one period keeps the later results as the official ones; the others
# stay, marked as replaced. Of two schemes in force the newer one goes on. Nothing else of them is touched.


def keep_one_scheme(apps, schema_editor):
    ruling = apps.get_model("loyalty", "Scheme").objects.filter(state="IN_FORCE").order_by("-valid_from", "-pk")
    for scheme in ruling[1:]:
        scheme.state, scheme.retired_on = "RETIRED", timezone.localdate()
        scheme.save(update_fields=["state", "retired_on"])


def keep_one_result(apps, schema_editor):
    runs = apps.get_model("loyalty", "Run").objects
    periods, dates = set(), set()
    for run in runs.filter(state="PUBLISHED").order_by("-published_at", "-pk"):
        if run.period in periods or run.as_of in dates:
            run.state = "SUPERSEDED"
            run.save(update_fields=["state"])
        periods.add(run.period)
        dates.add(run.as_of)
    waiting = set()
    for run in runs.exclude(state__in=["PUBLISHED", "SUPERSEDED", "VOID"]).order_by("-pk"):
        if run.period in waiting:
            run.state, run.voided_at, run.void_reason = "VOID", timezone.now(), "One run a period"
            run.save(update_fields=["state", "voided_at", "void_reason"])
        waiting.add(run.period)


# Row-level security holds for the owner too, who has no policy: for this one statement it is lifted.
PERIODS = migrations.RunSQL(
    """
    ALTER TABLE loyalty_followup NO FORCE ROW LEVEL SECURITY;
    UPDATE loyalty_followup f SET period = r.period FROM loyalty_run r WHERE r.id = f.run_id;
    ALTER TABLE loyalty_followup FORCE ROW LEVEL SECURITY;
    """,
    migrations.RunSQL.noop,
)
TIERS = [
    ("HIGH", "High loyalty"), ("MEDIUM", "Medium loyalty"), ("LOW", "Low loyalty"), ("UNRATED", "Not rated"),
]
TRIGGERS = [
    ("TIER_FELL", "Fell to this tier"), ("SCORE_FELL", "Score fell within this tier"),
    ("TIER_ROSE", "Rose to this tier"), ("SCORE_ROSE", "Score rose within this tier"),
    ("FIRST_RATED", "First rated in this tier"),
]
OPEN = ["QUEUED", "COMPUTING", "RECONCILING", "BLOCKED", "REVIEW"]


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0004_standings_listed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(keep_one_scheme, migrations.RunPython.noop),
        migrations.RunPython(keep_one_result, migrations.RunPython.noop),
        migrations.RemoveConstraint("scheme", "scheme_one_version_in_force"),
        migrations.AddConstraint(
            "scheme",
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="IN_FORCE"), name="scheme_one_in_force"
            ),
        ),
        migrations.AddField("scheme", "coverage", models.JSONField(default=dict)),
        migrations.RemoveConstraint("run", "run_one_published_per_period"),
        migrations.RemoveConstraint("run", "run_one_open_per_period"),
        migrations.RemoveConstraint("run", "run_persons_have_their_times"),
        migrations.AddField(
            "run",
            "restarted_by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("run", "restarted_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "run",
            models.UniqueConstraint(
                fields=["period"], condition=Q(state="PUBLISHED"), name="run_one_published_per_period"
            ),
        ),
        migrations.AddConstraint(
            "run",
            models.UniqueConstraint(
                fields=["as_of"], condition=Q(state="PUBLISHED"), name="run_one_published_per_date"
            ),
        ),
        migrations.AddConstraint(
            "run",
            models.UniqueConstraint(
                fields=["period"], condition=Q(state__in=OPEN), name="run_one_open_per_period"
            ),
        ),
        migrations.AddConstraint(
            "run",
            models.CheckConstraint(
                name="run_published_by_none_who_restarted",
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("restarted_by")),
            ),
        ),
        migrations.AddConstraint(
            "run",
            models.CheckConstraint(
                name="run_persons_have_their_times",
                condition=(Q(reviewed_by__isnull=True) | Q(reviewed_at__isnull=False))
                & (Q(restarted_by__isnull=True) | Q(restarted_at__isnull=False))
                & (Q(publish_asked_by__isnull=True) | Q(publish_asked_at__isnull=False))
                & (Q(published_by__isnull=True) | Q(published_at__isnull=False))
                & (Q(voided_by__isnull=True) | Q(voided_at__isnull=False)),
            ),
        ),
        migrations.RemoveIndex("followup", "follow_up_customer"),
        migrations.AddField("followup", "period", models.CharField(default="", max_length=6), preserve_default=False),
        migrations.AddField("followup", "tier", models.CharField(choices=TIERS, default="", max_length=8)),
        migrations.AddField("followup", "trigger", models.CharField(choices=TRIGGERS, default="", max_length=12)),
        PERIODS,
        migrations.AddIndex(
            "followup",
            models.Index(fields=["customer", "period", "-made_at"], name="follow_up_customer_period"),
        ),
        # The list is made anew every night.
        migrations.RunSQL("TRUNCATE loyalty_earlymover", migrations.RunSQL.noop),
        migrations.AddField(
            "earlymover",
            "run",
            models.ForeignKey(
                db_constraint=False, db_index=False, default=0, to="loyalty.run", related_name="+",
                on_delete=django.db.models.deletion.PROTECT,
            ),
            preserve_default=False,
        ),
    ]  # fmt: skip
