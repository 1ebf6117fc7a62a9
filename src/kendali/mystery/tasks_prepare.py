"""Materials, personas, scenarios, forms: jobs. A job may run twice and may die anywhere."""
