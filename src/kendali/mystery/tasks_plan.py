"""Cycles: plan, assignment, pace, closing, freezing: jobs. A job may run twice and may die anywhere."""
