"""The chain is made and guarded by the database, so that no code path can forget it.

Canonical form of an entry: for each of id, at (µs since 1970), actor_id, actor_name, role, on_behalf_of, verb,
object_type, object_id, object_label, client_id, facts (as PostgreSQL prints jsonb) the UTF-8 bytes as a
netstring `length:bytes,`; NULL is `~,`. hash = SHA-256(prev_hash || canonical form); the first prev_hash is 32 zero bytes.
"""

from django.db import migrations

CHAIN = """
CREATE FUNCTION audit_netstring(value text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value IS NULL THEN '~,'::bytea
    ELSE convert_to(octet_length(convert_to(value, 'UTF8'))::text || ':', 'UTF8')
        || convert_to(value, 'UTF8') || ','::bytea END
$$;

CREATE FUNCTION audit_canonical(entry audit_entry) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT audit_netstring(entry.id::text)
        || audit_netstring((extract(epoch FROM entry.at) * 1000000)::bigint::text)
        || audit_netstring(entry.actor_id::text)
        || audit_netstring(entry.actor_name)
        || audit_netstring(entry.role)
        || audit_netstring(entry.on_behalf_of)
        || audit_netstring(entry.verb)
        || audit_netstring(entry.object_type)
        || audit_netstring(entry.object_id)
        || audit_netstring(entry.object_label)
        || audit_netstring(entry.client_id::text)
        || audit_netstring(entry.facts::text)
$$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head record;
BEGIN
    -- One writer at a time until its transaction ends: the next one sees this entry, so there is no fork.
    PERFORM pg_advisory_xact_lock(hashtext('kendali.audit.chain'));
    SELECT id, hash INTO head FROM audit_entry ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(head.id, 0) + 1;
    NEW.prev_hash := coalesce(head.hash, decode(repeat('00', 32), 'hex'));
    NEW.hash := sha256(NEW.prev_hash || audit_canonical(NEW));
    RETURN NEW;
END
$$;

CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_entry_chain BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_anchor_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kendali_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry, audit_anchor FROM kendali_app;
    END IF;
END $$;
"""

UNDO = """
DROP TRIGGER audit_entry_chain ON audit_entry;
DROP TRIGGER audit_entry_append_only ON audit_entry;
DROP TRIGGER audit_anchor_append_only ON audit_anchor;
DROP FUNCTION audit_append_only();
DROP FUNCTION audit_chain();
DROP FUNCTION audit_canonical(audit_entry);
DROP FUNCTION audit_netstring(text);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(CHAIN, UNDO)]
