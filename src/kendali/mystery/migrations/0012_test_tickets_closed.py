"""Of the ticket that a test call left behind: who said, and when, that it was tagged as a test and closed. Frozen
months stay as they are; in the others it is still to be said."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mystery", "0011_clocks_keep_their_week"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(model_name="sample", name="ticket_closed_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="sample",
            name="ticket_closed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ticket_closed_at", None), ("ticket_closed_by", None)),
                    models.Q(("ticket_closed_at__isnull", False), ("ticket_closed_by__isnull", False)),
                    _connector="OR",
                ),
                name="sample_ticket_closed_by",
            ),
        ),
    ]
