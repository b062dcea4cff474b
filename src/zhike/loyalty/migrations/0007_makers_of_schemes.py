import django.contrib.postgres.fields
from django.db import migrations, models

# Who drafted stands with the scheme, who changed or submitted it stands in the audit. What waits for a decision
# is held to the same rule from now on.
MAKERS = migrations.RunSQL(
    """
    UPDATE loyalty_scheme s SET makers = m.makers
      FROM (SELECT scheme_id, array_agg(DISTINCT staff_id ORDER BY staff_id) AS makers
              FROM (SELECT id AS scheme_id, drafted_by_id AS staff_id FROM loyalty_scheme
                    UNION ALL
                    SELECT object_id::bigint, actor_id FROM core_auditevent
                     WHERE object_type = 'loyalty.scheme' AND object_id ~ '^[0-9]{1,18}$'
                       AND action IN ('scheme.drafted', 'scheme.changed', 'scheme.submitted')) AS hands
             WHERE staff_id IS NOT NULL GROUP BY scheme_id) AS m
     WHERE m.scheme_id = s.id;
    UPDATE core_approval a SET payload = a.payload || jsonb_build_object('makers', to_jsonb(s.makers))
      FROM loyalty_scheme s
     WHERE a.kind = 'loyalty.scheme' AND a.state = 'PENDING' AND s.id = a.subject_id;
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0006_tiers_listed_by_outlet"), ("core", "0004_overtaken_proposals")]

    operations = [
        migrations.AddField(
            "scheme",
            "makers",
            django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list),
        ),
        MAKERS,
    ]
