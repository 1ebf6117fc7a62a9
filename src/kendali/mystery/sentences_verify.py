"""Verifying, samples, an agent's own evaluations: one sentence per verb and notice, words for codes."""

VERBS: dict[str, str] = {}
NOTICES: dict[str, str] = {}
WORDS: dict[str, dict[str, str]] = {}
