/** The sheet's part on scores: every cell can be put right, with a reason. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { cell, mark, nameOf, roundsOf, totalOf } from "../../lib/match.js";
import { act, form, labelled } from "./ui.js";

export function scoresPart(sheet, state) {
  const before = ["waiting", "setup"].includes(state.status);
  if (before || state.status === "void") return null;
  return h("section", { class: "part", "aria-labelledby": "sheet-scores" },
    h("h3", { id: "sheet-scores" }, t("desk.sheet.scores")),
    h("p", { class: "small quiet" }, t("desk.sheet.scoresHint")),
    state.ruleset.categories.length > 0 && table(sheet, state),
    h("div", { class: "row" }, [1, 2].map((player) => [
      state.ruleset.cp && h("button", { onclick: () => setCp(sheet, player) }, `${mark(state, player).sign} ${state.scores.players[player - 1].cp} ${t("common.cp")}`),
    ])),
    sheetFrozen(sheet, state));
}

/** One table: a column a round, two lines a category. What counts once has one wide cell. */
function table(sheet, state) {
  const { categories } = state.ruleset;
  const rounds = [...new Set(categories.flatMap((category) => roundsOf(state, category)))].filter(Boolean).sort((a, b) => a - b);
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-labelledby": "sheet-scores" },
    h("table", { class: "cells" },
      h("thead", {}, h("tr", {},
        h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, t("desk.sheet.player"))),
        rounds.map((round) => h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, t("common.round", { round })), h("span", { "aria-hidden": "true" }, String(round)))),
        h("th", { scope: "col" }, "Σ"))),
      categories.map((category) => h("tbody", {}, [1, 2].map((player) => line(sheet, state, category, player, rounds))))));
}

function line(sheet, state, category, player, rounds) {
  const name = nameOf(state, player);
  const its = roundsOf(state, category);
  const button = (round) => {
    const value = cell(state, player, category.id, round)?.value;
    const label = t("desk.sheet.cell", { name, category: category.name, round: round ? t("common.round", { round }) : t("desk.sheet.game"), value: value ?? "–" });
    return h("button", { class: "cell", "aria-label": label, onclick: () => setCell(sheet, player, category, round) }, value === undefined ? "·" : String(value));
  };
  return h("tr", { class: `p${player}` },
    h("th", { scope: "row" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), ` ${category.name}`, h("span", { class: "visually-hidden" }, `, ${name}`)),
    its.includes(0) ? h("td", { colspan: rounds.length || 1 }, button(0)) : rounds.map((round) => h("td", {}, its.includes(round) && button(round))),
    h("td", { class: "sum" }, String(totalOf(state, player, category.id))));
}

async function setCell(sheet, player, category, round) {
  const { game } = sheet;
  const now = cell(game.state, player, category.id, round);
  const title = `${nameOf(game.state, player)}: ${category.name}${round ? `, ${t("common.round", { round })}` : ""}`;
  const answer = await form(title, () => [
    labelled(t("desk.sheet.value"), h("input", { name: "value", type: "number", inputmode: "numeric", min: -999, max: 999, required: true, autofocus: true, value: String(now?.value ?? "") })),
    category.quick?.length > 0 && h("div", { class: "row quick" }, category.quick.map((n) =>
      h("button", { type: "button", onclick: (event) => (event.target.form.elements.value.value = n) }, String(n)))),
    labelled(t("common.reason"), h("input", { name: "reason", value: sheet.reason, maxlength: 200, required: true })),
  ], { yes: t("common.save") });
  if (!answer) return;
  const value = Number(answer.value);
  const data = { player, category: category.id, round, value, if_version: now?.version ?? 0, correct: true, reason: answer.reason };
  act(sheet.desk, `${game.id}:cell`, () => game.send("score_update", data), t("desk.said.cell", { what: title, from: now?.value ?? "–", to: value }));
}

async function setCp(sheet, player) {
  const { game } = sheet;
  const { cp, cp_version } = game.state.scores.players[player - 1];
  const title = `${nameOf(game.state, player)}: ${t("common.cpLong")}`;
  const answer = await form(title, () => [
    labelled(t("desk.sheet.value"), h("input", { name: "cp", type: "number", inputmode: "numeric", min: 0, max: 99, required: true, value: String(cp) })),
    labelled(t("common.reason"), h("input", { name: "reason", value: sheet.reason, maxlength: 200, required: true })),
  ], { yes: t("common.save") });
  if (!answer) return;
  const data = { player, cp: Number(answer.cp), if_version: cp_version, correct: true, reason: answer.reason };
  act(sheet.desk, `${game.id}:cell`, () => game.send("score_update", data), t("desk.said.cell", { what: title, from: cp, to: answer.cp }));
}

/** What the public sees of the scores may be kept as it is, for a while. */
function sheetFrozen(sheet, state) {
  const key = "freeze" in state.settings ? "freeze" : "frozen";
  const on = state.settings[key] === true;
  return h("div", { class: "row" },
    sheet.command("freeze", t(on ? "desk.sheet.thaw" : "desk.sheet.freeze"), "settings_update", { key, value: !on }),
    state.scores.frozen && h("span", { class: "tag warn" }, t("match.frozen")));
}
