"""The facts sealed with a vendor's recording (its row of the export) as a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kendali.connectors.call import Call
from kendali.connectors.chat import Customer, printable

_SHOWN_APART = {"customer_name", "customer_phone", "agent", "file"}


def call(facts: Mapping[str, Any], zone: str) -> Call:
    row = facts.get("row")
    row = row if isinstance(row, dict) else {}

    def said(name: str) -> str:
        return printable(str(row.get(name) or ""))

    rest = {printable(str(name)): printable(str(value)) for name, value in row.items() if name not in _SHOWN_APART}
    return Call(
        customer=Customer(said("customer_name"), said("customer_phone")),
        agent=said("agent"),
        facts={name: value for name, value in rest.items() if value},
    )
