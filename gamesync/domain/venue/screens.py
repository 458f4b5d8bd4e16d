"""What the screens of the hall show: displays driven from the desk, and announcements."""

from __future__ import annotations

from msgspec.structs import replace

from ..commands import Expire
from ..values import Refused
from .commands import (
    Announce,
    RegisterDisplay,
    ReloadDisplay,
    RemoveAnnouncement,
    RemoveDisplay,
    RenameDisplay,
    ShowOnDisplay,
)
from .events import (
    Announced,
    AnnouncementRemoved,
    AnnouncementsLapsed,
    DisplayRegistered,
    DisplayReloaded,
    DisplayRemoved,
    DisplayRenamed,
    DisplayShows,
    Showing,
)
from .state import (
    Announcement,
    Display,
    Venue,
    VenueContext,
    VenueDecision,
    already,
    apply,
    check_device,
    check_name,
    check_room,
    decide,
    found,
    one,
)

DISPLAYS_MAX = 100
DISPLAY_DEVICES = 3
"""With one more, the oldest is told nothing any more."""
ANNOUNCEMENTS_MAX = 50
_MINUTE_MS = 60_000

# Displays


@decide.register
def _(command: RegisterDisplay, venue: Venue, ctx: VenueContext) -> VenueDecision:
    wanted, id_ = command.name.casefold(), venue.next_id("d")
    for display in venue.displays.values():
        if display.name.casefold() == wanted:
            id_ = display.id
            if ctx.by.device in display.devices:
                return already(display=id_)
    fact = DisplayRegistered(display=id_, name=command.name, device=ctx.by.device)
    return one(fact, venue, ctx, display=id_)


@apply.register
def _(fact: DisplayRegistered, venue: Venue, ctx: VenueContext) -> Venue:
    check_device(venue, fact.device)
    displays = {}
    for display in venue.displays.values():
        if fact.device in display.devices:
            left = tuple(d for d in display.devices if d != fact.device)
            display = replace(display, devices=left)
            if not left and display.shows == Showing() and display.id != fact.display:
                continue  # it was only a name that the device had once
        displays[display.id] = display
    if fact.display in displays:
        display = displays[fact.display]
    else:
        check_room(displays, DISPLAYS_MAX, "displays")
        display = Display(id=fact.display, name=fact.name)
        venue = replace(venue, made=venue.made + 1)
    devices = (*display.devices, fact.device)[-DISPLAY_DEVICES:]
    return replace(venue, displays=displays).with_display(replace(display, devices=devices))


@decide.register
def _(command: RenameDisplay, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if venue.display(command.display).name == command.name:
        return already()
    return one(DisplayRenamed(display=command.display, name=command.name), venue, ctx)


@apply.register
def _(fact: DisplayRenamed, venue: Venue, ctx: VenueContext) -> Venue:
    display = venue.display(fact.display)
    check_name(fact.name, (d.name for d in venue.displays.values() if d.id != display.id))
    return venue.with_display(replace(display, name=fact.name))


@decide.register
def _(command: ShowOnDisplay, venue: Venue, ctx: VenueContext) -> VenueDecision:
    what = Showing(kind=command.kind)
    if command.kind in ("game", "table"):
        id_ = command.game if command.kind == "game" else command.table
        if not id_:
            raise Refused("missing_field", f"{command.kind}: say which", command.kind)
        what = replace(what, **{command.kind: id_})
    elif command.kind == "rotation":
        if not command.tables:
            raise Refused("missing_field", "tables: say which", "tables")
        what = replace(what, tables=command.tables, every_ms=command.every_ms)
    if venue.display(command.display).shows == what:
        return already()
    return one(DisplayShows(display=command.display, what=what), venue, ctx)


@apply.register
def _(fact: DisplayShows, venue: Venue, ctx: VenueContext) -> Venue:
    display = venue.display(fact.display)
    if fact.what.table:
        venue.table(fact.what.table)
    for table in fact.what.tables:
        venue.table(table, "tables")
    return venue.with_display(replace(display, shows=fact.what))


@decide.register
def _(command: ReloadDisplay, venue: Venue, ctx: VenueContext) -> VenueDecision:
    return one(DisplayReloaded(display=command.display), venue, ctx)


@apply.register
def _(fact: DisplayReloaded, venue: Venue, ctx: VenueContext) -> Venue:
    display = venue.display(fact.display)
    return venue.with_display(replace(display, reload=display.reload + 1))


@decide.register
def _(command: RemoveDisplay, venue: Venue, ctx: VenueContext) -> VenueDecision:
    return one(DisplayRemoved(display=command.display), venue, ctx)


@apply.register
def _(fact: DisplayRemoved, venue: Venue, ctx: VenueContext) -> Venue:
    gone = venue.display(fact.display)
    return replace(venue, displays={i: d for i, d in venue.displays.items() if i != gone.id})


# Announcements


@decide.register
def _(command: Announce, venue: Venue, ctx: VenueContext) -> VenueDecision:
    id_ = venue.next_id("a")
    fact = Announced(
        announcement=id_,
        text=command.text,
        to=command.to,
        target="" if command.to == "all" else command.target,
        until=ctx.now + command.minutes * _MINUTE_MS if command.minutes else None,
    )
    return one(fact, venue, ctx, announcement=id_)


@apply.register
def _(fact: Announced, venue: Venue, ctx: VenueContext) -> Venue:
    check_room(venue.announcements, ANNOUNCEMENTS_MAX, "announcements at a time")
    if fact.to == "table":
        venue.table(fact.target, "target")
    if fact.to == "event":
        venue.event(fact.target, "target")
    announcement = Announcement(
        id=fact.announcement,
        text=fact.text,
        to=fact.to,
        target=fact.target,
        by=ctx.by,
        at_ms=ctx.now,
        until=fact.until,
    )
    return replace(
        venue,
        made=venue.made + 1,
        announcements={**venue.announcements, announcement.id: announcement},
    )


@decide.register
def _(command: RemoveAnnouncement, venue: Venue, ctx: VenueContext) -> VenueDecision:
    return one(AnnouncementRemoved(announcement=command.announcement), venue, ctx)


@apply.register
def _(fact: AnnouncementRemoved, venue: Venue, ctx: VenueContext) -> Venue:
    gone = found(venue.announcements, fact.announcement, "announcement")
    kept = {id_: a for id_, a in venue.announcements.items() if id_ != gone.id}
    return replace(venue, announcements=kept)


@decide.register
def _(command: Expire, venue: Venue, ctx: VenueContext) -> VenueDecision:
    due = any(a.until is not None and ctx.now >= a.until for a in venue.announcements.values())
    return one(AnnouncementsLapsed(), venue, ctx) if due else VenueDecision()


@apply.register
def _(fact: AnnouncementsLapsed, venue: Venue, ctx: VenueContext) -> Venue:
    kept = {
        id_: a for id_, a in venue.announcements.items() if a.until is None or ctx.now < a.until
    }
    return replace(venue, announcements=kept)
