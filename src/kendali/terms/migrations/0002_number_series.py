"""The number series move down from records: disposal and register count, too. The rows stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("terms", "0001_initial"), ("records", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE records_numberseries RENAME TO terms_numberseries",
                    "ALTER TABLE terms_numberseries RENAME TO records_numberseries",
                )
            ],
            state_operations=[
                migrations.CreateModel(
                    name="NumberSeries",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=8)),
                        ("year", models.PositiveSmallIntegerField()),
                        ("last", models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("kind", "year"), name="number_series")],
                    },
                )
            ],
        )
    ]
