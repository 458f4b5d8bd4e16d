"""gamesync: keeps two-player tabletop wargames in step on every screen of a venue."""

__version__ = "1.0.0"
