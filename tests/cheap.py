"""What an installation pays for once, and tests would pay for in every house they build: made cheap, not left out.

Only in the processes of pytest; workers and servers that a test starts are as in production.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.handlers.base import BaseHandler
from django.test.client import ClientHandler

KEYS = 6  # of one size, in turn: more than the certificates of any one test

_generate = rsa.generate_private_key
_turn = count()


class QuickHasher(PBKDF2PasswordHasher):
    """Of the form that every process can check: the number of rounds stands in what was hashed."""

    iterations = 1


def install() -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.QuickHasher"]
    rsa.generate_private_key = _one_of_some
    ClientHandler.load_middleware = _load_once  # type: ignore[method-assign,assignment]


def _one_of_some(public_exponent: int, key_size: int, backend: Any = None) -> rsa.RSAPrivateKey:
    return _key(public_exponent, key_size, next(_turn) % KEYS)


@cache
def _key(public_exponent: int, key_size: int, _number: int) -> rsa.RSAPrivateKey:
    return _generate(public_exponent=public_exponent, key_size=key_size)


def _load_once(self: ClientHandler, is_async: bool = False) -> None:
    """All browsers of a test process go through one chain of middleware: making one reads every static file."""
    loaded = _chain(tuple(settings.MIDDLEWARE), is_async)
    for name in ("_view_middleware", "_template_response_middleware", "_exception_middleware", "_middleware_chain"):
        setattr(self, name, getattr(loaded, name))


@cache
def _chain(_middleware: tuple[str, ...], is_async: bool) -> BaseHandler:
    handler = BaseHandler()
    handler.load_middleware(is_async)
    return handler
