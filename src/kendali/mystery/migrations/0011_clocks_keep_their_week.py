"""A clock keeps the week and office hours it was counted with: an edit of a site's hours changes nothing of what was
late. Those of before get what stands now."""

from django.db import migrations, models

KEPT = (
    "finding_id",
    "step",
    "started_at",
    "due_at",
    "budget_at",
    "calendar_version",
    "zone",
    "stopped_at",
    "dropped_at",
)
NEW = ("week", "opens", "closes")


def guard(names: tuple[str, ...]) -> str:
    old, new = (", ".join(f'{row}."{name}"' for name in names) for row in ("OLD", "NEW"))
    return f"""
CREATE OR REPLACE FUNCTION mystery_clock_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.stopped_at IS NOT NULL OR OLD.dropped_at IS NOT NULL OR
       NEW.finding_id <> OLD.finding_id OR NEW.step <> OLD.step OR NEW.started_at <> OLD.started_at THEN
        IF ROW({old}) IS DISTINCT FROM ROW({new}) THEN
            RAISE EXCEPTION 'clock % of finding % has ended: it never changes', OLD.step, OLD.finding_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
"""


FILL = """
UPDATE mystery_clock c SET week = w.week, opens = w.opens, closes = w.closes
FROM mystery_workplace w JOIN accounts_site s ON s.id = w.site_id WHERE s.code = c.site;
"""


class Migration(migrations.Migration):
    dependencies = [("mystery", "0010_register_with_access")]
    operations = [
        migrations.AddField(
            model_name="clock",
            name="week",
            field=models.CharField(blank=True, default="", max_length=24),
        ),
        migrations.AddField(model_name="clock", name="opens", field=models.TimeField(null=True)),
        migrations.AddField(model_name="clock", name="closes", field=models.TimeField(null=True)),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(("week__in", ["five_days", "six_days", "calendar", "round_the_clock", ""])),
                name="clock_week",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(guard((*KEPT, *NEW)), guard(KEPT)),
    ]
