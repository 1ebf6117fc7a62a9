"""Kendali beside its peers on this machine: `./kendali bench` writes RESULTS.md. See `__main__` for the options."""
