"""A finding that goes on in place of a merged one; another Access finding of a day whose first one has ended."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mystery", "0008_destroyed_recordings")]
    operations = [
        migrations.AddField(
            model_name="finding",
            name="continues",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="continued",
                to="mystery.finding",
            ),
        ),
        migrations.RemoveConstraint(model_name="finding", name="finding_access_once"),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("access_day__isnull", False),
                    models.Q(("state__in", ["closed", "invalid", "merged"]), _negated=True),
                ),
                fields=("area", "access_day"),
                name="finding_access_once",
            ),
        ),
    ]
