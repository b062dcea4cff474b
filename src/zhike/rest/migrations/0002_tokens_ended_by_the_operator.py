from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("rest", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("apitoken", "api_token_revoked_at_with_by"),
        migrations.AddConstraint(
            "apitoken",
            models.CheckConstraint(
                name="api_token_revoked_by_with_at",
                condition=Q(revoked_by__isnull=True) | Q(revoked_at__isnull=False),
            ),
        ),
    ]
