"""Which device saved a draft last, and its how-manieth edit: an answer lost on the way is no other person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mystery", "0003_findings")]
    operations = [
        migrations.AddField("evaluation", "device", models.CharField(blank=True, default="", max_length=40)),
        migrations.AddField("evaluation", "edit", models.PositiveIntegerField(default=0)),
    ]
