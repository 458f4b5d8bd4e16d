"""A process of the server: signals, links for people, a demonstration."""
