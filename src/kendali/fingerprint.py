"""The fingerprint of a record: one function for the source, the backup and the verification."""
