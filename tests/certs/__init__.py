"""The venue's own certificates."""
