"""What happened to controlled documents, one sentence per verb."""

VERBS: dict[str, str] = {}
NOTICES: dict[str, str] = {}
WORDS: dict[str, dict[str, str]] = {}
