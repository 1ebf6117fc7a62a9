"""Recordings as they should not be, one call each.

Root reads a file of mode 0000 all the same: check that case as another user."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from .calls import Call, renamed
from .tree import AWKWARD, Tree, awkward_case, moved

__all__ = ["AWKWARD"]


@awkward_case
def missing_file(tree: Tree, one: Call, number: int) -> Call:
    return one


@awkward_case
def truncated_file(tree: Tree, one: Call, number: int) -> Call:
    """The header promises more audio than there is: the disk was full."""
    tree.write(one, number, length=20_000)
    return one


@awkward_case
def empty_file(tree: Tree, one: Call, number: int) -> Call:
    tree.write(one, number, length=0)
    return one


@awkward_case
def unreadable_file(tree: Tree, one: Call, number: int) -> Call:
    tree.write(one, number).chmod(0)
    return one


@awkward_case
def orphan_file(tree: Tree, one: Call, number: int) -> None:
    """A recording whose call table rows were purged."""
    tree.write(one, number)


@awkward_case
def not_recorded(tree: Tree, one: Call, number: int) -> Call:
    """Nobody answered: rows, no file, no name."""
    silent = renamed(one, disposition="NO ANSWER", recordingfile="")
    return replace(silent, file="", legs=tuple(leg._replace(billsec=0) for leg in silent.legs))


@awkward_case
def two_files(tree: Tree, one: Call, number: int) -> Call:
    """Transferred to a colleague, who recorded a second file of the same call."""
    tree.write(one, number)
    second = replace(one, file=one.file.replace("q-", "exten-1002-", 1))
    tree.write(second, number + 50)
    extra = one.legs[-1]._replace(
        recordingfile=second.file, uniqueid=one.legs[-1].uniqueid + "9", sequence=one.legs[-1].sequence + 9
    )
    return replace(one, legs=(*one.legs, extra))


@awkward_case
def over_midnight(tree: Tree, one: Call, number: int) -> Call:
    """Begins at 23.59.57 local: the file lies in the folder of the day it began, later legs are dated the next day."""
    late = moved(one, one.start.replace(tzinfo=None, hour=23, minute=59, second=57))
    tree.write(late, number)
    return late


@awkward_case
def first_hour_of_the_year(tree: Tree, one: Call, number: int) -> Call:
    """1 January locally, still 31 December in UTC."""
    early = moved(one, datetime(one.start.year, 1, 1, 0, 30, 5))  # noqa: DTZ001
    tree.write(early, number)
    return early


@awkward_case
def leap_day(tree: Tree, one: Call, number: int) -> Call:
    leap = moved(one, datetime.combine(date(2024, 2, 29), one.start.time()))
    tree.write(leap, number)
    return leap


@awkward_case
def clock_not_set(tree: Tree, one: Call, number: int) -> Call:
    """The server's battery was empty: for a minute it was 1970. The call's true date cannot be computed."""
    ancient = moved(one, datetime(1970, 1, 1, 8, 0, 5))  # noqa: DTZ001
    tree.write(ancient, number)
    return ancient


@awkward_case
def copied_to_new_server(tree: Tree, one: Call, number: int) -> Call:
    """Its modification time is a year after the call: only name and call table tell the date."""
    tree.write(one, number, mtime=one.start + timedelta(days=365))
    return one


@awkward_case
def modified_before_the_call(tree: Tree, one: Call, number: int) -> Call:
    tree.write(one, number, mtime=one.start - timedelta(days=400))
    return one


@awkward_case
def full_path(tree: Tree, one: Call, number: int) -> Call:
    """Some dialplans store the whole path instead of the base name."""
    tree.write(one, number)
    return renamed(one, recordingfile=f"/var/spool/asterisk/monitor/{one.folder}/{one.file}")


@awkward_case
def wav49_capitals(tree: Tree, one: Call, number: int) -> Call:
    name = one.file.removesuffix(".wav") + ".WAV"
    gsm = replace(renamed(one, recordingfile=name), kind="wav49", file=name)
    tree.write(gsm, number)
    return gsm


@awkward_case
def name_without_extension(tree: Tree, one: Call, number: int) -> Call:
    """The call table has the name alone; the file has .wav."""
    tree.write(one, number)
    return renamed(one, recordingfile=one.file.removesuffix(".wav"))


@awkward_case
def climbing_name(tree: Tree, one: Call, number: int) -> Call:
    """A hostile name must not lead out of the tree."""
    return renamed(replace(one, file=""), recordingfile="../../../../etc/passwd")


@awkward_case
def wrong_folder(tree: Tree, one: Call, number: int) -> Call:
    """Moved by hand into the folder of the next day."""
    tree.write(replace(one, folder=(one.start + timedelta(days=1)).strftime("%Y/%m/%d")), number)
    return one
