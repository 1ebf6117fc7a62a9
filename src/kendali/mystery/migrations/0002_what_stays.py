"""What no action may change, kept by the database: a clock that ended, a frozen plan and cycle, an evaluation that was
verified, a scenario that was approved, calendar versions and signatures."""

from django.db import migrations

STRATUM = ("cycle_id", "slot", "area", "shift", "kind", "week", "destination_id", "place", "opens", "closes", "zone",
           "number")  # fmt: skip
EVALUATED = ("sample_id", "revision", "form_id", "answers", "said", "unticked", "by_id", "submitted_at", "late", "raw",
             "final", "score")  # fmt: skip
APPENDED = ("mystery_calendarversion", "mystery_cyclesignature")


def changed(names: tuple[str, ...]) -> str:
    old, new = (", ".join(f'{row}."{name}"' for name in names) for row in ("OLD", "NEW"))
    return f"ROW({old}) IS DISTINCT FROM ROW({new})"


GUARD = f"""
CREATE FUNCTION mystery_clock_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.stopped_at IS NOT NULL OR OLD.dropped_at IS NOT NULL OR
       NEW.finding_id <> OLD.finding_id OR NEW.step <> OLD.step OR NEW.started_at <> OLD.started_at THEN
        IF {changed(("finding_id", "step", "started_at", "due_at", "budget_at", "calendar_version", "zone",
                     "stopped_at", "dropped_at"))} THEN
            RAISE EXCEPTION 'clock % of finding % has ended: it never changes', OLD.step, OLD.finding_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mystery_clock_stays BEFORE UPDATE ON mystery_clock
    FOR EACH ROW EXECUTE FUNCTION mystery_clock_guard();

CREATE FUNCTION mystery_sample_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {changed(STRATUM)} AND EXISTS (
        SELECT FROM mystery_cycle WHERE id = OLD.cycle_id AND plan_frozen_at IS NOT NULL) THEN
        RAISE EXCEPTION 'sample % is part of a frozen plan: its stratum and window stay', OLD.number
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.frozen_digest <> '' AND to_jsonb(NEW) - 'state' IS DISTINCT FROM to_jsonb(OLD) - 'state' THEN
        RAISE EXCEPTION 'sample % is frozen with its cycle', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mystery_sample_stays BEFORE UPDATE ON mystery_sample
    FOR EACH ROW EXECUTE FUNCTION mystery_sample_guard();

CREATE FUNCTION mystery_evaluation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('verified', 'retracted') AND (NEW.status NOT IN ('verified', 'retracted')
        OR {changed(EVALUATED)}) THEN
        RAISE EXCEPTION 'evaluation % was verified: a correction is a new revision', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mystery_evaluation_stays BEFORE UPDATE ON mystery_evaluation
    FOR EACH ROW EXECUTE FUNCTION mystery_evaluation_guard();

CREATE FUNCTION mystery_scenario_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('approved', 'retired') AND (NEW.status NOT IN ('approved', 'retired')
        OR {changed(("scenario_id", "version", "kind", "content", "valid_from", "author_id", "approved_by_id"))}) THEN
        RAISE EXCEPTION 'scenario version % was approved: an edit is a new version', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mystery_scenario_stays BEFORE UPDATE ON mystery_scenarioversion
    FOR EACH ROW EXECUTE FUNCTION mystery_scenario_guard();

CREATE FUNCTION mystery_cycle_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.plan_frozen_at IS NOT NULL AND {changed(("month", "minimum", "request", "seed", "algorithms", "plan_digest",
                                                    "plan_frozen_at", "plan_frozen_by_id"))} THEN
        RAISE EXCEPTION 'the plan of cycle % is frozen', OLD.month USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.frozen_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'cycle % is frozen', OLD.month USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mystery_cycle_stays BEFORE UPDATE ON mystery_cycle
    FOR EACH ROW EXECUTE FUNCTION mystery_cycle_guard();

CREATE FUNCTION mystery_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: rows are only ever added', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION mystery_append_only();
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kendali_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM kendali_app;
    END IF;
END $$;
"""
    for table in APPENDED
)

UNDO = """
DROP TRIGGER mystery_clock_stays ON mystery_clock;
DROP TRIGGER mystery_sample_stays ON mystery_sample;
DROP TRIGGER mystery_evaluation_stays ON mystery_evaluation;
DROP TRIGGER mystery_scenario_stays ON mystery_scenarioversion;
DROP TRIGGER mystery_cycle_stays ON mystery_cycle;
DROP FUNCTION mystery_clock_guard(), mystery_sample_guard(), mystery_evaluation_guard(), mystery_scenario_guard(),
    mystery_cycle_guard();
""" + "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in APPENDED) + (
    "DROP FUNCTION mystery_append_only();\n"
)


class Migration(migrations.Migration):
    dependencies = [("mystery", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
