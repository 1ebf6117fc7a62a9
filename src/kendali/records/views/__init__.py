"""The pages of procedure (a): load with the access check, one action, a message, a redirect."""
