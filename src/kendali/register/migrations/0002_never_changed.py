"""What was certified stays: the database refuses changes, and totals that its own lines do not show (I6)."""

from django.db import migrations

APPEND_ONLY = ("register_certificateline", "register_signature", "register_signedcopy", "register_sealidentity")
ENDS = ("deleted", "already_absent", "taken_out", "held", "changed", "cancelled", "refused", "failed", "unknown")
# What a draft says is never edited, only replaced; what signing and sealing add is written once.
ALWAYS = (
    "id", "token", "client_id", "act", "record_class", "language", "corrects_id", "reason", "order_ref", "facts",
    "proposed", *ENDS, "open_lines", "bytes", "seconds", "drafted_by_id", "drafted_at",
)
ONCE_SENT = (
    "number", "printed_number", "merkle_root", "leaf_count", "annex_path", "csv_sha256", "xlsx_sha256", "signing_path",
    "signing_sha256", "sent_at", "witnesses_needed", "client_signs",
)


def _tuple(prefix: str, names: tuple[str, ...]) -> str:
    return "ROW(" + ", ".join(f'{prefix}."{name}"' for name in names) + ")"


GUARD = f"""
CREATE FUNCTION register_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: rows are only ever added', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION register_certificate_adds_up(one register_certificate) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    counted record;
BEGIN
    SELECT count(*) AS proposed,
        {", ".join(f"count(*) FILTER (WHERE verdict = '{end}') AS {end}" for end in ENDS)},
        count(*) FILTER (WHERE verdict IN ('queued', 'waiting')) AS open_lines
    INTO counted FROM register_certificateline WHERE certificate_id = one.id;
    IF counted.open_lines > 0 THEN
        RAISE EXCEPTION 'certificate %: % lines have not ended', one.id, counted.open_lines
            USING ERRCODE = 'check_violation';
    END IF;
    IF ROW(counted.proposed, {", ".join(f"counted.{end}" for end in ENDS)}, counted.proposed)
        IS DISTINCT FROM ROW(one.proposed::bigint, {", ".join(f"one.{end}::bigint" for end in ENDS)},
        one.leaf_count::bigint) THEN
        RAISE EXCEPTION 'certificate %: its lines do not add up to its totals', one.id
            USING ERRCODE = 'check_violation';
    END IF;
END
$$;

CREATE FUNCTION register_certificate_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'draft' OR NEW.number IS NOT NULL THEN
            RAISE EXCEPTION 'a certificate begins as a draft without a number' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status IN ('sealed', 'cancelled') THEN
        RAISE EXCEPTION 'certificate % is %: it never changes', OLD.number, OLD.status
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF {_tuple("OLD", ALWAYS)} IS DISTINCT FROM {_tuple("NEW", ALWAYS)} THEN
        RAISE EXCEPTION 'what certificate % says never changes', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.status = 'signing' AND {_tuple("OLD", ONCE_SENT)} IS DISTINCT FROM {_tuple("NEW", ONCE_SENT)} THEN
        RAISE EXCEPTION 'certificate % is out for signature: it does not change', OLD.number
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN
        (('draft', 'signing'), ('draft', 'cancelled'), ('signing', 'sealed'), ('signing', 'cancelled')) THEN
        RAISE EXCEPTION 'a certificate does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status <> OLD.status AND NEW.status IN ('signing', 'sealed') THEN
        PERFORM register_certificate_adds_up(NEW);
    END IF;
    IF NEW.status = 'sealed' AND (
        (SELECT count(DISTINCT part) FROM register_signature WHERE certificate_id = NEW.id
            AND part IN ('penyusun', 'pelaksana', 'pemilik', 'mengetahui')) < 4
        OR (SELECT count(*) FROM register_signature WHERE certificate_id = NEW.id AND part = 'saksi')
            < NEW.witnesses_needed
        OR NEW.pdf_sha256 = '' OR NEW.chain_hash IS NULL
    ) THEN
        RAISE EXCEPTION 'certificate % is not signed by everybody yet', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION register_lines_only_for_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT certificate_id FROM added) line
        JOIN register_certificate one ON one.id = line.certificate_id WHERE one.status <> 'draft'
    ) THEN
        RAISE EXCEPTION 'lines are only added to a draft' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION register_signature_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM register_certificate one
        WHERE one.id = NEW.certificate_id AND one.status = 'signing' AND one.signing_sha256 = NEW.pdf_sha256 FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only the PDF that is out for signature can be signed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER register_certificate_guard BEFORE INSERT OR UPDATE ON register_certificate
    FOR EACH ROW EXECUTE FUNCTION register_certificate_guard();
CREATE TRIGGER register_certificate_kept BEFORE DELETE OR TRUNCATE ON register_certificate
    FOR EACH STATEMENT EXECUTE FUNCTION register_append_only();
CREATE TRIGGER register_lines_only_for_drafts AFTER INSERT ON register_certificateline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION register_lines_only_for_drafts();
CREATE TRIGGER register_signature_guard BEFORE INSERT ON register_signature
    FOR EACH ROW EXECUTE FUNCTION register_signature_guard();
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kendali_app') THEN
        REVOKE DELETE, TRUNCATE ON register_certificate FROM kendali_app;
    END IF;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION register_append_only();
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kendali_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM kendali_app;
    END IF;
END $$;
"""
    for table in APPEND_ONLY
)

UNDO = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in APPEND_ONLY)
    + """
DROP TRIGGER register_certificate_guard ON register_certificate;
DROP TRIGGER register_certificate_kept ON register_certificate;
DROP TRIGGER register_lines_only_for_drafts ON register_certificateline;
DROP TRIGGER register_signature_guard ON register_signature;
DROP FUNCTION register_signature_guard();
DROP FUNCTION register_lines_only_for_drafts();
DROP FUNCTION register_certificate_guard();
DROP FUNCTION register_certificate_adds_up(register_certificate);
DROP FUNCTION register_append_only();
"""
)


class Migration(migrations.Migration):
    dependencies = [("register", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
