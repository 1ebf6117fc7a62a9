"""Every kind of source, what its form asks for, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kendali.connectors.asterisk import AsteriskConnector
from kendali.connectors.asterisk.connector import LEAVES_BEHIND as ASTERISK_LEAVES_BEHIND
from kendali.connectors.asterisk.deleter import AsteriskDeleter
from kendali.connectors.base import Connector, Deleter, RecordClass, SourceError
from kendali.connectors.chatwoot import ChatwootConnector
from kendali.connectors.chatwoot.api_deleter import ApiDeleter
from kendali.connectors.chatwoot.place import LEAVES_BEHIND as CHATWOOT_LEAVES_BEHIND
from kendali.connectors.chatwoot.sql_deleter import SqlDeleter
from kendali.connectors.folder_drop import FolderDropConnector
from kendali.connectors.folder_drop.connector import LEAVES_BEHIND as FOLDER_DROP_LEAVES_BEHIND
from kendali.connectors.folder_drop.deleter import FolderDropDeleter

FieldType = Literal["text", "number", "folder", "file", "choice", "secret"]


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the source form. `label` and `help` are English message ids. `when`: shown only if another field
    has one of these values. A `secret` is stored encrypted, never shown again, and handed to `open` apart."""

    name: str
    label: str
    type: FieldType = "text"
    required: bool = False
    default: str = ""
    help: str = ""
    choices: Sequence[tuple[str, str]] = ()
    when: tuple[str, tuple[str, ...]] | None = None


# record class, settings, secrets of the reading role, secrets of the deleting one
MakeDeleter = Callable[[RecordClass, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]], Deleter]


@dataclass(frozen=True, slots=True)
class ConnectorKind:
    name: str
    label: str
    record_classes: Sequence[RecordClass]
    fields: Sequence[Field]
    make: Callable[[RecordClass, Mapping[str, Any], Mapping[str, Any]], Connector]
    # What deleting asks for; entered apart, by other people (see records-control), kept in the same settings.
    delete_fields: Sequence[Field] = ()
    make_deleter: MakeDeleter | None = None

    def complete(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with the defaults where nothing was entered."""
        entered = {name: value for name, value in config.items() if value not in {None, ""}}
        defaults = {field.name: field.default for field in (*self.fields, *self.delete_fields) if field.default}
        return defaults | entered

    def missing(self, config: Mapping[str, Any], secret: Mapping[str, Any]) -> list[str]:
        """Names of required fields that are empty and have no default."""
        return self._empty(self.fields, config, secret)

    def missing_to_delete(self, config: Mapping[str, Any], deleting: Mapping[str, Any]) -> list[str]:
        """The same of `delete_fields`; `deleting`: the secrets of those."""
        return self._empty(self.delete_fields, config, deleting)

    def _empty(self, fields: Sequence[Field], config: Mapping[str, Any], secret: Mapping[str, Any]) -> list[str]:
        whole = self.complete(config)
        return [
            field.name
            for field in fields
            if field.required
            and (field.when is None or str(whole.get(field.when[0], "")) in field.when[1])
            and not (secret if field.type == "secret" else whole).get(field.name)
        ]


ZONES = (
    ("Asia/Jakarta", "WIB (Asia/Jakarta)"),
    ("Asia/Makassar", "WITA (Asia/Makassar)"),
    ("Asia/Jayapura", "WIT (Asia/Jayapura)"),
    ("UTC", "UTC"),
)
_SERVERS = ("database", ("mysql", "postgresql"))


def _server(when: tuple[str, tuple[str, ...]] | None, port_help: str, default_port: str = "") -> tuple[Field, ...]:
    return (
        Field(
            "host",
            "Database server",
            required=True,
            default="localhost",
            when=when,
            help="Name, address or socket folder.",
        ),
        Field("port", "Port", "number", default=default_port, when=when, help=port_help),
        Field("dbname", "Database", required=True, when=when),
        Field("user", "User", required=True, when=when, help="A role that may only read (SELECT)."),
        Field("password", "Password", "secret", when=when),
    )


def deletes_by(default: str, *ways: tuple[str, str], help: str = "") -> Field:
    """How records are deleted at the source; `none` is always among the ways."""
    choices = (("none", "not by Kendali"), *ways)
    return Field("delete_by", "Deleting", "choice", default=default, choices=choices, help=help)


def _deleting_role(way: str, *, required: bool) -> tuple[Field, ...]:
    when = ("delete_by", (way,))
    help_text = "Another role than the one that reads; it may read and delete, nothing else."
    return (
        Field("delete_user", "Deleting user", required=required, when=when, help=help_text),
        Field("delete_password", "Password of the deleting user", "secret", when=when),
    )


def _chatwoot_deleter(
    _class: RecordClass, config: Mapping[str, Any], reading: Mapping[str, Any], deleting: Mapping[str, Any]
) -> Deleter:
    if config["delete_by"] == "api":
        return ApiDeleter(config, reading, deleting)
    return SqlDeleter(config, reading, deleting)


KINDS: dict[str, ConnectorKind] = {
    "chatwoot": ConnectorKind(
        "chatwoot",
        "Chatwoot (omni-channel)",
        ("conversation",),
        (
            *_server(None, "Usually 5432.", "5432"),
            Field(
                "account",
                "Account number",
                "number",
                required=True,
                help="The client's account in Chatwoot; it stands in the address: /app/accounts/3.",
            ),
            Field(
                "storage",
                "Attachment folder",
                "folder",
                help="Where Chatwoot keeps uploaded files (its storage folder), as mounted on this machine.",
            ),
            Field(
                "storage_services",
                "Storage services in this folder",
                default="local",
                help="Names from Chatwoot's config/storage.yml, separated by commas.",
            ),
            Field(
                "absent_tables", "Absent tables", help="Tables that this installation never had, separated by commas."
            ),
            Field(
                "sslmode",
                "Encryption",
                "choice",
                default="prefer",
                choices=(
                    ("prefer", "if offered"),
                    ("require", "always"),
                    ("verify-full", "always, certificate checked"),
                    ("disable", "never"),
                ),
            ),
        ),
        lambda _class, config, secret: ChatwootConnector(config, secret),
        (
            deletes_by(
                "none",
                ("api", "through the application (API)"),
                ("sql", "in the database (SQL)"),
                help="The application only queues a deletion, and it may leave files; the database deletes at once.",
            ),
            *_deleting_role("sql", required=True),
            Field(
                "delete_url",
                "Address of the application",
                required=True,
                when=("delete_by", ("api",)),
                help="As in the browser, without a path: https://chat.example.co.id",
            ),
            Field(
                "delete_token",
                "Access token",
                "secret",
                required=True,
                when=("delete_by", ("api",)),
                help="Of an administrator of this account, from its profile in the application.",
            ),
        ),
        _chatwoot_deleter,
    ),
    "asterisk": ConnectorKind(
        "asterisk",
        "Asterisk, FreePBX, Issabel",
        ("recording",),
        (
            Field(
                "monitor",
                "Recording folder",
                "folder",
                required=True,
                default="/var/spool/asterisk/monitor",
                help="The folder that has one folder per year.",
            ),
            Field(
                "zone",
                "Time zone of the telephone system",
                "choice",
                required=True,
                default="Asia/Jakarta",
                choices=ZONES,
                help="Call records carry the server's local time.",
            ),
            Field(
                "database",
                "Call records in",
                "choice",
                required=True,
                default="mysql",
                choices=(("mysql", "MariaDB or MySQL"), ("postgresql", "PostgreSQL"), ("csv", "Master.csv")),
            ),
            *_server(_SERVERS, "Usually 3306 (MariaDB, MySQL) or 5432 (PostgreSQL)."),
            Field("table", "Table", default="cdr", when=_SERVERS),
            Field(
                "csv",
                "File",
                "file",
                required=True,
                default="/var/log/asterisk/cdr-csv/Master.csv",
                when=("database", ("csv",)),
            ),
            Field(
                "csv_columns",
                "Columns of the file",
                when=("database", ("csv",)),
                help="In order, separated by commas; empty = as Asterisk writes them.",
            ),
            Field("call_column", "Column with the call's number", help="Empty = linkedid, else uniqueid."),
            Field("date_column", "Column with the call's start", help="Empty = calldate, else start."),
            Field("file_column", "Column with the recording's name", help="Empty = recordingfile, else userfield."),
            Field(
                "extension_digits",
                "Digits of an extension",
                "number",
                default="5",
                help="Longer numbers are customers.",
            ),
        ),
        lambda _class, config, secret: AsteriskConnector(config, secret),
        (
            deletes_by(
                "none",
                ("files", "files and call records"),
                help="The recordings, and the call records that name them.",
            ),
            *_deleting_role("files", required=False),
        ),
        lambda _class, config, reading, deleting: AsteriskDeleter(config, reading, deleting),
    ),
    "folder_drop": ConnectorKind(
        "folder_drop",
        "Folder with a vendor's export",
        ("conversation", "recording"),
        (
            Field(
                "folder",
                "Folder",
                "folder",
                required=True,
                help="Holds the export and its files, or one ZIP with both.",
            ),
            Field("records", "Export", default="records.csv", help="A CSV, JSON or JSON Lines file; or a ZIP."),
            Field(
                "zone", "Time zone of dates without one", "choice", required=True, default="Asia/Jakarta", choices=ZONES
            ),
            Field(
                "columns",
                "Columns",
                help="Ours=theirs, separated by commas, for example: id=CallID, started_at=Start Time, file=Audio.",
            ),
        ),
        FolderDropConnector,
        (
            deletes_by(
                "by_hand",
                ("by_hand", "by hand, with evidence"),
                help="A person has the vendor delete and attaches its letter; then Kendali looks.",
            ),
        ),
        lambda record_class, config, reading, _deleting: FolderDropDeleter(record_class, config, reading),
    ),
}


def _words() -> dict[str, str]:
    words: dict[str, str] = {}
    for kind in KINDS.values():
        words[kind.name] = kind.label
        for field in (*kind.fields, *kind.delete_fields):
            words[f"{kind.name}.{field.name}"] = field.label
            words[f"{kind.name}.{field.name}.help"] = field.help
            words |= {f"{kind.name}.{field.name}.{value}": text for value, text in field.choices}
    for each in (*CHATWOOT_LEAVES_BEHIND, *ASTERISK_LEAVES_BEHIND, *FOLDER_DROP_LEAVES_BEHIND):
        words[f"leaves.{each}"] = each
    return {name: text for name, text in words.items() if text and text not in dict(ZONES).values()}


# What the source forms and the certificates (leaves_behind) say, for the catalogue of translations.
WORDS = _words()


def open(kind: str, record_class: RecordClass, config: Mapping[str, Any], secret: Mapping[str, Any]) -> Connector:
    """Nothing is connected yet. Raises SourceError `bad_configuration` for what cannot even be tried."""
    described = KINDS.get(kind)
    if described is None:
        raise SourceError("bad_configuration", field="kind", reason=f"{kind!r} is not known")
    if record_class not in described.record_classes:
        raise SourceError("bad_configuration", field="record_class", reason=f"{kind} has no {record_class}")
    missing = described.missing(config, secret)
    if missing:
        raise SourceError("bad_configuration", field=", ".join(missing), reason="it is empty")
    return described.make(record_class, described.complete(config), secret)


def open_deleter(
    kind: str,
    record_class: RecordClass,
    config: Mapping[str, Any],
    *,
    reading: Mapping[str, Any],
    deleting: Mapping[str, Any],
) -> Deleter:
    """On workers only. `config`: the source's settings with those of `delete_fields`; `reading`, `deleting`: the
    secrets of the two roles. Nothing is connected yet. Raises SourceError `bad_configuration`, also where this source
    is not to be deleted from."""
    described = KINDS.get(kind)
    if described is None or described.make_deleter is None:
        raise SourceError("bad_configuration", field="kind", reason=f"{kind!r} is not known")
    if record_class not in described.record_classes:
        raise SourceError("bad_configuration", field="record_class", reason=f"{kind} has no {record_class}")
    whole = described.complete(config)
    if whole.get("delete_by", "none") == "none":
        raise SourceError("bad_configuration", field="delete_by", reason="Kendali is not to delete at this source")
    missing = [*described.missing(config, reading), *described.missing_to_delete(config, deleting)]
    if missing:
        raise SourceError("bad_configuration", field=", ".join(missing), reason="it is empty")
    if whole.get("delete_user") and whole["delete_user"] == whole.get("user"):
        raise SourceError("bad_configuration", field="delete_user", reason="it must not be the role that reads")
    return described.make_deleter(record_class, whole, reading, deleting)
