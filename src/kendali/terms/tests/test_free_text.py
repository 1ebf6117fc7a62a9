"""Which numbers may not be kept in a reason. No database."""

from __future__ import annotations

import pytest

from kendali.terms.free_text import acceptable, numbers


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Nasabah dengan NIK 3174091203850001 mengadu", "NIK"),
        ("NIK 3174 0952 0385 0001", "NIK"),  # a woman's: day + 40
        ("kartu 4111 1111 1111 1111", "card"),
        ("kartu 4111-1111-1111-1111.", "card"),
        ("hubungi 0812 3456 7890", "phone"),
        ("hubungi 081234567890 dulu", "phone"),
        ("WA +62 812-3456-7890", "phone"),
        ("6281234567890", "phone"),
        ("kantor (021) 5551234", "phone"),
        ("kantor (021)-555-1234", "phone"),
        ("WA +62 (812) 3456-7890", "phone"),
        ("0812-34-56-7890", "phone"),  # no day in it
        ("0812 34-56-7890", "phone"),
        ("0812  3456  7890", "phone"),
        ("0812\u20133456\u20137890", "phone"),
        ("NIK 31.74.09.120385.0001", "NIK"),
        ("telepon 81234567890", "phone"),
    ],
)
def test_identity_card_and_phone_numbers_are_refused_by_kind_and_not_repeated(text: str, kind: str) -> None:
    verdict = acceptable("", text)
    assert not verdict
    assert kind in verdict.reason
    assert not verdict.facts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sengketa transaksi, surat 123/POL/XI/2026",
        "Perkara nomor 45/Pdt.G/2026/PN Jkt.Sel",
        "Berlaku 20-11-2026 sampai 2026-12-31",
        "Kadaluwarsa 2026-12-31. Diperpanjang 31.12.2027, pukul 08.30-17.00 (2 jam)",
        "(20-11-2026) 12345, (21-11-2026) 67890",
        "Usulan UP-2026-0031, 412883 percakapan, 20261120",
        "pelaksana NIK karyawan K-101, kode 00123",
        "Rp 1.250.000.000 disengketakan",
        "percakapan 84213 dan 84214",
    ],
)
def test_letters_cases_dates_counts_and_employee_numbers_stay(text: str) -> None:
    assert acceptable(text)


def test_every_number_of_a_text_is_found_with_its_kind_and_digits() -> None:
    text = "NIK 3174 0912 0385 0001, kartu 4111-1111-1111-1111, WA +62 812-3456-7890, tiket 84213"
    assert list(numbers(text)) == [
        ("nik", "3174091203850001"),
        ("card", "4111111111111111"),
        ("phone", "6281234567890"),
    ]
