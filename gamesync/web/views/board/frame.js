/** What stands round every picture of the board: head, announcements, QR codes; and the quiet views. */

import { about, base, link, outside } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { icon } from "./icons.js";
import { title } from "./grid.js";
import "../../parts/clock.js";
import "../../parts/qr.js";

const TWO_MS = 10_000; // of many announcements two are shown for so long

let root = base;

/** Learn under which address phones find us. Calls `act` when it is known. */
export function findRoot(act) {
  about().then((box) => {
    root = outside(box);
    act();
  }, () => {});
}

export const here = () => root;

/** What the round clock shows, in ms; null if there is none. */
export function roundLeft(clock, now) {
  if (!clock) return null;
  return clock.left_ms - (clock.running && now !== null ? Math.max(0, now - clock.at) : 0);
}

/** The round clock's digits, wherever they stand. */
export function roundDigits(clock, now, live) {
  const face = { mode: "down", running: clock.running, side: 1 };
  return h("gs-clock", { role: "timer", "aria-label": t("board.roundClock"), ".source": { ms: () => roundLeft(clock, now()), clock: face, player: 1, live } });
}

export function head({ heading, middle = "", venue, now, live }) {
  const clock = venue?.round_clock;
  return h("header", { class: "head" },
    h("h1", { class: "fit" }, heading),
    h("p", { class: "middle" }, middle),
    h("div", { class: "hall" },
      clock && h("p", { class: "round-clock" },
        h("span", { class: "label" }, clock.round ? t("board.eventRound", { round: clock.round }) : t("board.roundClock")), " ",
        roundDigits(clock, now, live),
        clock.paused.length > 0 && h("span", { class: "stands" }, icon("pause"), t("match.paused_")))));
}

/** Announcements for this screen, newest first. `table`: the table that is shown, null: all. */
export function newsFor(venue, now, table) {
  if (!venue) return [];
  const plays = (event) => {
    const round = event?.rounds.at(-1);
    return !table?.id || Boolean(round?.pairings.some((p) => p.table === table.id));
  };
  return venue.announcements
    .filter((a) => a.until === null || now === null || now < a.until)
    .filter((a) => {
      if (a.to === "table") return !table || a.target === table.id;
      return a.to !== "event" || plays(venue.events.find((e) => e.id === a.target));
    })
    .map((a) => {
      const to = a.to === "table" && !table && venue.tables.find((each) => each.id === a.target);
      return { id: a.id, text: to ? `${title(to.name)}: ${a.text}` : a.text };
    })
    .reverse();
}

export function foot({ news, now, qr, venueName = "" }) {
  const pages = Math.ceil(news.length / 2);
  const page = pages > 1 ? Math.floor((now ?? 0) / TWO_MS) % pages : 0;
  if (!news.length && !qr) return null;
  return h("footer", { class: "foot" },
    !news.length && h("p", { class: "venue" }, venueName),
    h("div", { class: "news", role: "status", hidden: !news.length },
      news.slice(page * 2, page * 2 + 2).map(({ id, text }) => h("p", { key: id }, icon("news"), h("span", {}, text)))),
    qr && h("div", { class: "watch" },
      h("p", {}, t("board.watch")),
      h("gs-qr", { label: t("board.watch"), ".text": qr })));
}

/** A screen with nothing to show but where it is, and how to play. */
export function idle({ venueName, table }) {
  const play = link({}, {}, root);
  return h("div", { class: "idle" },
    h("div", { class: "words" },
      h("h1", {}, venueName || t("board.welcome")),
      h("p", { class: "state" }, table?.name ? t("board.tableFree", { table: title(table.name) }) : t("board.nothing")),
      h("p", { class: "how" }, t("board.play"), " ", h("strong", {}, root.host + root.pathname.replace(/\/$/, "")))),
    h("gs-qr", { label: t("board.play"), ".text": play }));
}

export function roundClock({ venue, now, live }) {
  const clock = venue.round_clock;
  if (!clock) return null;
  const event = venue.events.find((each) => each.id === clock.event);
  const left = roundLeft(clock, now());
  const share = clock.length_ms ? Math.min(1, Math.max(0, left / clock.length_ms)) : 0;
  const over = clock.over || (left !== null && left < 0);
  const says = over
    ? { icon: "flag", text: t("board.roundOver"), kind: "over" }
    : clock.paused.length
      ? { icon: "pause", text: t("match.paused_"), kind: "paused" }
      : left < 300_000
        ? { icon: "low", text: t("board.low"), kind: "low" }
        : { icon: "clock", text: t("board.roundLeft"), kind: "" };
  return h("div", { class: `round-view ${says.kind}` },
    h("h1", {}, event?.name || venue.settings.venue_name || t("board.roundClock")),
    clock.round > 0 && h("p", { class: "which" }, t("common.round", { round: clock.round })),
    h("p", { class: "digits" }, roundDigits(clock, now, live)),
    h("div", { class: "bar", "aria-hidden": "true", style: { "--share": String(share) } }, h("div", {})),
    h("p", { class: "says" }, icon(says.icon), h("span", {}, says.text)));
}
