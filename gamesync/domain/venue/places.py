"""The venue's settings, and its tables."""

from __future__ import annotations

from typing import get_args

from msgspec.structs import replace

from .. import text
from ..commands import Scalar, SettingsUpdate
from ..events import SettingSet
from ..profile import ProfileName, RoundEnd, Visibility
from ..values import Refused
from .commands import (
    AddTable,
    ImportTables,
    InviteTable,
    PairTable,
    RemoveTable,
    RenameTable,
    UnpairTable,
)
from .events import (
    Showing,
    TableAdded,
    TablePaired,
    TableRemoved,
    TableRenamed,
    TableUnpaired,
)
from .state import (
    Display,
    Table,
    Venue,
    VenueContext,
    VenueDecision,
    already,
    apply,
    check_device,
    check_name,
    check_room,
    decide,
    one,
    without_device,
)

TABLES_MAX = 250
SETTINGS_MAX = 200
TABLE_DEVICES = 3
"""With one more, the oldest loses its place."""

CLIENTS_OWN = "x."
"""Settings whose key begins so are the clients': any value, kept and shown to all screens."""
DEFAULTS: dict[str, Scalar] = {
    "hosting": "open",
    "join": "open",
    "visibility": "listed",
    "profile": "club",
    "ruleset": "",
    "round_end": "announce",
    "allow_plain_organiser": False,
    "venue_name": "",
    "language": "en",
    "screensaver_ms": 300_000,
}
"""Every setting that the server knows, and what holds while it is not set."""
_CHOICES: dict[str, tuple[str, ...]] = {
    "hosting": ("open", "organiser"),
    "join": ("open", "link"),
    "visibility": get_args(Visibility),
    "profile": get_args(ProfileName),
    "round_end": get_args(RoundEnd),
}
_DAY_MS = 86_400_000


def setting(venue: Venue, key: str) -> Scalar:
    """What is set under *key*; else its default, None for one of the clients' own."""
    return venue.settings.get(key, DEFAULTS.get(key))


# Settings


@decide.register
def _(command: SettingsUpdate, venue: Venue, ctx: VenueContext) -> VenueDecision:
    value = command.value
    own = command.key.startswith(CLIENTS_OWN) and "/" not in command.key
    if command.key not in DEFAULTS and not own:
        known = ", ".join(DEFAULTS)
        raise Refused("not_found", f"key: one of {known}; clients' own begin {CLIENTS_OWN}", "key")
    if isinstance(value, str):
        value = text.clean(value)
    if value is not None and command.key in DEFAULTS:
        _check_value(command.key, value)
    held = venue.settings.get(command.key)
    if held == value and type(held) is type(value):  # for True is 1
        return already()
    return one(SettingSet(key=command.key, value=value), venue, ctx)


def _check_value(key: str, value: Scalar) -> None:
    if type(value) is not type(DEFAULTS[key]):
        raise Refused("wrong_type", f"value: {key} takes another kind of value", "value")
    choices = _CHOICES.get(key)
    if choices and value not in choices:
        raise Refused("bad_value", f"value: {' or '.join(choices)}", "value")
    if isinstance(value, str) and len(value) > text.NAME_LIMIT:
        raise Refused("out_of_range", f"value: at most {text.NAME_LIMIT} signs", "value")
    if isinstance(value, int) and not 0 <= value <= _DAY_MS:
        raise Refused("out_of_range", "value: from 0 to a day", "value")


@apply.register
def _(fact: SettingSet, venue: Venue, ctx: VenueContext) -> Venue:
    settings = {k: v for k, v in venue.settings.items() if k != fact.key}
    if fact.value is not None:
        check_room(settings, SETTINGS_MAX, "settings")
        settings[fact.key] = fact.value
    return replace(venue, settings=settings)


# Tables


@decide.register
def _(command: AddTable, venue: Venue, ctx: VenueContext) -> VenueDecision:
    id_ = venue.next_id("t")
    return one(TableAdded(table=id_, name=command.name), venue, ctx, table=id_)


@decide.register
def _(command: ImportTables, venue: Venue, ctx: VenueContext) -> VenueDecision:
    known = {table.name.casefold() for table in venue.tables.values()}
    facts: list[TableAdded] = []
    skipped = []
    for name in command.names:
        if name.casefold() in known:
            skipped.append(name)
            continue
        known.add(name.casefold())
        fact = TableAdded(table=venue.next_id("t"), name=name)
        venue = apply(fact, venue, ctx)
        facts.append(fact)
    if not facts:
        return already(skipped=skipped)
    return VenueDecision(tuple(facts), {"added": len(facts), "skipped": skipped})


@decide.register
def _(command: InviteTable, venue: Venue, ctx: VenueContext) -> VenueDecision:
    return VenueDecision((), {"table": venue.table(command.table).id})


@apply.register
def _(fact: TableAdded, venue: Venue, ctx: VenueContext) -> Venue:
    check_room(venue.tables, TABLES_MAX, "tables")
    check_name(fact.name, (t.name for t in venue.tables.values()))
    made = venue.made + 1
    return replace(venue, made=made).with_table(Table(id=fact.table, name=fact.name, ordinal=made))


@decide.register
def _(command: RenameTable, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if venue.table(command.table).name == command.name:
        return already()
    return one(TableRenamed(table=command.table, name=command.name), venue, ctx)


@apply.register
def _(fact: TableRenamed, venue: Venue, ctx: VenueContext) -> Venue:
    table = venue.table(fact.table)
    check_name(fact.name, (t.name for t in venue.tables.values() if t.id != table.id))
    return venue.with_table(replace(table, name=fact.name))


@decide.register
def _(command: RemoveTable, venue: Venue, ctx: VenueContext) -> VenueDecision:
    return one(TableRemoved(table=command.table), venue, ctx)


@apply.register
def _(fact: TableRemoved, venue: Venue, ctx: VenueContext) -> Venue:
    table = venue.table(fact.table)
    for event in venue.events.values():
        used = [p.table for p in event.newest.pairings] if event.newest else []
        if not event.closed and table.id in used:
            raise Refused("not_now", f"table: {event.name} plays there", "table")
    return replace(
        venue,
        tables={id_: t for id_, t in venue.tables.items() if id_ != table.id},
        displays={id_: _without(d, table.id) for id_, d in venue.displays.items()},
    )


def _without(display: Display, table: str) -> Display:
    """The display, not showing a table that is no more."""
    shows = display.shows
    if table in shows.tables:
        shows = replace(shows, tables=tuple(t for t in shows.tables if t != table))
    if shows.table == table or (shows.kind == "rotation" and not shows.tables):
        shows = Showing()
    return replace(display, shows=shows)


@decide.register
def _(command: PairTable, venue: Venue, ctx: VenueContext) -> VenueDecision:
    return paired(command.table, command.device, venue, ctx)


def paired(table: str, device: str, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if device in venue.table(table).devices:
        return already(table=table)
    return one(TablePaired(table=table, device=device), venue, ctx, table=table)


@apply.register
def _(fact: TablePaired, venue: Venue, ctx: VenueContext) -> Venue:
    check_device(venue, fact.device)
    table = venue.table(fact.table)
    venue = replace(venue, tables=without_device(venue.tables, fact.device))
    return venue.with_table(replace(table, devices=(*table.devices, fact.device)[-TABLE_DEVICES:]))


@decide.register
def _(command: UnpairTable, venue: Venue, ctx: VenueContext) -> VenueDecision:
    table = venue.table(command.table)
    gone = table.devices if command.device is None else (command.device,)
    if not command.renew and not set(gone) & set(table.devices):
        return already()
    fact = TableUnpaired(table=table.id, device=command.device, renew=command.renew)
    return one(fact, venue, ctx)


@apply.register
def _(fact: TableUnpaired, venue: Venue, ctx: VenueContext) -> Venue:
    table = venue.table(fact.table)
    kept = tuple(d for d in table.devices if fact.device not in (None, d))
    table = replace(table, devices=kept)
    if fact.renew:
        venue = replace(venue, made=venue.made + 1)
        table = replace(table, ordinal=venue.made)
    return venue.with_table(table)
