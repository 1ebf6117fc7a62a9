"""A revision that came into force says for ever what it said; only its status, its end and its withdrawal may change."""

from django.db import migrations

GUARD = """
CREATE FUNCTION documents_revision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'revision % came into force: it is kept', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (
        NEW.status = 'draft'
        OR ROW(OLD.document_id, OLD.version, OLD.label, OLD.title, OLD.body, OLD.content, OLD.digest, OLD.valid_from,
               OLD.author_id, OLD.effective_at)
        IS DISTINCT FROM
           ROW(NEW.document_id, NEW.version, NEW.label, NEW.title, NEW.body, NEW.content, NEW.digest, NEW.valid_from,
               NEW.author_id, NEW.effective_at))
    THEN
        RAISE EXCEPTION 'revision % is in force: an edit is a new revision', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER documents_revision_in_force_stays BEFORE UPDATE OR DELETE ON documents_revision
    FOR EACH ROW EXECUTE FUNCTION documents_revision_guard();
"""
UNDO = """
DROP TRIGGER documents_revision_in_force_stays ON documents_revision;
DROP FUNCTION documents_revision_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
