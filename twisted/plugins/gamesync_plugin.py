"""Names gamesync to twistd; nothing of it is imported until it is chosen."""

from twisted.application.service import ServiceMaker

gamesync = ServiceMaker(
    "gamesync",
    "gamesync.plugin",
    "Keep two-player tabletop games in step: scores, turns and clocks on every screen.",
    "gamesync",
)
