"""An authenticator app whose clock, and the server's for its codes, stand still while a code is typed.

A code ends with its half minute: one that was read in the last moment would be refused when it arrives.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from allauth.mfa.totp.internal import auth


@contextmanager
def code_in_time(secret: str) -> Iterator[str]:
    """The code of this moment, which lasts as long as the block."""
    now = time.time()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(auth, "time", SimpleNamespace(time=lambda: now))
        yield str(auth.format_hotp_value(auth.hotp_value(secret, next(iter(auth.yield_hotp_counters_from_time())))))
