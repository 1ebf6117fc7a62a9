import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sensitive_change'),
        ('records', '0003_package_replaces'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='package',
            name='destroyed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='package',
            name='key_generation',
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='recordversion',
            name='former_digests',
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name='package',
            name='status',
            field=models.CharField(choices=[('writing', 'being written'), ('written', 'written, being read back'), ('verified', 'verified'), ('damaged', 'damaged'), ('abandoned', 'abandoned'), ('destroyed', 'destroyed')], default='writing', max_length=16),
        ),
        migrations.AlterField(
            model_name='versiondestruction',
            name='status',
            field=models.CharField(choices=[('waiting', 'waiting'), ('keys_replaced', 'keys replaced, old ones not gone yet'), ('pending', 'not wholly destroyed yet'), ('proved', 'destroyed and proved'), ('held', 'held'), ('failed', 'failed')], default='waiting', max_length=16),
        ),
        migrations.CreateModel(
            name='ContractEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ended_on', models.DateField()),
                ('reference', models.CharField(max_length=120)),
                ('reason', models.TextField()),
                ('entered_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_reason', models.TextField(blank=True, default='')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contract_ends', to='accounts.client')),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('client',), name='one_end_of_a_contract')],
            },
        ),
        migrations.CreateModel(
            name='RegisteredCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('bag', 'copy of the package'), ('key', 'key file of the package'), ('export', 'export to a receiver')], max_length=8)),
                ('place', models.CharField(max_length=500)),
                ('recipient', models.CharField(blank=True, default='', max_length=100)),
                ('records', models.PositiveIntegerField(default=0)),
                ('sha256', models.CharField(blank=True, default='', max_length=64)),
                ('registered_by_name', models.CharField(max_length=200)),
                ('registered_at', models.DateTimeField()),
                ('end', models.CharField(blank=True, choices=[('gone', 'declared gone'), ('replaced', 'replaced by its successor')], default='', max_length=8)),
                ('evidence', models.CharField(blank=True, default='', max_length=500)),
                ('ended_by_name', models.CharField(blank=True, default='', max_length=200)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='records.package')),
                ('registered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['package', 'kind'], name='copy_of_package')],
            },
        ),
    ]
