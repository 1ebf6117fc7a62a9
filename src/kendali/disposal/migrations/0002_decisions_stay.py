"""What the client answered is only ever added to; holds remember in which role they were placed; lists are frozen."""

from django.db import migrations, models

GUARD = """
CREATE FUNCTION disposal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what the client answered is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER disposal_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON disposal_decision
    FOR EACH STATEMENT EXECUTE FUNCTION disposal_append_only();

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kendali_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON disposal_decision FROM kendali_app;
    END IF;
END $$;
"""

UNDO = """
DROP TRIGGER disposal_decision_append_only ON disposal_decision;
DROP FUNCTION disposal_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("disposal", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="hold", name="placed_role", field=models.CharField(blank=True, default="", max_length=40)
        ),
        migrations.AddField(model_name="hold", name="review_reminded_on", field=models.DateField(null=True)),
        migrations.AddField(model_name="proposal", name="frozen_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="proposal", name="progress", field=models.JSONField(default=dict)),
        migrations.AddField(model_name="proposal", name="begun_at", field=models.DateTimeField(null=True)),
        migrations.RunSQL(GUARD, UNDO),
    ]
