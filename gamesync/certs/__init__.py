"""A certificate authority for one venue: made, kept and renewed on the box itself."""
