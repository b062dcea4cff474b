from django.db import migrations, models
from django.db.models import Q

NUMBER = migrations.RunSQL(
    """
    UPDATE facts_importbatch b SET load_no = n.load_no
      FROM (SELECT id, row_number() OVER (ORDER BY loaded_at, id) AS load_no
              FROM facts_importbatch WHERE state = 'LOADED') AS n
     WHERE n.id = b.id;
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("facts", "0005_objections")]

    operations = [
        migrations.AddField("importbatch", "load_no", models.BigIntegerField(null=True, unique=True)),
        NUMBER,
        migrations.RemoveConstraint("importbatch", "import_loaded_at_matches_state"),
        migrations.AddConstraint(
            "importbatch",
            models.CheckConstraint(
                name="import_load_matches_state",
                condition=Q(state="LOADED", loaded_at__isnull=False, load_no__isnull=False)
                | (~Q(state="LOADED") & Q(loaded_at__isnull=True, load_no__isnull=True)),
            ),
        ),
    ]
