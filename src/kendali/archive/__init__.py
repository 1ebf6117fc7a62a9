"""Packages of records: write, verify, read, destroy; their keys and their stores. No Django, no database."""
