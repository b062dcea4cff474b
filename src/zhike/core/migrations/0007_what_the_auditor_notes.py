"""The auditor reads the whole audit and adds to it only that it was verified, whoever uses the role and how."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0006_sentences_by_code")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE core_auditevent ENABLE ROW LEVEL SECURITY;
            ALTER TABLE core_auditevent FORCE ROW LEVEL SECURITY;
            CREATE POLICY core_auditevent_as_granted ON core_auditevent USING (true) WITH CHECK (true);
            CREATE POLICY core_auditevent_verified ON core_auditevent AS RESTRICTIVE FOR INSERT
                TO zhike_auditor WITH CHECK (action = 'audit.verified');
            """,
            """
            DROP POLICY core_auditevent_verified ON core_auditevent;
            DROP POLICY core_auditevent_as_granted ON core_auditevent;
            ALTER TABLE core_auditevent NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE core_auditevent DISABLE ROW LEVEL SECURITY;
            """,
        )
    ]
