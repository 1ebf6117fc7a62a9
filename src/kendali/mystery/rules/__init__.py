"""What procedure (b) decides, as plain functions over plain values: no database, no clock of their own."""
