"""The guards of the journal cost the same for every line, however long the order and however large the batch.

PL/pgSQL plans a statement once a session, and knows nothing of how many rows changed. Planned while the journal was
short, `is_journalled` and `outcome_has_intent` read all of it once a batch; `keeps_its_end` compared every changed row
with every other. Each is now held to the one way that fits: by index, and by hash.
"""

from django.db import migrations

BY_INDEX, BY_HASH = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"), ("enable_nestloop",)
OFF = {
    "records_item_is_journalled": BY_INDEX,
    "records_journal_outcome_has_intent": BY_INDEX,
    "records_item_keeps_its_end": BY_HASH,
}


def altered(words: str) -> str:
    lines = [(name, way) for name, ways in OFF.items() for way in ways]
    return "".join(f"ALTER FUNCTION {name}() {words.format(way=way)};\n" for name, way in lines)


class Migration(migrations.Migration):
    dependencies = [("records", "0006_past_count")]
    operations = [migrations.RunSQL(altered("SET {way} = off"), altered("RESET {way}"))]
