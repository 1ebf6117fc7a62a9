"""Who did it, as plain values: names and roles are copied, because people leave and change their roles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`on_behalf_of` is the name of the holder a deputy stands in for (printed "a.n."), `principal_id` its user id."""

    user_id: int | None
    name: str
    role: str
    on_behalf_of: str | None = None
    principal_id: int | None = None


SYSTEM = Actor(user_id=None, name="Kendali", role="system")
