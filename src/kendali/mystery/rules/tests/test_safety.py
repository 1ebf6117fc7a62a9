"""What may not stand in a filled form or a scenario. No database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.mystery.rules.safety import has_secret, scan


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Nasabah menyebut NIK 3174091203850001", ["(NIK)"]),
        ("kartu 4111 1111 1111 1111", ["card"]),
        ("dihubungi 0812-3456-7890", ["phone"]),
        ("NIK 3174091203850001 dan HP 081234567890", ["(NIK)", "phone"]),
        ("OTP 884210", ["OTP"]),
        ("kode OTP-nya adalah 884 210.", ["OTP"]),
        ("PIN: 1234", ["OTP"]),
        ("agent membaca 884210 sebagai OTP", ["OTP"]),
        ("884210 (kode verifikasi)", ["OTP"]),
        ("CVV 123", ["OTP"]),
        ("kata sandi saya 20112011", ["OTP"]),
    ],
)
def test_a_number_of_a_person_is_found_and_not_repeated(text: str, kinds: list[str]) -> None:
    found = scan({"people/empathy": text})
    assert [one.place for one in found] == ["people/empathy"] * len(kinds)
    assert all(kind in one.reason for one, kind in zip(found, kinds, strict=True))
    assert not any(one.facts for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Agent meminta OTP pada menit 03:15",
        "Agent meminta OTP, lalu menutup panggilan. Tiket 884210",
        "PIN 6 digit diminta dua kali",
        "Diminta OTP tanggal 20-11-2026",
        "Jawaban sesuai artikel WP-0123 versi 2026-11-01",
        "Menunggu 1250 detik",
        "Pinjaman 1234567 rupiah",
        "shopping 12345",
    ],
)
def test_times_tickets_and_articles_stay(text: str) -> None:
    assert scan({"note": text}) == []


@pytest.mark.parametrize("written", ["0812 3456 7890", "+62 812-3456-7890", "6281234567890"])
@pytest.mark.parametrize("allowed", ["081234567890", "+6281234567890"])
def test_a_number_of_a_test_identity_may_be_written_in_any_way(written: str, allowed: str) -> None:
    assert scan({"note": f"dari {written}"}, [allowed]) == []
    assert scan({"note": f"dari {written} dan 081398765432"}, [allowed]) != []


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    assert isinstance(scan({"note": text}), list)


@given(st.integers(0, 10**6 - 1), st.sampled_from(["OTP", "otp saya", "Kode OTP:", "PIN =", "kode verifikasi adalah"]))
def test_every_six_digits_after_the_name_of_a_secret_are_found(code: int, name: str) -> None:
    assert has_secret(f"Agent membacakan {name} {code:06d}, lalu menutup.")


def test_a_long_text_takes_no_long_time() -> None:
    assert scan({"note": "otp " * 2500 + "- " * 2500}) == []
    assert scan({"note": "1 2-3." * 2000}) is not None
