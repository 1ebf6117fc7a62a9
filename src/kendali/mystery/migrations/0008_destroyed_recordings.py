"""A recording that was destroyed with the backup copies of its record; files of the store that no recording names."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mystery", "0007_samples_in_time"),
        ("records", "0008_drafts_by_themselves"),
    ]
    operations = [
        migrations.CreateModel(
            name="LeftFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.TextField(unique=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="recording",
            name="key",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="recording",
            name="destroyed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="recording",
            name="destroyed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.disposalorder",
            ),
        ),
        migrations.AddConstraint(
            model_name="recording",
            constraint=models.CheckConstraint(
                condition=models.Q(("destroyed_at", None), ("destroyed_by", None))
                | models.Q(("destroyed_at__isnull", False), ("destroyed_by__isnull", False), ("key", None)),
                name="recording_destroyed_by",
            ),
        ),
    ]
