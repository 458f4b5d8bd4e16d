/** What a player's phone shows of the venue: his table in this round, announcements, the round clock. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { icon } from "./icons.js";

/** Where a participant plays in the newest round that has him: null if nowhere as yet. */
export function pairingOf(venue, eventId, person) {
  const event = venue?.events.find((each) => each.id === eventId);
  const round = event?.rounds.at(-1);
  const pairing = round?.pairings.find((p) => p.p1 === person || p.p2 === person);
  if (!pairing) return null;
  const foe = pairing.p1 === person ? pairing.p2 : pairing.p1;
  return {
    round: round.number,
    game: pairing.game,
    bye: !foe,
    table: venue.tables.find((table) => table.id === pairing.table)?.name ?? "",
    foe: event.participants.find((p) => p.id === foe)?.name ?? "",
  };
}

/** The event that a game is played in, if it is. */
function eventOf(venue, gameId) {
  return venue.events.find((event) => event.rounds.some((r) => r.pairings.some((p) => p.game === gameId)))?.id;
}

/** The announcements that concern this game or this participant of an event. */
export function announcementsFor(venue, { gameId, eventId, now }) {
  if (!venue) return [];
  const event = eventId ?? (gameId && eventOf(venue, gameId));
  const table = gameId && venue.tables.find((each) => each.game === gameId)?.id;
  return venue.announcements.filter(({ to, target, until }) =>
    (until === null || now === null || until > now) &&
    (to === "all" || (to === "event" && target === event) || (to === "table" && target === table)));
}

const PUT_AWAY = "gamesync:announcements";

/** Announcements that were read and put away in this tab. */
export function putAway(more = null) {
  try {
    const ids = new Set(JSON.parse(sessionStorage.getItem(PUT_AWAY) ?? "[]"));
    if (more) sessionStorage.setItem(PUT_AWAY, JSON.stringify([...ids.add(more)]));
    return ids;
  } catch {
    return new Set(more ? [more] : []);
  }
}

export function announcementCards(view) {
  const { venue, seen } = view;
  const found = announcementsFor(venue?.state, { gameId: view.game?.id, eventId: view.place?.event, now: view.client.now() });
  return found.filter(({ id }) => !seen.has(id)).map(({ id, text }) =>
    h("li", { key: `announcement/${id}`, class: "card announcement", "data-card": "announcement" },
      h("p", {}, icon("news"), h("span", {}, text)),
      h("div", { class: "row" }, h("button", { onclick: () => { seen.add(id); putAway(id); view.update(); } }, t("common.ok")))));
}

/** `You are now at table 7 against Li (was 5). Go`. */
export function moveCard(view) {
  const { next } = view;
  if (!next) return null;
  const { from, to } = next;
  const moved = to.table && from?.table && to.table !== from.table;
  const words = to.bye ? t("seat.hall.bye", to)
    : t(moved ? "seat.hall.moved" : to.table ? "seat.hall.table" : "seat.hall.foe", { ...to, was: from?.table });
  return h("li", { key: "move", class: "card move", "data-card": "move" },
    h("p", { role: "alert" }, icon("turn"), h("strong", {}, words)),
    h("div", { class: "row" }, h("button", { class: "main big grow", onclick: () => view.go() }, t("seat.hall.go"))));
}

/** The round clock of the hall, in the small. */
export function roundClock(view) {
  const { venue, client } = view;
  const clock = venue?.state?.round_clock;
  if (!clock) return null;
  const mine = view.place?.event ?? (view.game && eventOf(venue.state, view.game.id));
  if (clock.event && clock.event !== mine) return null;
  const ms = () => {
    const now = client.now();
    return clock.running && now !== null ? clock.left_ms - (now - clock.at) : clock.left_ms;
  };
  const shown = { mode: "down", running: clock.running, side: 1 };
  return h("p", { class: "round-clock" }, h("span", { class: "quiet" }, t(clock.running ? "seat.hall.roundClock" : "seat.hall.roundPaused")), " ",
    h("gs-clock", { ".source": { ms, clock: shown, player: 1, live: venue.status === "live" } }));
}

export const eventName = ({ venue, place }) => venue.state?.events.find((each) => each.id === place.event)?.name;

/** A participant between his games. */
export function hallScreen(view, cards) {
  const { venue, place } = view;
  const { state } = venue;
  const event = state?.events.find((each) => each.id === place.event);
  const person = event?.participants.find((p) => p.id === place.id);
  const pairing = pairingOf(state, place.event, place.id);
  const words = !event || event.closed ? t("seat.hall.noEvent")
    : person?.dropped ? t("seat.hall.dropped")
      : !pairing ? t("seat.hall.notPaired")
        : pairing.bye ? t("seat.hall.bye", pairing)
          : t(pairing.table ? "seat.hall.table" : "seat.hall.foe", pairing);
  return h("div", { class: "before hall" },
    cards,
    h("section", { class: "panel" },
      h("h2", { class: "quiet" }, person?.name ?? t("seat.by.you")),
      h("p", { class: "where", role: "status" }, words),
      pairing && !pairing.bye && !pairing.game && h("p", { class: "quiet" }, t("seat.hall.soon")),
      roundClock(view)));
}
