import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from zhike.core.access.rls import protect


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0004_lists_and_search_at_scale'),
        ('facts', '0010_bands_by_average'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PushedEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_no', models.CharField(max_length=60)),
                ('revision', models.IntegerField(default=1)),
                ('outlet_id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('COMPLAINT', 'Complaint'), ('OBJECTION', 'Objection'), ('ANSWER', 'Survey answer'), ('REFERRAL', 'Referral'), ('CONTACT', 'Contact made'), ('VISIT', 'Visit'), ('HOLDINGS_ELSEWHERE', 'Assets at other banks')], max_length=20)),
                ('happened_on', models.DateField()),
                ('outcome', models.CharField(choices=[('OPEN', 'In progress'), ('FOUNDED', 'Founded'), ('UNFOUNDED', 'Unfounded'), ('WITHDRAWN', 'Withdrawn'), ('VALID', 'Valid'), ('INVALID', 'Invalid'), ('QUALIFIED', 'Qualified'), ('UNQUALIFIED', 'Not qualified'), ('DONE', 'Done')], max_length=12)),
                ('severity', models.IntegerField(null=True)),
                ('satisfaction', models.IntegerField(null=True)),
                ('intention', models.IntegerField(null=True)),
                ('amount_cents', models.BigIntegerField(null=True)),
                ('staff_no', models.CharField(default='', max_length=20)),
                ('receipt', models.UUIDField()),
                ('pushed_at', models.DateTimeField()),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='facts.importbatch')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('pushed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('batch', None)), fields=['id'], name='pushed_event_waiting')],
                'constraints': [models.UniqueConstraint(fields=('event_no', 'revision'), name='pushed_event_once'), models.CheckConstraint(condition=models.Q(('revision__gte', 1)), name='pushed_event_revision_from_one')],
            },
        ),
        protect("facts_pushedevent"),
    ]
