"""The rows of procedure (a): sources and their catalogue, escalations, packages."""

from kendali.records.models.catalogue import Record, RecordVersion, Scan, Unbackupable
from kendali.records.models.disposal import (
    DisposalItem,
    DisposalOrder,
    Incident,
    JournalEntry,
    Recheck,
    VersionDestruction,
)
from kendali.records.models.escalation import Escalation, EscalationItem
from kendali.records.models.package import (
    ContentOpening,
    ContractEnd,
    Package,
    PackageCheck,
    RegisteredCopy,
    StoreLook,
)
from kendali.records.models.search import TextSearch
from kendali.records.models.source import DayCount, PastCount, Source

__all__ = [
    "ContentOpening",
    "ContractEnd",
    "DayCount",
    "DisposalItem",
    "DisposalOrder",
    "Escalation",
    "EscalationItem",
    "Incident",
    "JournalEntry",
    "Package",
    "PackageCheck",
    "PastCount",
    "Recheck",
    "Record",
    "RecordVersion",
    "RegisteredCopy",
    "Scan",
    "Source",
    "StoreLook",
    "TextSearch",
    "Unbackupable",
    "VersionDestruction",
]
