"""Measurements of the running server; see README.md."""
