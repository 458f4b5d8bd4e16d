/** The match is over: the result, what is still empty, both signatures, and what comes after. */

import { h } from "../../lib/dom.js";
import { link } from "../../lib/address.js";
import { t } from "../../lib/i18n.js";
import { emptyCells, mark, nameOf, other } from "../../lib/match.js";
import { grid } from "./grid.js";
import { icon } from "./icons.js";
import { tools } from "./keys.js";
import { cellName } from "./words.js";

export function result(view) {
  const { state } = view.game;
  const { result: outcome } = state;
  if (!outcome) return null;
  const won = outcome.winner ? t("match.wins", { name: nameOf(state, outcome.winner) }) : t(outcome.how === "abandoned" ? "seat.noWinner" : "common.draw");
  const score = (player, value) => h("span", { class: `p${player}` },
    h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", h("span", { class: "number" }, value),
    h("span", { class: "visually-hidden" }, nameOf(state, player)));
  return h("section", { class: `panel result ${outcome.winner ? `p${outcome.winner}` : ""}` },
    h("h2", {}, won),
    state.ruleset.winner === "score" && h("p", { class: "final" }, score(1, outcome.score1), h("span", { class: "quiet", "aria-hidden": "true" }, ":"), score(2, outcome.score2)),
    h("p", { class: "quiet" }, outcome.player ? `${nameOf(state, outcome.player)}: ` : "", t(`match.how.${outcome.how}`)));
}

/** Cells that nobody has filled in; a blank is not a zero until both say so by signing. */
export function hints(view) {
  const { state } = view.game;
  if (state.status !== "ended") return null;
  const empty = [1, 2].flatMap((player) => emptyCells(state, player));
  if (!empty.length) return null;
  const shown = empty.slice(0, 4);
  return h("ul", { class: "plain hints", "aria-label": t("seat.emptyTitle") },
    shown.map(({ player, category, round }) => h("li", { key: `${player}/${category.id}/${round}`, class: `p${player}` },
      h("span", { class: "dot", "aria-hidden": "true" }),
      t("seat.emptyCell", { name: nameOf(state, player), cell: cellName(state, category.id, round) }))),
    empty.length > shown.length && h("li", { class: "quiet" }, t("seat.emptyMore", { n: empty.length - shown.length })));
}

function signatures(view) {
  const { game, me, taps } = view;
  const { state } = game;
  const signed = (player) => state.signatures.some((s) => s.player === player);
  const confirm = () => taps.send("sign", t("seat.sign"), "game_end", { op: "confirm", player: me, version: game.version });
  const problem = taps.problem("sign");
  return h("section", { class: `panel sign p${me}` },
    h("h2", {}, t("seat.signTitle")),
    h("ul", { class: "plain" }, [me, other(me)].map((player) => h("li", { class: `p${player}`, key: String(player), "data-signed": String(signed(player)) },
      icon(signed(player) ? "check" : "waits"), h("span", {}, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", nameOf(state, player), " ",
        h("span", { class: "quiet" }, t(signed(player) ? "seat.hasSigned" : "seat.notSigned")))))),
    state.status === "ended" && !signed(me) && (state.dispute
      ? h("p", { class: "quiet" }, t("seat.signAfterDispute"))
      : [h("p", { class: "small quiet" }, t("seat.signMeans")), h("button", { class: "seat-coloured big", onclick: confirm }, icon("check"), t("seat.sign"))]),
    state.status === "ended" && signed(me) && !signed(other(me)) && h("p", { role: "status" }, t("seat.signWaits", { name: nameOf(state, other(me)) })),
    state.status === "signed" && h("p", { role: "status" }, icon("check"), t("seat.bothSigned")),
    problem && h("p", { class: "error" }, problem));
}

export function endScreen(view, cards) {
  const { state } = view.game;
  const sheet = state.ruleset.categories.length > 0 && h("section", { class: "panel" }, h("h2", {}, t("seat.grid")), grid(view));
  return h("div", { class: "end" },
    result(view), cards, hints(view),
    signatures(view),
    sheet,
    h("div", { class: "choices" },
      h("a", { class: "button", href: link({ view: "report" }, { g: view.game.id }), target: "_blank" }, t("seat.report")),
      h("a", { class: "button", href: link() }, t("enter.lobby"))),
    tools(view, { sheet: false, undo: state.status === "ended" }));
}
