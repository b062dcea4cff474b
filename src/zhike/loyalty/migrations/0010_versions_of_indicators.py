from itertools import product

from django.db import migrations, models

from zhike.analytics import scheme as analytics_scheme
from zhike.analytics.indicators import CATALOGUE


def keep_versions(apps, schema_editor):
    """What the indicators of every submitted scheme meant was kept in its hash alone: found again by that, this once.

    Where nothing gives the hash, the scheme keeps the present versions, so that no bank stands still by an upgrade.
    """
    for scheme in apps.get_model("loyalty", "Scheme").objects.exclude(spec_hash=""):
        spec = analytics_scheme.from_dict(scheme.spec)
        scheme.indicator_versions = versions_of(spec, scheme.spec_hash) or spec.indicator_versions
        scheme.save(update_fields=["indicator_versions"])


def versions_of(spec, frozen_hash):
    """The versions of its indicators under which a scheme has this hash; None if there are none."""
    codes = [use.code for use in spec.indicators]
    for numbers in product(*(range(CATALOGUE[code].version, 0, -1) for code in codes)):
        found = dict(zip(codes, numbers, strict=True))
        if spec.sha256_under(found) == frozen_hash:
            return found
    return None


# What was submitted stands still with the numbers; a scheme given back to its author forgets it.
FROZEN = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION loyalty_keep_scheme() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.spec IS DISTINCT FROM OLD.spec OR NEW.code <> OLD.code OR NEW.number <> OLD.number
           OR NEW.cycle <> OLD.cycle
           OR (NEW.state <> 'DRAFT' AND NEW.indicator_versions IS DISTINCT FROM OLD.indicator_versions) THEN
            RAISE EXCEPTION 'scheme % is frozen', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    """,
    """
    CREATE OR REPLACE FUNCTION loyalty_keep_scheme() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.spec IS DISTINCT FROM OLD.spec OR NEW.code <> OLD.code OR NEW.number <> OLD.number
           OR NEW.cycle <> OLD.cycle THEN
            RAISE EXCEPTION 'scheme % is frozen', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0009_deleted_drafts")]

    operations = [
        migrations.AddField("scheme", "indicator_versions", models.JSONField(default=dict)),
        migrations.RunPython(keep_versions, migrations.RunPython.noop),
        FROZEN,
    ]
