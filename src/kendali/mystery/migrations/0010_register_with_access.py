"""Months that are frozen from now on hash their Access findings too; an Access finding that was raised again stands
beside the one of later failures of its day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mystery", "0009_findings_raised_again")]
    operations = [
        migrations.AddField(
            model_name="cycle",
            name="frozen_layout",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.RemoveConstraint(model_name="finding", name="finding_access_once"),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("access_day__isnull", False),
                    ("continues__isnull", True),
                    models.Q(("state__in", ["closed", "invalid", "merged"]), _negated=True),
                ),
                fields=("area", "access_day"),
                name="finding_access_once",
            ),
        ),
    ]
