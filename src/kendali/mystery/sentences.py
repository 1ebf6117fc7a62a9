"""What happened in mystery calling, one sentence per verb; each part brings its own."""

from kendali.mystery import (
    sentences_calls,
    sentences_f22,
    sentences_findings,
    sentences_forms,
    sentences_people,
    sentences_plan,
    sentences_prepare,
    sentences_verify,
)

PARTS = (
    sentences_calls,
    sentences_f22,
    sentences_findings,
    sentences_forms,
    sentences_people,
    sentences_plan,
    sentences_prepare,
    sentences_verify,
)
VERBS = {verb: said for part in PARTS for verb, said in part.VERBS.items()}
NOTICES = {kind: said for part in PARTS for kind, said in part.NOTICES.items()}
WORDS: dict[str, dict[str, str]] = {}
for part in PARTS:  # two parts may have words for the same fact
    for name, words in part.WORDS.items():
        WORDS[name] = WORDS.get(name, {}) | words
