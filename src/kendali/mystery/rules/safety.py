"""No customer's number in what a test call leaves behind: NIK, card, phone, OTP. No database.

Scanned before a form is submitted and a scenario is sent for approval. Numbers of registered test identities are
allowed. The answer names place and kind, never the number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from kendali.mystery.rules.problems import Problem, problem
from kendali.terms import free_text

CODE = r"\d(?:[ .-]?\d){3,7}"  # 4 to 8 digits
NAME = r"(?:otp|pin|tac|passcode|password|kata sandi|sandi|kode verifikasi|kode akses|verification code|cvv2?|cvc)"
# Only such words stand between the name of a secret and the secret: "OTP-nya adalah 123456", "PIN: 1234".
FILLER = r"(?:nya|adalah|ialah|yaitu|itu|ini|saya|kamu|anda|is|was|my|your|the|kode|code|nomor|number|[\s:=\"'()-])*"
BEFORE, AFTER = r"(?<![\w:/.,-])", r"(?![\w:/-]|[.,]\d)"
LINK = r"[\s()]*(?:adalah|sebagai|is|as)?[\s()]*(?:kode |nomor )?"  # "123456 sebagai kode OTP"
SECRETS = (
    re.compile(rf"\b{NAME}{FILLER}{BEFORE}(?:{CODE}){AFTER}", re.IGNORECASE),
    re.compile(rf"{BEFORE}(?:{CODE}){AFTER}{LINK}{NAME}\b", re.IGNORECASE),
    re.compile(rf"\b(?:cvv2?|cvc){FILLER}{BEFORE}\d{{3}}{AFTER}", re.IGNORECASE),
)  # fmt: skip


def scan(texts: Mapping[str, str], allowed: Collection[str] = ()) -> list[Problem]:
    """`texts`: place → text. `allowed`: numbers of test identities, written in any way."""
    fine = {plain_digits(number) for number in allowed}
    return [one for place, text in texts.items() for one in _of_text(place, text, fine)]


def plain_digits(number: str) -> str:
    """Digits only; +62 812… and 0812… are the same phone."""
    digits = re.sub(r"\D", "", number)
    return f"0{digits[2:]}" if digits.startswith("62") and 10 <= len(digits) <= 14 else digits


def has_secret(text: str) -> bool:
    """Does it hold what looks like an OTP, a PIN or a card's CVV?"""
    clean = free_text.DAY.sub(" x ", text)
    return any(pattern.search(clean) for pattern in SECRETS)


def _of_text(place: str, text: str, fine: Collection[str]) -> Iterable[Problem]:
    kinds = {kind for kind, digits in free_text.numbers(text) if plain_digits(digits) not in fine}
    if "nik" in kinds:
        yield problem(place, "text", "A national identity number (NIK) that is no test identity's: leave it out.")
    if "card" in kinds:
        yield problem(place, "text", "A card number that is no test identity's: leave it out.")
    if "phone" in kinds:
        yield problem(place, "text", "A phone number that is no test identity's: leave it out.")
    if has_secret(text):
        yield problem(place, "text", "What looks like an OTP, a PIN or another secret code: leave it out.")
