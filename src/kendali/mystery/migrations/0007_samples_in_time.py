"""Windows of a month in the order of time: the list of a plan reads one page of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mystery", "0006_told_of_articles")]
    operations = [
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(fields=["cycle", "opens", "id"], name="sample_in_time"),
        ),
    ]
