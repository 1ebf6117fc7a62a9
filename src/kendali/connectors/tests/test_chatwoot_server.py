"""What a Chatwoot connector says of its server: what is missing, what it may, when it is gone or slow; its memory."""

from __future__ import annotations

import psycopg
import pyarrow as pa
import pytest
from psycopg import sql

from kendali.connectors.base import SourceError
from kendali.connectors.chatwoot.schema import TABLES
from kendali.connectors.postgres import BulkTransaction, Server
from kendali.connectors.tests.chatwoot_rows import MESSAGE, as_owner, one_conversation, opened
from kendali.connectors.tests.conftest import Chatwoot
from kendali.connectors.tests.contract import everything
from kendali.connectors.tests.servers import Postgres
from kendali.connectors.tests.sinks import CountingSink, MemorySink


def test_missing_tables_and_columns_are_named(empty: Postgres) -> None:
    with psycopg.connect(empty.dsn, autocommit=True) as owner:
        one_conversation(owner)
        owner.execute("DROP TABLE mentions, sla_events")
        owner.execute("ALTER TABLE messages DROP COLUMN private, DROP COLUMN sender_id")
    source = opened(empty)
    first, second = source.probe().problems
    assert (first.code, first.facts["tables"]) == ("tables_missing", "sla_events, mentions") or (
        first.facts["tables"] == "mentions, sla_events"
    )
    assert (second.code, second.facts) == ("columns_missing", {"table": "messages", "columns": "private, sender_id"})
    with pytest.raises(SourceError, match="tables_missing"):
        list(source.snapshot(["1"], MemorySink()))
    with pytest.raises(SourceError, match="tables_missing"):
        source.fingerprints(["1"])
    source.close()


def test_tables_that_an_installation_never_had_can_be_named_as_absent(empty: Postgres) -> None:
    with psycopg.connect(empty.dsn, autocommit=True) as owner:
        ref = one_conversation(owner)
        owner.execute("DROP TABLE mentions, sla_events, csat_survey_responses, notifications, taggings, applied_slas")
    names = "mentions, sla_events, csat_survey_responses, notifications, taggings, applied_slas"
    source = opened(empty, absent_tables=names)
    assert source.probe().problems == []
    assert [listed.ref for listed in everything(source)] == [ref]
    (snapshot,) = source.snapshot([ref], MemorySink())
    assert snapshot.problems == ()
    source.close()
    with pytest.raises(SourceError, match="absent_tables"):
        opened(empty, absent_tables="messages")


def test_rights_are_told_as_they_are(empty: Postgres) -> None:
    with psycopg.connect(empty.dsn, autocommit=True) as owner:
        one_conversation(owner)
        role = sql.Identifier(str(empty.config["user"]))
        source = opened(empty)
        probe = source.probe()
        assert (probe.problems, probe.warnings) == ([], [])
        assert probe.rights == [f"SELECT on {len(TABLES)} of {len(TABLES)} tables"]
        owner.execute(sql.SQL("GRANT UPDATE ON messages TO {}").format(role))
        assert [each.code for each in source.probe().warnings] == ["may_write"]
        owner.execute(sql.SQL("REVOKE ALL ON messages FROM {}").format(role))
        (problem,) = source.probe().problems
        assert problem.code == "no_right_to_read"
        assert "messages" in str(problem.facts["command"])
        with pytest.raises(SourceError, match="no_right_to_read"):
            list(source.snapshot(["1"], MemorySink()))
        with pytest.raises(SourceError, match="no_right_to_read"):
            source.due(None, "", 1)
        source.close()


def test_reading_writes_nothing_even_for_a_role_that_may(chatwoot: Chatwoot) -> None:
    """As the owner; PostgreSQL counts every row that is written."""
    source = as_owner(chatwoot)
    query = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
    with chatwoot.owner() as owner:
        refs = [listed.ref for listed in everything(source)]
        assert [each.code for each in source.probe().warnings] == ["may_write"]
        list(source.snapshot(refs, MemorySink()))
        rows = owner.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables").fetchone()
        list(source.snapshot(refs, MemorySink()))
        assert owner.execute(query).fetchone()
        assert (
            owner.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables").fetchone() == rows
        )
    source.close()


def test_a_source_that_is_gone_in_the_middle_is_one_clear_error(chatwoot: Chatwoot) -> None:
    connector = as_owner(chatwoot)
    refs = [listed.ref for listed in everything(connector)]

    class Cutting(MemorySink):
        def table(self, name: str, batch: pa.RecordBatch) -> None:
            super().table(name, batch)
            with chatwoot.owner() as owner:
                owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name = 'kendali'"
                )

    many = refs * 20  # several batches
    with pytest.raises(SourceError) as raised:
        list(connector.snapshot(many, Cutting()))
    assert raised.value.code == "connection_lost"
    assert "SELECT" not in str(raised.value.facts)
    assert len(connector.fingerprints(refs)) == len(refs)
    assert len(connector.due(None, "", 3)) == 3
    connector.close()


def test_memory_stays_the_same_for_any_size_of_source(empty: Postgres) -> None:
    """480 MB of messages, all in the second half of the conversations: a batch that grew on small ones is cut down."""
    with psycopg.connect(empty.dsn, autocommit=True) as owner:
        one_conversation(owner)
        owner.execute(
            "INSERT INTO conversations (account_id, inbox_id, created_at, updated_at, display_id) "
            "SELECT 1, 1, '2024-01-01', '2024-01-01', n FROM generate_series(2, 4000) n"
        )
        owner.execute(
            f"INSERT INTO messages ({MESSAGE}) "
            "SELECT repeat('Halo, apa kabar? ', 1412), 1, 1, 2001 + n % 2000, 0, '2024-01-01', '2024-01-01' "
            "FROM generate_series(1, 20000) n"
        )
    source = opened(empty)
    refs = [listed.ref for listed in everything(source, limit=1000)]
    before = pa.total_allocated_bytes()
    sink = CountingSink()
    assert sum(not snapshot.problems for snapshot in source.snapshot(refs, sink)) == 4000
    assert sink.rows["messages"] == 20_001
    assert sink.arrow_peak - before < 120 << 20
    source.close()


def test_a_source_that_takes_too_long_is_told_as_slow(empty: Postgres) -> None:
    server = Server(empty.config, empty.secret, statement_seconds=1)
    slow = "SELECT n, pg_sleep(0.001)::text FROM generate_series(1, 10000) n"
    for ask in (lambda: server.rows().execute(slow), lambda: bulk(server, slow)):
        with pytest.raises(SourceError) as raised, server.errors():
            ask()
        assert (raised.value.code, raised.value.facts["seconds"]) == ("too_slow", 1)
    assert bulk(server, "SELECT 1 AS one").num_rows == 1
    server.close()


def bulk(server: Server, query: str) -> pa.Table:
    with BulkTransaction(server) as source:
        return source.table(query)
