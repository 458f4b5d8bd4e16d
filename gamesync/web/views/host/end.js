/** The match is over: the result, both signatures at the table, and another game. */

import { link } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { share } from "../../lib/session.js";
import { refused } from "../../parts/toasts.js";
import { hints, result } from "../seat/end.js";
import { grid } from "../seat/grid.js";
import { icon } from "../seat/icons.js";
import { tools } from "./play.js";

const PLAYERS = [1, 2];

export function endScreen(view, cards) {
  const { state } = view.game;
  const side = view.side(1);
  return h("div", { class: "page" }, cards, result(side), hints(side),
    state.status !== "void" && h("div", { class: "places wide" }, PLAYERS.map((player) => signature(view, player))),
    state.ruleset.categories.length > 0 && h("section", { class: "panel" }, h("h2", {}, t("seat.grid")), grid(side)),
    h("section", { class: "panel" }, h("h2", {}, t("host.again")),
      h("div", { class: "choices" },
        h("button", { onclick: () => rematch(view, false) }, t("host.rematch")),
        h("button", { onclick: () => rematch(view, true) }, t("host.rematchSwapped")),
        h("a", { class: "button", target: "_blank", href: link({ view: "report" }, { g: view.game.id, p: "host" }) }, t("seat.report")),
        h("a", { class: "button", href: link() }, t("enter.lobby")))),
    tools(view));
}

function signature(view, player) {
  const { game, taps } = view;
  const { state } = game;
  const signed = state.signatures.some((s) => s.player === player);
  const sign = () => taps.send(`sign${player}`, t("seat.sign"), "game_end", { op: "confirm", player, version: game.version });
  const problem = taps.problem(`sign${player}`);
  return h("section", { class: `panel p${player}`, key: player, "data-signed": String(signed) },
    h("h2", {}, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", nameOf(state, player)),
    signed ? h("p", { role: "status" }, icon("check"), " ", t("seat.hasSigned"))
      : state.status === "ended" && !state.dispute
        ? [h("p", { class: "quiet small" }, t("host.signMeans", { name: nameOf(state, player) })), h("button", { class: "seat-coloured big", onclick: sign }, t("seat.sign"))]
        : h("p", { class: "quiet" }, t(state.dispute ? "seat.signAfterDispute" : "seat.notSigned")),
    problem && h("p", { class: "error" }, problem));
}

/** The same players once more, at this table. */
async function rematch(view, swap) {
  const { client, game } = view;
  const { state } = game;
  const data = { ruleset: state.ruleset.id, profile: state.profile, rematch_of: game.id, swap, ...(state.table && { table: state.table }) };
  const made = await client.send("game_create", data).catch(refused);
  if (!made) return;
  if (view.table) {
    await client.send("assign", { op: "game", table: view.table, game: made.gameId }).catch(refused);
    return;
  }
  share(client, `${made.gameId}/host`);
  location.assign(link({}, { g: made.gameId, p: "host" }));
}
