"""The sample organisation and its sources: real tables, real files, invented people. No Django in here."""
