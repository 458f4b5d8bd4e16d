"""A game as pure values: no I/O, no Twisted; no clock is read and no dice are rolled here."""
