"""See source.py and deleting.py for everything that the fake source can be told to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from kendali.connectors.fake.deleting import Deleting, Does, FakeDeleter
from kendali.connectors.fake.source import FakeRecord, FakeSource, conversations, recordings

__all__ = ["Deleting", "Does", "FakeDeleter", "FakeRecord", "FakeSource", "as_kind", "conversations", "recordings"]


@contextmanager
def as_kind(*sources: FakeSource) -> Iterator[list[dict[str, str]]]:
    """While this lasts, the registry knows the kind "fake"; the answer is the config of each of the sources."""
    from kendali.connectors import registry

    by_name = {str(number): source for number, source in enumerate(sources)}
    fields = (registry.Field("name", "Name", required=True),)
    registry.KINDS["fake"] = registry.ConnectorKind(
        "fake",
        "Fake",
        ("conversation", "recording"),
        fields,
        lambda _class, config, _secret: by_name[config["name"]],
        (registry.deletes_by("api", ("api", "API")),),
        lambda _class, config, _reading, _deleting: FakeDeleter(by_name[config["name"]]),
    )
    try:
        yield [{"name": name} for name in by_name]
    finally:
        del registry.KINDS["fake"]
