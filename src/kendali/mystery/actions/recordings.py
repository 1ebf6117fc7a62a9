"""The recording of a test call: found in the voice recording system, or uploaded.

A copy lies in the store, sealed under a key of its own and read back before its row is written: its ranges stay
right whatever becomes of the file at the source. What is taken away again is deleted from the store, and the copy goes
with the backup copies of its record (`kept`).
"""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive import stores
from kendali.archive.errors import StoreError
from kendali.archive.sealing import open_bytes, seal_bytes
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.connectors import length, sound
from kendali.connectors.sound import Sound
from kendali.mystery.actions import calling, kept, stepping, voice_system
from kendali.mystery.actions.moving import locked_sample
from kendali.mystery.actions.voice_system import Candidate as Candidate
from kendali.mystery.actions.voice_system import candidates as candidates
from kendali.mystery.models import Membership, Recording, Sample
from kendali.mystery.queries import roster
from kendali.records.models import Record
from kendali.terms import free_text
from kendali.verdict import YES, Verdict, no

MOST = 40 * 1024 * 1024  # an hour and a half of G.711
SHORTEST, LONGEST = 1, 4 * 3600  # seconds
BARS = 400


@dataclass(frozen=True, slots=True)
class Heard:
    """What a file is by its content: never by its name."""

    sound: Sound
    seconds: int
    peaks: list[float]


def hear(data: bytes) -> Heard | Verdict:
    """Type, length and shape of a recording; a Verdict that refuses where it is none."""
    if len(data) > MOST:
        return no(_("The file is larger than %(most)s MB."), code="size", most=MOST // 1024**2)
    file, size = io.BytesIO(data), len(data)
    found = sound.look(file, size)
    if not (found.playable or found.decodable):
        return no(_("This is no recording: WAV, MP3, Opus (Ogg) or GSM are taken, told by their content."),
                  code="kind")  # fmt: skip
    seconds = length.seconds(file, size)
    if seconds is None or not SHORTEST <= seconds <= LONGEST:
        return no(_("Its length cannot be told, or it is no call: upload the whole file."), code="length")
    shape = [round(value, 3) for value in sound.peaks(file, found, BARS)] if found.shaped else []
    return Heard(found, int(seconds), shape)


def attach(*, user: User, at: datetime, sample: Sample, record: Record) -> Recording:
    """A record of the voice recording system, one of `candidates`. Raises RuleRefused, StoreError."""
    actor = stepping.caller(user, sample, at)
    calling.require_open(sample, actor)
    found = next((one for one in candidates(sample) if one.record.pk == record.pk), None)
    if found is None:
        raise RuleRefused(no(_("This record is not near the call, or of another number."), code="candidate"))
    name, data = voice_system.fetch(found.record, MOST)
    facts = {"source": found.record.source.name, "record": found.record.pk, "same_number": found.same_number}
    return _keep(sample, user, actor, at, name, data, record=found.record, verb="sample.recording_attached",
                 facts=facts)  # fmt: skip


def upload(*, user: User, at: datetime, sample: Sample, name: str, data: bytes) -> Recording:
    """A file, told by its content. Raises RuleRefused, StoreError."""
    actor = stepping.caller(user, sample, at)
    calling.require_open(sample, actor)
    name = name.replace("\\", "/").rpartition("/")[2].strip()[-200:] or "rekaman"
    if not free_text.acceptable(name.rpartition(".")[0]):
        raise RuleRefused(no(_("The name of the file holds a number that must not be kept: rename it, then upload it "
                               "again."), code="name"))  # fmt: skip
    return _keep(sample, user, actor, at, name, data, record=None, verb="sample.recording_uploaded", facts={})


def _keep(
    sample: Sample, user: User, actor: Actor, at: datetime, name: str, data: bytes, *, record: Record | None,
    verb: str, facts: dict[str, object],
) -> Recording:  # fmt: skip
    heard = hear(data)
    if isinstance(heard, Verdict):
        raise RuleRefused(heard)
    digest = hashlib.sha256(data).hexdigest()
    same = Recording.objects.filter(sample=sample, sha256=digest, record=record, destroyed_at=None).first()
    if same is not None:
        return same  # a second click
    path, key = _put(data, digest, at)
    try:
        return _row(sample, user, actor, at, verb, facts, heard, {
            "name": name, "path": path, "key": key, "size": len(data), "sha256": digest, "record": record,
            "started_at": record.started_at if record is not None else None,
        })  # fmt: skip
    except BaseException:
        kept.tidy(path)
        raise


@transaction.atomic
def _row(
    sample: Sample, user: User, actor: Actor, at: datetime, verb: str, facts: dict[str, object], heard: Heard,
    columns: dict[str, object],
) -> Recording:  # fmt: skip
    row = locked_sample(sample.pk)
    calling.require_open(row, actor)
    former = Recording.objects.filter(sample=row).select_related("record").only("path", "record__agent").first()
    values = columns | {
        "mime": heard.sound.content_type, "seconds": heard.seconds, "peaks": heard.peaks, "added_by": user,
        "added_at": at, "destroyed_at": None, "destroyed_by": None,
    }  # fmt: skip
    _there_still(columns["record"])
    recording, _new = Recording.objects.update_or_create(sample=row, defaults=values)
    kept.keep(recording.path)
    if former is not None and (path := former.path):
        kept.leave(path, at)
        transaction.on_commit(lambda: kept.tidy(path))
    told: dict[str, object] = {"number": row.number, "seconds": heard.seconds, "sha256": columns["sha256"]}
    audit.record(verb, actor=actor, at=at, obj=row, facts=told | facts)
    _identify(row, former.record if former is not None else None, recording.record)
    return recording


def _there_still(record: object) -> None:
    """A copy that is made now is found by every later destruction: until it is written, the record's row is locked."""
    if isinstance(record, Record):
        rows = Record.objects.select_for_update(of=("self",), no_key=True)
        if not rows.filter(pk=record.pk, deleted_at=None, destroyed_at=None).exists():
            raise RuleRefused(no(_("This record was deleted in the meantime."), code="candidate"))


def _identify(sample: Sample, before: Record | None, record: Record | None) -> None:
    """Who answered, as the recording system says, where the roster knows that login, extension or number. Whom only
    the recording named that was here before did not answer this call."""
    named = _member(sample, before)
    if sample.agent_id is not None and (named is None or named.agent_id != sample.agent_id):
        return
    found = _member(sample, record)
    if found is not None:
        Sample.objects.filter(pk=sample.pk).update(
            agent=found.agent, agent_team=found.team, agent_site=found.site, no_agent_reason=""
        )
    elif sample.agent_id is not None and before != record:
        Sample.objects.filter(pk=sample.pk).update(agent=None, agent_team="", agent_site=None)


def _member(sample: Sample, record: Record | None) -> Membership | None:
    name = record.agent.strip() if record is not None else ""
    if not name or sample.called_at is None:
        return None
    return roster.agent_at(sample.called_at, agent=name, login=name, extension=name)


# --- the bytes


@dataclass(frozen=True, slots=True)
class Played:
    """What a browser plays: the file itself, or what is decoded from it."""

    file: BinaryIO
    size: int
    content_type: str
    tag: str


def content(recording: Recording) -> bytes:
    """Raises StoreError where it cannot be read as it was written, RuleRefused where it was destroyed."""
    if recording.destroyed_at is not None:
        raise RuleRefused(no(_("This recording was destroyed."), code="destroyed"))
    sealed = stores.open_store(settings.KENDALI_STORE).read(recording.path)
    place = _place(recording.path, recording.sha256)
    key = open_bytes(_key(), b"key/" + place, bytes(recording.key)) if recording.key is not None else _key()
    data = open_bytes(key, place, sealed)
    if hashlib.sha256(data).hexdigest() != recording.sha256:
        raise StoreError("damaged", key=recording.path)
    return data


def played(recording: Recording) -> Played:
    """For `records.streaming.serve`. Raises StoreError."""
    data = content(recording)
    file, tag = io.BytesIO(data), recording.sha256[:32]
    found = sound.look(file, len(data))
    if found.decodable:
        decoded = sound.decoded(file, found)
        return Played(cast(BinaryIO, decoded), decoded.size, "audio/wav", f"{tag}-wav")
    return Played(file, len(data), recording.mime, tag)


def may_hear(user: User, sample: Sample, at: datetime) -> Verdict:
    """Who sees samples, and who placed this call."""
    from kendali.mystery.queries import calls

    if permissions.can(user, "sample.view", at=at):
        return YES
    mine = permissions.can(user, "sample.call", at=at)
    return mine and (YES if calls.mine(user, at).filter(pk=sample.pk).exists() else no(_("This is not your call.")))


def _put(data: bytes, digest: str, at: datetime) -> tuple[str, bytes]:
    """Its path and its key (sealed under the installation's), after reading back what was written."""
    store, path = stores.open_store(settings.KENDALI_STORE), f"{kept.FOLDER}/{uuid.uuid4()}.ks1"
    key, place = os.urandom(32), _place(path, digest)
    kept.leave(path, at)
    store.put(path, seal_bytes(key, place, data))
    if open_bytes(key, place, store.read(path)) != data:
        raise StoreError("read_back_differs", key=path)
    return path, seal_bytes(_key(), b"key/" + place, key)


def _place(path: str, digest: str) -> bytes:
    return f"{path}/{digest}".encode()


def _key() -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"kendali/1/test-call").derive(settings.KENDALI_INSTALLATION_KEY)
