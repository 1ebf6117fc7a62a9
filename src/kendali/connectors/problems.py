"""Every problem code of every connector, with the sentence a person reads: what happened, and what to do next.

The sentences are English message ids; the pages translate them and fill the placeholders from `Problem.facts`
(`ref` and `part` are always there).
"""

from __future__ import annotations

from kendali.connectors.base import Problem, SourceError

SENTENCES: dict[str, str] = {
    # Reaching the source
    "host_unreachable": (
        "The source at %(host)s does not answer. Check the address, the port and the firewall, and whether it is "
        "running."
    ),
    "wrong_password": "The source refuses the user %(user)s. Check user name and password of this source.",
    "database_missing": "There is no database %(database)s at the source. Check its name.",
    "connection_refused": "The source refuses the connection: %(reason)s",
    "connection_lost": (
        "The connection to the source broke off: %(reason)s Start again; what was copied so far is not lost."
    ),
    "too_slow": "The source did not answer within %(seconds)s seconds. Try again outside its busy hours.",
    "source_failed": "The source answered with an error (%(reason)s). Ask its administrator, then try again.",
    "bad_configuration": "The setting %(field)s of this source is not usable: %(reason)s",
    # What it holds
    "account_missing": "The source has no account %(account)s. Check the account number of this source.",
    "tables_missing": (
        "The source lacks the tables %(tables)s. Check that it is the application's database; if this installation"
        " never had them, name them under “absent tables” in the source's settings."
    ),
    "columns_missing": "The source's table %(table)s lacks the columns %(columns)s. Check the application's version.",
    "no_right_to_read": "The user may not read %(tables)s. Grant SELECT on them: %(command)s",
    "may_write": (
        "The user of this source may also write (%(rights)s). Copying needs reading only; give this source a role "
        "with SELECT alone."
    ),
    "clock_skew": (
        "The source's clock differs from this machine's by %(seconds)s seconds. Set both by NTP; nothing is "
        "deleted while they differ by more than 5 minutes."
    ),
    "no_index": (
        "The source's table %(table)s has no index on %(column)s; listing is slow. An administrator can add one."
    ),
    "no_records": "The source is readable but holds no record. Check that it is the right one.",
    # Folders and files
    "folder_missing": "The folder %(path)s does not exist on this machine. Check the path and whether it is mounted.",
    "folder_unreadable": "The folder %(path)s cannot be read: %(reason)s Give this user the right to read it.",
    "file_missing": (
        "The file %(part)s of this record is missing at the source. Look for it there, or have it confirmed as lost."
    ),
    "file_unreadable": (
        "The file %(part)s cannot be read: %(reason)s Repair the right or the disk at the source, then back up again."
    ),
    "file_outside": (
        "The file name %(part)s points outside the source's folder; it was not opened. Correct the record at the "
        "source."
    ),
    "file_empty": "The file %(part)s has no content. Look for the original, or have it confirmed as lost.",
    "file_truncated": (
        "The file %(part)s is cut off: %(expected)s bytes were promised, %(actual)s are there. It was copied as it"
        " is; look for the whole one."
    ),
    "file_longer": (
        "The file %(part)s is longer than it says: %(expected)s bytes were promised, %(actual)s are there. It was "
        "copied as it is."
    ),
    "file_not_audio": (
        "The file %(part)s is not a %(format)s recording. It was copied as it is; check it at the source."
    ),
    "checksum_differs": (
        "The file %(part)s does not have the checksum that the source recorded for it. It was copied as it is; "
        "look for an undamaged one."
    ),
    "file_changed_while_copying": "The file %(part)s changed while it was copied. Back it up again.",
    "storage_not_configured": (
        "The record has a file (%(part)s), but this source has no storage folder. Enter the folder in the source's"
        " settings."
    ),
    "storage_not_local": "The file %(part)s lies in the storage service %(service)s, which this source cannot read.",
    "file_only_linked": "The attachment %(part)s is only a link to another system; there is nothing to copy.",
    # Records
    "record_missing": "The record is no longer at the source. Someone deleted it there; find out who and why.",
    "record_unreadable": "The record cannot be read: %(reason)s",
    "no_recording": "The call says it was recorded but names no file.",
    "calls_without_id": (
        "%(count)s call records name a recording but have no %(column)s, so they are in no list. Choose a column that "
        "every call has in this source's settings."
    ),
    "orphan": "The recording %(part)s is named by no call record. Find its call, or have it listed as unclaimed.",
    "orphans": "%(count)s recordings in the folder are named by no call record; the source's page lists them.",
    "orphans_not_all_checked": (
        "Only the first %(count)s recordings were compared with the call records; the nightly scan compares all."
    ),
    "row_unreadable": "Line %(line)s of %(file)s cannot be read: %(reason)s Correct the export and drop it again.",
    "duplicate_id": "The record number %(ref)s occurs several times in %(file)s. Have the vendor correct the export.",
    "export_missing": "There is no export %(file)s in the folder. Check its name in the source's settings.",
    "date_unreadable": "The date “%(value)s” in %(file)s cannot be read; this record has no date and is never due.",
    # Deleting
    "busy": "Somebody at the source works on this record just now. It is tried again.",
    "changed_at_source": (
        "The record is no longer the one that was backed up, so it was not touched. Back it up again, then propose it "
        "again."
    ),
    "held_at_source": "The source itself keeps this record (a lock or hold there). Lift it there, or leave the record.",
    "no_right_to_delete": "The deleting user may not delete from %(tables)s. Grant it: %(command)s",
    "may_do_more": (
        "The deleting user may do more than delete (%(rights)s). Give this source a role that may only read and delete."
    ),
    "folder_not_writable": (
        "Files cannot be taken out of the folder %(path)s. Give the workers' user the right to write in it and below."
    ),
    "file_not_writable": (
        "The file %(path)s cannot be written anew: %(reason)s Give the workers' user the right to write in its folder "
        "and to keep its owner."
    ),
    "file_not_deleted": (
        "The rows are deleted, but the file %(part)s is still there: %(reason)s Repair the right or the disk; the next "
        "attempt takes it away."
    ),
    "delete_by_hand": (
        "A person deletes this record at the vendor and attaches the vendor's letter; then Kendali looks whether it is "
        "gone."
    ),
    "api_no_answer": (
        "The application at %(host)s did not answer the request to delete (%(reason)s). Whether it deletes shows only "
        "by looking."
    ),
    "api_refused": (
        "The application refuses to delete (status %(status)s). The token must be one of an administrator of this "
        "account."
    ),
    "api_too_many": "The application asks for a pause (status 429). It is tried again afterwards.",
    "api_failed": "The application answered the request to delete with status %(status)s. Look at its log.",
    "api_unknown_record": (
        "The application says that it has no such conversation, but its database still shows it. Check address and "
        "account number of this source."
    ),
    "api_not_administrator": (
        "The token belongs to nobody who is administrator of account %(account)s, so it may not delete. Make one for "
        "an administrator."
    ),
    "api_too_old": "The application has version %(version)s; deleting a conversation by its API needs 4.3 or newer.",
}


def sentence(problem: Problem | SourceError) -> str:
    """The English sentence, placeholders filled."""
    facts: dict[str, object] = dict(problem.facts)
    if isinstance(problem, Problem):
        facts = {"ref": problem.ref, "part": problem.part, **facts}
    return SENTENCES[problem.code] % facts
