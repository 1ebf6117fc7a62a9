"""I5 in the database: the journal is only added to, an outcome names an intent that was committed before, and no item
is "deleted" without both. An end of a line is an end: it never changes into another one.
"""

from django.db import migrations, models

GUARD = """
-- In which transaction a line was written: an intent of the same transaction was not committed before its call.
ALTER TABLE records_journalentry ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION records_journal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the journal of deletions is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION records_journal_outcome_has_intent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added a LEFT JOIN records_disposalitem d ON d.id = a.item_id
        WHERE d.order_id IS DISTINCT FROM a.order_id
    ) THEN
        RAISE EXCEPTION 'a journal line names an item of another order'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (
        SELECT FROM added a LEFT JOIN records_journalentry i ON i.id = a.intent_id
        WHERE CASE a.kind WHEN 'intent' THEN a.intent_id IS NOT NULL OR a.outcome <> ''
            ELSE i.id IS NULL OR i.kind <> 'intent' OR i.item_id <> a.item_id OR a.outcome = ''
                OR i.written_in = pg_current_xact_id() END
    ) THEN
        RAISE EXCEPTION 'an outcome in the journal needs an intent of the same item that was committed before'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION records_item_is_journalled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM now_rows n WHERE n.outcome = 'deleted' AND NOT EXISTS (
            SELECT FROM records_journalentry j
            WHERE j.item_id = n.id AND j.kind = 'outcome' AND j.outcome = 'deleted')
    ) THEN
        RAISE EXCEPTION 'an item is deleted only with its outcome in the journal'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION records_item_keeps_its_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM old_rows o JOIN now_rows n ON n.id = o.id
        WHERE o.outcome NOT IN ('waiting', 'queued') AND n.outcome <> o.outcome
    ) THEN
        RAISE EXCEPTION 'the end of a line of a disposal order never changes'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER records_journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON records_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION records_journal_append_only();
CREATE TRIGGER records_journal_outcome_has_intent AFTER INSERT ON records_journalentry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION records_journal_outcome_has_intent();
CREATE TRIGGER records_item_made AFTER INSERT ON records_disposalitem
    REFERENCING NEW TABLE AS now_rows FOR EACH STATEMENT EXECUTE FUNCTION records_item_is_journalled();
CREATE TRIGGER records_item_is_journalled AFTER UPDATE ON records_disposalitem
    REFERENCING NEW TABLE AS now_rows FOR EACH STATEMENT EXECUTE FUNCTION records_item_is_journalled();
CREATE TRIGGER records_item_keeps_its_end AFTER UPDATE ON records_disposalitem
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS now_rows
    FOR EACH STATEMENT EXECUTE FUNCTION records_item_keeps_its_end();

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kendali_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON records_journalentry FROM kendali_app;
        REVOKE DELETE, TRUNCATE ON records_disposalitem, records_disposalorder FROM kendali_app;
    END IF;
END $$;
"""

UNDO = """
DROP TRIGGER records_item_keeps_its_end ON records_disposalitem;
DROP TRIGGER records_item_is_journalled ON records_disposalitem;
DROP TRIGGER records_item_made ON records_disposalitem;
DROP TRIGGER records_journal_outcome_has_intent ON records_journalentry;
DROP TRIGGER records_journal_append_only ON records_journalentry;
DROP FUNCTION records_item_keeps_its_end();
DROP FUNCTION records_item_is_journalled();
DROP FUNCTION records_journal_outcome_has_intent();
DROP FUNCTION records_journal_append_only();
ALTER TABLE records_journalentry DROP COLUMN written_in;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0004_destruction")]
    operations = [
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(fields=["at"], name="journal_intent_at", condition=models.Q(kind="intent")),
        ),
        migrations.RunSQL(GUARD, UNDO),
    ]
