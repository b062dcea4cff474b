from django.db import migrations, models

KINDS = [
    ("COMPLAINT", "Complaint"), ("OBJECTION", "Objection"), ("ANSWER", "Survey answer"), ("REFERRAL", "Referral"),
    ("CONTACT", "Contact made"), ("VISIT", "Visit"), ("HOLDINGS_ELSEWHERE", "Assets at other banks"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("facts", "0004_lists_at_scale")]

    operations = [migrations.AlterField("event", "kind", models.CharField(max_length=20, choices=KINDS))]
