/** All tables on one screen, from the lines of `game_list` alone. */

import { clockShown } from "../../client/gamesync.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { icon } from "./icons.js";
import { lineHeadline, timeWarning } from "./words.js";
import "../../parts/clock.js";

const PAGE_MS = 15_000;

/** What a tile needs, in its own unit: css/board.css reckons with the same (`--t`). */
const TILE = { width: 29, height: 13 };

/** How many columns and rows `n` tiles make, so that they are largest; and on how many pages. */
export function arrange(n, wide = true) {
  const pages = Math.max(1, Math.ceil(n / 16));
  const each = Math.max(1, Math.ceil(n / pages));
  const [width, height] = wide ? [16, 7.6] : [9, 14];
  const unit = (columns) =>
    Math.min(width / columns / TILE.width, height / Math.ceil(each / columns) / TILE.height);
  const columns = [1, 2, 3, 4].reduce((best, c) => (unit(c) > unit(best) ? c : best));
  return { pages, each, columns, rows: Math.ceil(each / columns) };
}

/** Which of the pages is up; by the server's clock, so that screens side by side agree. */
export const pageOf = (now, pages) => Math.floor((now ?? 0) / PAGE_MS) % pages;

/** `places`: `[{id, name, game}]`; `line(id)`: a game's line; `now()`: game time. */
export function grid({ places, line, now, live, wide, scrolls }) {
  const { pages, each, columns, rows } = arrange(places.length, wide);
  const page = pageOf(now(), pages);
  const shown = scrolls ? places : places.slice(page * each, (page + 1) * each);
  return [
    h("ul", { class: "grid plain", style: { "--columns": scrolls ? 1 : columns, "--rows": scrolls ? 6 : rows } },
      shown.map((place) => tile(place, place.game ? line(place.game) : null, { now, live }))),
    pages > 1 && !scrolls && h("p", { class: "pages" }, t("board.page", { page: page + 1, pages })),
  ];
}

function tile(place, line, { now, live }) {
  const key = place.id || place.game;
  const name = place.name || t("board.noTable");
  if (!line) {
    return h("li", { key, class: "tile free" },
      h("div", { class: "top" }, h("h2", { class: "fit" }, title(name))),
      h("p", { class: "empty" }, place.game ? t("board.notShown") : t("board.free")));
  }
  const { kind, icon: sign, text } = lineHeadline(line, now());
  return h("li", { key, class: `tile ${kind}` },
    h("div", { class: "top" },
      h("h2", { class: "fit" }, title(name)),
      h("p", { class: `says ${kind}` }, sign && icon(sign), h("span", {}, text))),
    [1, 2].map((player) => player_(line, player, now, live)));
}

/** A table called `7` is said as `Table 7`. */
export const title = (name) => (/^\d+$/.test(name) ? `${t("common.table")} ${name}` : name);

/** Chess and its like have no points. */
const scoreless = (line) => line.rounds === 0 && !line.score1 && !line.score2;

function player_(line, player, now, live) {
  const { clock, status } = line;
  const playing = status === "playing";
  const up = playing && line.active_player === player;
  const runs = Boolean(playing && clock?.running && clock.side === player);
  const won = line.result?.winner === player && !line.frozen;
  const state = { players: [{ name: line.player1_name }, { name: line.player2_name }] };
  const ms = () => (clock ? clockShown(clock, player, now()) : null);
  const warning = playing ? timeWarning(clock, player, ms()) : null;
  return h("div", { class: `seat p${player}`, "data-turn": String(up), "data-clock": String(runs), "data-won": String(won) },
    h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(null, player).sign),
    h("span", { class: "name fit may-wrap" }, nameOf(state, player)),
    h("span", { class: "up" },
      won && [icon("win"), h("span", { class: "visually-hidden" }, t("board.winner"))],
      up && [icon("turn"), h("span", { class: "word" }, t("common.turn"))]),
    clock && clock.mode !== "none" && h("span", { class: "time" },
      runs && h("span", { class: "runs" }, icon("clock"), h("span", { class: "visually-hidden" }, t("board.clockRuns"))),
      h("gs-clock", { ".source": { ms, clock, player, live } }),
      warning && h("span", { class: `warning ${warning.kind}` }, icon(warning.kind === "flagged" ? "flag" : "low"), " ", warning.text)),
    h("span", { class: "score number" }, scoreless(line) ? "" : line[`score${player}`]));
}
