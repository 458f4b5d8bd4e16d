"""
What must hold however the process, the disk, the clock and the network fail.

Every harness here is also run against a server with a fault planted in it (``plants``), and has to
find it. The short forms run with all tests; ``GAMESYNC_LONG=1`` asks for the long ones.
"""
