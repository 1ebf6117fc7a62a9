"""I6 and "never changed", attacked in the database itself as the program's role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connection, transaction

from kendali.register.facts import ENDS
from kendali.register.models import Certificate
from kendali.register.tests import papers
from tests.cast import Cast

pytestmark = pytest.mark.django_db
COLUMNS = ["facts", "proposed", "deleted", "held", "order_ref", "client_id", "token", "language"]
VALUES = {"facts": "'{}'", "order_ref": "'x'", "client_id": "client_id + 1", "token": "'x'", "language": "'en'"}


def refused_by_the_database(statement: str, *values: Any) -> str:
    with pytest.raises(Error) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    return str(caught.value)


@pytest.mark.parametrize("end", ENDS)
def test_totals_that_do_not_add_up_are_no_row(cast: Cast, end: str) -> None:
    certificate = papers.drafted(cast)
    words = refused_by_the_database(f"UPDATE register_certificate SET {end} = {end} + 1 WHERE id = %s", certificate.pk)
    assert "never changes" in words or "add_up" in words
    row = {field.attname: getattr(certificate, field.attname) for field in Certificate._meta.concrete_fields}
    row |= {"id": None, "token": "y", "order_ref": "y:1", end: row[end] + 1}
    row.pop("id")
    with pytest.raises(Error, match="certificate_totals_add_up"), transaction.atomic():
        Certificate.objects.create(**row)


@pytest.mark.parametrize("make", [papers.drafted, papers.sent, papers.sealed])
@pytest.mark.parametrize("column", COLUMNS)
def test_what_a_certificate_says_never_changes(cast: Cast, make: Callable[[Cast], Certificate], column: str) -> None:
    certificate = make(cast)
    value = VALUES.get(column, f"{column} + 1")
    refused_by_the_database(f"UPDATE register_certificate SET {column} = {value} WHERE id = %s", certificate.pk)


def test_a_sealed_row_is_not_touched_at_all(cast: Cast) -> None:
    certificate = papers.sealed(cast)
    for change in (
        "status = 'signing'",
        "status = 'cancelled'",
        "pdf_sha256 = 'x'",
        "sealed_at = now()",
        "number = 'x'",
    ):
        words = refused_by_the_database(f"UPDATE register_certificate SET {change} WHERE id = %s", certificate.pk)
        assert "it never changes" in words


@pytest.mark.parametrize("table", ["certificate", "certificateline", "signature", "signedcopy", "sealidentity"])
def test_nothing_is_deleted(cast: Cast, table: str) -> None:
    papers.sealed(cast)
    refused_by_the_database(f"DELETE FROM register_{table}")
    refused_by_the_database(f"TRUNCATE register_{table} CASCADE")
    if table != "certificate":
        refused_by_the_database(f"UPDATE register_{table} SET id = id")


def test_no_line_is_added_to_what_was_sent(cast: Cast) -> None:
    certificate = papers.sent(cast)
    words = refused_by_the_database(
        "INSERT INTO register_certificateline (certificate_id, position, source, ref, verdict, size, seconds, measured,"
        " keyed_digest, blind) VALUES (%s, 99, 's', 'r', 'deleted', 0, 0, '{}', '', '')",
        certificate.pk,
    )
    assert "only added to a draft" in words


def test_lines_that_are_not_the_totals_keep_it_from_being_sent_or_sealed(cast: Cast) -> None:
    certificate = papers.drafted(cast)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO register_certificateline (certificate_id, position, source, ref, verdict, size, seconds,"
            " measured, keyed_digest, blind) VALUES (%s, 99, 's', 'r', 'deleted', 0, 0, '{}', '', '')",
            [certificate.pk],
        )
    words = refused_by_the_database(
        "UPDATE register_certificate SET status = 'signing', number = 'BA-2026-0001', merkle_root = 'x',"
        " leaf_count = proposed WHERE id = %s",
        certificate.pk,
    )
    assert "do not add up" in words


def test_a_queued_line_blocks_the_way_in_the_database_too(cast: Cast) -> None:
    certificate = papers.drafted(cast, ("deleted", "queued"))
    words = refused_by_the_database(
        "UPDATE register_certificate SET status = 'signing', number = 'BA-2026-0001', merkle_root = 'x',"
        " leaf_count = proposed WHERE id = %s",
        certificate.pk,
    )
    assert "have not ended" in words or "nothing_queued" in words


def test_the_seal_needs_every_signature_in_the_database(cast: Cast) -> None:
    certificate = papers.sent(cast)
    papers.signed_by(cast, certificate, cast.indra, cast.tari, cast.rahma)
    words = refused_by_the_database(
        "UPDATE register_certificate SET status = 'sealed', pdf_sha256 = 'x', chain_hash = 'x' WHERE id = %s",
        certificate.pk,
    )
    assert "not signed by everybody" in words


def test_a_certificate_is_not_born_sealed(cast: Cast) -> None:
    certificate = papers.drafted(cast)
    row = {field.attname: getattr(certificate, field.attname) for field in Certificate._meta.concrete_fields}
    row |= {"token": "y", "order_ref": "y:1", "status": "sealed", "number": "BA-2026-0009"}
    row.pop("id")
    with pytest.raises(Error), transaction.atomic():
        Certificate.objects.create(**row)


def test_only_the_text_that_is_out_can_be_signed(cast: Cast) -> None:
    certificate = papers.sent(cast)
    words = refused_by_the_database(
        "INSERT INTO register_signature (certificate_id, part, user_id, name, position, employee_number, role,"
        " on_behalf_of, factor, pdf_sha256, at)"
        " VALUES (%s, 'saksi', %s, 'x', '', '', 'qmr', '', 'password', 'x', now())",
        certificate.pk, cast.rahma.pk,
    )  # fmt: skip
    assert "only the PDF that is out for signature" in words


def test_the_totals_of_the_database_are_those_of_the_facts() -> None:
    assert set(ENDS) <= {field.name for field in Certificate._meta.concrete_fields}
