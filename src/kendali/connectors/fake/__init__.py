"""See source.py for everything that the fake source can be told to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from kendali.connectors.fake.source import FakeRecord, FakeSource, conversations, recordings

__all__ = ["FakeRecord", "FakeSource", "as_kind", "conversations", "recordings"]


@contextmanager
def as_kind(*sources: FakeSource) -> Iterator[list[dict[str, str]]]:
    """While this lasts, the registry knows the kind "fake"; the answer is the config of each of the sources."""
    from kendali.connectors import registry

    by_name = {str(number): source for number, source in enumerate(sources)}
    fields = (registry.Field("name", "Name", required=True),)
    registry.KINDS["fake"] = registry.ConnectorKind(
        "fake", "Fake", ("conversation", "recording"), fields, lambda _class, config, _secret: by_name[config["name"]]
    )
    try:
        yield [{"name": name} for name in by_name]
    finally:
        del registry.KINDS["fake"]
