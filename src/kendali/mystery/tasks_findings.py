"""Findings and their clocks, disputes, coaching: jobs. A job may run twice and may die anywhere."""
