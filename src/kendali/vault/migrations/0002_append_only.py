"""What a slot answered, which steps were made and which vaults were exported is only ever added to."""

from django.db import migrations

TABLES = ("vault_slotanswer", "vault_epochchangestep", "vault_vaultexport")

GUARD = """
CREATE FUNCTION vault_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: rows are only ever added', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION vault_append_only();
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kendali_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM kendali_app;
    END IF;
END $$;
"""
    for table in TABLES
)

UNDO = "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in TABLES) + "DROP FUNCTION vault_append_only();"


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
