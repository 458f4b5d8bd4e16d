/** The score sheet whole: for each player a row a category, a column a round. */

import { h } from "../../lib/dom.js";
import { lengthText } from "../../lib/format.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";

const COLUMNS = 10; // of more rounds only the sums are shown

export function sheet(told) {
  const { report, state } = told;
  const { rounds: planned, categories } = state.ruleset;
  const played = report.scores_by_round[0].at(-1).round;
  const last = Math.max(planned <= COLUMNS ? planned : 0, played);
  const rounds = last <= COLUMNS ? Array.from({ length: last }, (_, i) => i + 1) : [];
  const once = [1, 2].some((player) => Object.keys(report.scores_by_round[player - 1][0].points).length > 0);
  const columns = [...(once ? [0] : []), ...rounds];
  return h("section", { class: "panel sheet" },
    h("h2", {}, t("report.sheet")),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": t("report.sheet") },
      h("table", {},
        h("thead", {}, h("tr", {},
          h("td", {}),
          columns.map((round) => h("th", { scope: "col", class: "number" }, round ? t("report.r", { round }) : t("report.once"))),
          h("th", { scope: "col", class: "number" }, t("common.total")))),
        [1, 2].map((player) => body(told, player, columns, categories)))));
}

function body({ report, state, log }, player, columns, categories) {
  const rounds = report.scores_by_round[player - 1];
  const { categories: sums, cp, score } = report.scores[player - 1];
  const corrected = correctedCells(log, player);
  const points = (id, round) => rounds[round]?.points[id];
  const extra = Object.keys(Object.assign({}, ...rounds.map((round) => round.points)))
    .filter((id) => !categories.some((category) => category.id === id));
  const lines = [...categories, ...extra.map((id) => ({ id, name: t("report.corrections") }))];
  const number = (value, mark_) => h("td", { class: "number" }, value ?? h("span", { class: "none" }, "·"), mark_);
  return h("tbody", { class: `p${player}`, key: player },
    h("tr", { class: "who" }, h("th", { scope: "rowgroup", colspan: columns.length + 2 },
      h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", nameOf(state, player))),
    lines.map(({ id, name }) => h("tr", { key: id },
      h("th", { scope: "row" }, name),
      columns.map((round) => number(points(id, round), corrected.has(`${id}/${round}`) && h("sup", { title: t("report.correctedCell") }, "✎"))),
      number(sums[id] ?? rounds.reduce((sum, round) => sum + (round.points[id] ?? 0), 0)))),
    h("tr", { class: "sum", key: "=" }, h("th", { scope: "row" }, t("report.runningTotal")),
      columns.map((round) => number(rounds[round]?.total)),
      h("td", { class: "number score" }, score)),
    h("tr", { class: "beside", key: "cp" }, h("th", { scope: "row" }, t("report.beside")),
      h("td", { colspan: columns.length + 1 }, besides(report, state, player, cp))));
}

function besides({ time }, state, player, cp) {
  const words = [];
  if (state.ruleset.cp) words.push(t("report.cpLeft", { n: cp }));
  if (state.clock.mode !== "none") words.push(t("report.used", { time: lengthText(time[`p${player}_ms`]) }));
  return words.join(" · ");
}

/** Cells that were corrected and not only scored: `category/round`. */
function correctedCells(log, player) {
  const found = new Set();
  for (const { facts, struck } of log) {
    for (const { fact, player: whose, category, round, correct } of struck ? [] : facts) {
      if (fact.startsWith("cell_") && correct && whose === player) found.add(`${category}/${round}`);
    }
  }
  return found;
}
