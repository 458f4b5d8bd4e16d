"""
Every event of the log by its name, which does not change when its sentence does.

A call of the log names its event by its format, so that the sentence stands where it is said; a
test sees to it that there is a row here for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs


@attrs.frozen
class Event:
    """One kind of entry: its stable name, and what it means to whoever runs the box."""

    name: str
    meaning: str


OTHER = Event("other", "Of Twisted, Autobahn or Python itself; `logger` says whose.")
"""What is not ours."""

EVENTS: dict[str, Event] = {}
"""By the format with which it is logged."""


def name_of(event: Mapping[str, Any]) -> str:
    """The stable name of an event that was logged."""
    return EVENTS.get(event.get("log_format") or "", OTHER).name


def _are(**events: tuple[str, str]) -> None:
    for name, (format_, meaning) in events.items():
        assert format_ not in EVENTS, f"{format_!r} has two names"
        EVENTS[format_] = Event(name, meaning)


# -- the server's life
_are(
    listening=("listening on {port}", "An endpoint serves."),
    serving=("serving {count} unfinished games; {past}", "The start is done: what it found."),
    organiser_link=(
        "the organiser's link, until it is used: {link}",
        "The one secret that the log may hold; only until it has been used.",
    ),
    no_organiser_key=(
        "no organiser's key could be made: {why}",
        "The disk takes nothing; the next start makes it.",
    ),
    not_started=("not started: {why}", "The start was impossible; the process ends with 1."),
    start_broke=("the start broke", "A fault of the program's at the start."),
    not_stopped=("not stopped within {limit} s", "The stop took too long, and was cut short."),
    reloaded=("configuration read again: certificates", "SIGHUP was seen to."),
    certificate_kept=(
        "the certificate stays as it was: {why}",
        "The new one is no good; the old one is served.",
    ),
    certificate_made=("a new certificate was made: {why}", "The venue's own, renewed in time."),
    certificate_read=("the certificate was read again", "New connections get the new one."),
    certificate_not_made=(
        "the certificate cannot be renewed: {why}",
        "The old one is served for as long as it is good.",
    ),
    certificate_expires=(
        "the certificate for {names} is good for {days} more days",
        "Renew it; said daily while fewer than 30 days are left.",
    ),
    certificate_key_open=(
        "everybody on this box can read the key {path}",
        "Take the rights to read it from others: `chmod o-r`.",
    ),
    certificate_broke=("keeping the certificate broke", "A fault of the program's; it goes on."),
    few_files=(
        "only {most} open files are allowed, for {files}",
        "Raise LimitNOFILE: fewer connections than `connections` fit.",
    ),
    no_control_socket=("no control socket: {why}", "`gamesync` commands cannot ask this server."),
    control_socket_path=(
        "no control socket: the path {path} is longer than {most} bytes;"
        " `gamesync key` works only while this server is stopped",
        "The database's path is too long for a socket beside it.",
    ),
)

# -- beside the server
_are(
    not_announced=("not announced: {why}", "The network is not told of the box (mDNS)."),
    banner_broke=("no links shown", "Links could not be printed."),
    demonstration_broke=("no demonstration", "The demonstration game could not be made."),
    manager_broke=("a round broke", "systemd was not told that the server lives."),
)

# -- connections and messages
_are(
    opened=("{client} opened", "A WebSocket is open (debug)."),
    joined=("{client} joined {game} as {role}", "A device took up a place, or watches."),
    closed=("{client} closed: {code} {reason}", "A WebSocket has gone; `code` is its close code."),
    message=("{client} {type} {result}", "A message and what it came to (debug)."),
    http=("{method} {path} {code}", "A request over HTTP, without its query (debug)."),
    cut_off=("{peer} is cut off: {reason}", "A client was far over a limit, or read too slowly."),
    too_many_messages=("{client} is cut off: too many messages", "The same, for its messages."),
)

# -- how it fares
_are(
    slow_commit=("a commit took {ms} ms", "The disk is slow; play waits for it."),
    reactor_late=("the reactor was {ms} ms late", "Something held up the whole server."),
    storage_lost=("nothing can be made durable: {why}", "Commands are refused until it can."),
    storage_back=("what is decided can be made durable again", "The end of `storage_lost`."),
    not_ready=("not ready: {reasons}", "`/readyz` says 503 from now on; why."),
    ready=("ready again", "The end of `not_ready`."),
    state_differs=(
        "{game}: what is in memory, in the log and in the tables is not the same: {what}",
        "Please report it; `gamesync verify` tells more.",
    ),
    state_checked=(
        "{games} games checked: memory, log and tables agree in all but {differing}",
        "The hourly comparison, or one that the organiser asked for.",
    ),
    state_check_broke=("comparing {game} broke", "It could not be read or folded."),
    no_last_pulse=(
        "it is not written down that the store closed: {why}",
        "The disk takes nothing; the next start takes longer to find its feet. Nothing is lost.",
    ),
    late_reread=("{room} is never where the store has it", "Another writer is at the database."),
)

# -- faults of our own; `request` is the id that the client was told, too
_are(
    fault_opening=("opening a connection broke", "Before a WebSocket was open."),
    fault_handler=("making a handler broke", "As a WebSocket opened; it got 1011."),
    fault_connection=("a handler broke", "On news of a connection; it got 1011."),
    fault_sending=("a message could not be sent", "It got 1011."),
    fault_closing=("a handler broke at the end", "After a connection had gone."),
    fault_close_code=("{code} is no code to close with", "It got 1011 in its place."),
    fault_message=("a message broke {client}", "That client got 1011."),
    fault_deciding=("deciding {type} {id} of {room} broke", "Its sender got `internal`."),
    fault_room=("deciding in {room} broke", "Who asked there got `internal`."),
    fault_stored=("the change of {room} cannot be stored", "Who asked there got `internal`."),
    fault_group=(
        "a group of {count} did not fit; one by one",
        "A transaction was rolled back; each game's part is tried alone.",
    ),
    fault_commit=("the group commit broke", "Who asked got `internal`."),
    fault_read=("{room} cannot be read", "Who asked there got `internal`."),
    fault_pulse=("the pulse broke", "The heartbeat row was not written."),
    fault_after=("what follows from a commit of {room} broke", "The commit itself was made."),
    fault_telling=("what was done in {room} cannot be told", "Its watchers got the whole state."),
    fault_watcher=("a watcher of {room} could not be told", "It got 1011."),
    fault_guest=("a guest of the lobby could not be told", "It no longer sees the list move."),
    fault_list=("the list of games cannot be sent anew", "The same."),
    fault_line=("a game's line is old", "In the list of games."),
    fault_deadline=("a deadline broke", "A flag, an offer or a game's end came too late."),
    fault_follow=("{room} did not follow the round clock", "A table missed a word of the venue's."),
    fault_beat=("a beat failed", "Clocks are shown by the next one."),
    fault_room_beat=("a beat of {room} broke", "The same, of one game."),
    fault_http=("answering {path} broke", "An HTTP request got 500."),
    fault_control=("a request at the control socket broke", "A `gamesync` command was told so."),
    fault_last_pulse=(
        "the store could not write down that it closed",
        "The next start takes longer to find its feet; nothing is lost.",
    ),
)

# -- the safety of the data
_are(
    backup_made=("backup made: {path}, {bytes} bytes", "It was tried out, and hangs together."),
    no_backup=("no backup was made: {why}", "It is tried again in ten minutes."),
    copy_not_whole=(
        "a copy of the database is not whole: {finding}",
        "Once for each finding; `gamesync verify` tells them, too. No backup was made of it.",
    ),
    database_moved=(
        "the database is not where it was: {why}",
        "Nothing is acked until it is back; a stop loses what was done since it went.",
    ),
    database_back=("the database is where it was again", "The end of `database_moved`."),
    people_forgotten=(
        "forgot the people of {games} games and {people} participants",
        "They had not been touched for `retention_days`.",
    ),
    not_folded=(
        "the log of {game} cannot be folded",
        "By the rules of this version, after an upgrade; it stays as it was.",
    ),
    fault_safety=("keeping the data safe broke", "A look at the file, or a backup."),
    fault_forgetting=("forgetting people broke", "It is tried again in an hour."),
    tokens_broke=("the ages of tokens cannot be kept", "Tokens may live longer than they should."),
)
