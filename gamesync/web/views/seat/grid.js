/** The whole sheet, both sides; and one cell with its number, its history and a way to dispute it. */

import { h } from "../../lib/dom.js";
import { timeOfDay } from "../../lib/format.js";
import { language, refusal, t } from "../../lib/i18n.js";
import { cell, mark, nameOf, other, totalOf } from "../../lib/match.js";
import { capWords, cellKey, entryRow, setCell } from "./entry.js";
import { disputeModal } from "./menu.js";
import { isOpen, mayEnter } from "./rights.js";
import { waiting, waitingWords } from "./taps.js";
import { byWords, cellName, factWords, shortName } from "./words.js";

const PLAYERS = [1, 2];

export const gridModal = (view) => ({
  name: "grid",
  title: () => t("seat.grid"),
  content: () => grid(view),
});

/** Rounds down, categories across, both players in each. */
export function grid(view) {
  const { state } = view.game;
  const columns = state.ruleset.categories;
  const rounds = Array.from({ length: state.ruleset.rounds || state.turn.round || 1 }, (_, i) => i + 1);
  const byRound = columns.filter((c) => c.per_round !== false);
  const whole = columns.filter((c) => c.per_round === false);
  const wait = waiting(view.client, view.game).cells;
  const line = (head, category, round) => h("tr", { key: `${category?.id ?? ""}/${round}` }, head,
    PLAYERS.map((player) => tableCell(view, player, category, round, wait)));
  return h("div", { class: "grid" },
    h("table", {},
      h("thead", {}, h("tr", {},
        h("td", {}),
        PLAYERS.map((player) => h("th", { scope: "col", class: `p${player}`, title: nameOf(state, player) },
          h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", shortName(state, player, 11))))),
      byRound.map((category) => h("tbody", { key: category.id },
        h("tr", { class: "category" },
          h("th", { scope: "rowgroup" }, category.name),
          PLAYERS.map((player) => h("td", { class: "number" },
            h("strong", {}, totalOf(state, player, category.id)),
            category.cap != null && h("span", { class: "quiet small" }, ` ${t("seat.ofCap_", { cap: category.cap })}`)))),
        rounds.filter((r) => r >= (category.first_round ?? 1)).map((round) =>
          line(h("th", { scope: "row", class: "quiet", "aria-current": round === state.turn.round ? "true" : null }, t("common.round", { round })), category, round)))),
      whole.length > 0 && h("tbody", { key: "whole" },
        whole.map((category) => line(h("th", { scope: "row" }, category.name), category, 0))),
      state.ruleset.winner === "score" && h("tfoot", {}, h("tr", {},
        h("th", { scope: "row" }, t("common.total")),
        PLAYERS.map((player) => h("td", { class: "number" }, state.scores.players[player - 1].score))))));
}

function tableCell(view, player, category, round, wait) {
  const { state } = view.game;
  const held = cell(state, player, category.id, round);
  const waits = wait.get(cellKey(player, category.id, round));
  const open = isOpen(state, category, round);
  const name = `${nameOf(state, player)}, ${cellName(state, category.id, round)}`;
  const value = held?.value ?? t("seat.empty");
  const disputed = state.dispute?.category === category.id && state.dispute.round === round && state.dispute.player === player;
  if (!open && !held) return h("td", { class: "number quiet" }, "");
  return h("td", { class: "number" },
    h("button", { class: "plain", "aria-label": `${name}: ${value}`, onclick: () => view.open(cellModal(view, player, category, round, view.modal)) },
      disputed && h("span", { title: t("match.disputed") }, "⚑"),
      held ? held.value : waits ? "" : h("span", { class: "dot" }),
      waits && h("span", { class: "wait" }, waitingWords(waits))));
}

/** One cell: its number, what was done to it, and what may be done. */
export function cellModal(view, player, category, round, back = null) {
  const { game, me } = view;
  const at = cellKey(player, category.id, round);
  let past = null;
  const ask = () =>
    game.ask("history", { player, category: category.id, round, limit: 20 }).then(
      ({ entries }) => (past = entries),
      (error) => (past = error),
    ).then(() => view.update());
  ask();
  let version = cell(game.state, player, category.id, round)?.version;
  return {
    name: "cell",
    back,
    keys: (key) => key === `cell:${at}`,
    title: () => (player === me ? cellName(game.state, category.id, round) : `${nameOf(game.state, player)}: ${cellName(game.state, category.id, round)}`),
    content: () => {
      const { state } = game;
      const held = cell(state, player, category.id, round);
      if (held?.version !== version) {
        version = held?.version;
        ask();
      }
      return [
        mayEnter(state, me, player, round, view.atTable)
          ? [entryRow(view, player, category, round), numberForm(view, player, category, round)]
          : [h("p", { class: "value alone number" }, held ? held.value : "–"),
            h("p", { class: "quiet small" }, capWords(state, player, category, held)),
            h("p", {}, whyNot(view, player))],
        h("h3", {}, t("seat.history")),
        pastOf(view, past),
        ["playing", "ended", "signed"].includes(state.status) && !state.dispute &&
          h("button", { class: "danger", onclick: () => view.open(disputeModal(view, { player, category: category.id, round }, back)) }, t("seat.disputeCell")),
      ];
    },
  };
}

function whyNot(view, player) {
  const { state } = view.game;
  if (state.status === "signed") return t("seat.signedOnly");
  if (player === view.me || view.atTable) return t("seat.olderOther", { name: nameOf(state, other(player)) });
  return t("seat.notYourCell", { name: nameOf(state, player) });
}

function numberForm(view, player, category, round) {
  const name = cellName(view.game.state, category.id, round);
  return h("form", {
    class: "number-form row",
    onsubmit: (event) => {
      event.preventDefault();
      const { number } = event.target.elements;
      if (number.value !== "") setCell(view, player, category, round, Number(number.value));
      number.value = "";
    },
  },
    h("label", { class: "field grow" }, h("span", {}, t("seat.newNumber")),
      h("input", { name: "number", type: "number", inputmode: "numeric", min: 0, max: 999, step: 1, autocomplete: "off", "aria-label": `${t("seat.newNumber")}: ${name}` })),
    h("button", {}, t("seat.enter")));
}

function pastOf(view, past) {
  const { state } = view.game;
  if (past === null) return h("p", { class: "quiet" }, t("common.loading"));
  if (!Array.isArray(past)) return h("p", { class: "quiet" }, refusal(past));
  if (!past.length) return h("p", { class: "quiet" }, t("seat.noHistory"));
  return h("ol", { class: "plain past" }, past.map((entry) => h("li", { key: entry.version, class: entry.struck ? "struck" : "" },
    h("span", { class: "quiet small number" }, timeOfDay(entry.wall, language)),
    h("span", {}, entry.facts.map((fact) => factWords(state, fact, view.me)).join(", "),
      entry.reason && h("span", { class: "quiet" }, ` (${entry.reason})`)),
    h("span", { class: "quiet" }, byWords(state, entry.by, view.me)),
    entry.struck && h("span", { class: "quiet small" }, t("seat.struck")))));
}
