"""Problems of an order and of a scan as a person reads them; those of sources and packages are in
connectors.problems and archive.problems.

SENTENCES: code → what happened, and what to do next. SHORT: code → the word in a pill.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

SENTENCES: dict[str, str] = {
    "store_unreachable": _("The store does not answer. Check that it is mounted or reachable, then read again."),
    "store_unusable": _(
        "The store %(store)s does not keep its promises (%(refused)s), so nothing is written to it. The page of the "
        "store says what to repair."
    ),
    "package_damaged": _(
        "Package %(number)s did not read back as it was written (%(problems)s problems). It does not count; continue "
        "to write a new one, and look at the store's disk if it happens again."
    ),
    "scan_killed": _("The worker was ended in the middle of the scan. Scan again; what was read is kept."),
    "not_at_source": _("The record was not at the source when its turn came. Find out who deleted it there."),
    "kept_store": _(
        "Not wholly destroyed yet: the copies of %(count)s records that are kept outside the packages could not be "
        "removed from the store (%(error)s). It is tried again every hour."
    ),
    "kept_held": _(
        "Not wholly destroyed yet: %(holds)s holds copies of %(count)s records that are kept outside the packages; "
        "the keys of the packages were taken before. They go when the hold is lifted."
    ),
}

SHORT: dict[str, str] = {
    "host_unreachable": _("source does not answer"),
    "wrong_password": _("password refused"),
    "database_missing": _("database missing"),
    "connection_refused": _("connection refused"),
    "connection_lost": _("connection lost"),
    "too_slow": _("source too slow"),
    "source_failed": _("source error"),
    "bad_configuration": _("setting not usable"),
    "account_missing": _("account missing"),
    "tables_missing": _("tables missing"),
    "columns_missing": _("columns missing"),
    "no_right_to_read": _("no right to read"),
    "may_write": _("may also write"),
    "clock_skew": _("clocks differ"),
    "no_index": _("no index"),
    "no_records": _("no records"),
    "folder_missing": _("folder missing"),
    "folder_unreadable": _("folder unreadable"),
    "file_missing": _("file missing at the source"),
    "file_unreadable": _("file unreadable"),
    "file_outside": _("file outside the folder"),
    "file_empty": _("file empty"),
    "file_truncated": _("file cut off"),
    "file_longer": _("file longer than stated"),
    "file_not_audio": _("not a recording"),
    "checksum_differs": _("checksum differs"),
    "file_changed_while_copying": _("changed while copied"),
    "storage_not_configured": _("no storage folder"),
    "storage_not_local": _("storage not readable"),
    "file_only_linked": _("only a link"),
    "record_missing": _("no longer at the source"),
    "record_unreadable": _("record unreadable"),
    "no_recording": _("names no file"),
    "orphan": _("recording without a call"),
    "orphans": _("recordings without a call"),
    "orphans_not_all_checked": _("not all compared"),
    "row_unreadable": _("line unreadable"),
    "duplicate_id": _("number occurs twice"),
    "export_missing": _("export missing"),
    "date_unreadable": _("date unreadable"),
    "full": _("store full"),
    "refused": _("store refused"),
    "unreachable": _("store does not answer"),
    "store_unreachable": _("store does not answer"),
    "missing": _("file gone from the store"),
    "ends_before": _("file cut off in the store"),
    "package_damaged": _("package damaged"),
    "empty_package": _("nothing could be copied"),
    "truncated": _("sealed file cut off"),
    "does_not_open": _("does not open"),
    "no_key": _("key destroyed"),
    "package_key_destroyed": _("key destroyed"),
    "package_key_unknown": _("key unknown"),
    "scan_killed": _("interrupted"),
    "not_at_source": _("no longer at the source"),
}
