"""Calling, recordings, filling in and verifying the form: jobs. A job may run twice and may die anywhere."""
