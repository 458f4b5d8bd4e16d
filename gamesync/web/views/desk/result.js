/** The sheet's part on the result: time called, a ruling, signing for a player, opened again, struck. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { confirm } from "../../parts/dialog.js";
import { act, choice, form, labelled } from "./ui.js";

export const HOWS = ["completed", "time_called", "conceded", "clocked_out", "tabled", "no_show", "disqualified", "draw_agreed", "abandoned"];
const ABOUT_ONE = new Set(["conceded", "clocked_out", "tabled", "no_show", "disqualified"]);
const OVER = new Set(["ended", "signed", "void"]);

export function resultPart(sheet, state) {
  const { status, result } = state;
  const over = OVER.has(status);
  const signed = new Set(state.signatures.map((each) => each.player));
  return h("section", { class: "part", "aria-labelledby": "sheet-result" },
    h("h3", { id: "sheet-result" }, t("desk.sheet.result")),
    result && h("p", {}, resultWords(state, result)),
    status === "ended" && h("p", { class: "small" }, [1, 2].map((player) =>
      h("span", { class: `tag ${signed.has(player) ? "good" : ""}` }, `${signed.has(player) ? "✓" : "✎"} ${nameOf(state, player)}`))),
    h("div", { class: "row" },
      status === "playing" && sheet.command("timecall", t("desk.sheet.timeCall"), "game_end", { op: "time_call" }),
      status !== "signed" && status !== "void" && h("button", { onclick: () => rule(sheet) }, t("desk.sheet.rule")),
      status === "ended" && [1, 2].filter((player) => !signed.has(player)).map((player) =>
        sheet.command(`sign:${player}`, t("desk.sheet.signFor", { name: nameOf(state, player) }), "game_end", { op: "confirm", player, version: sheet.game.version })),
      over && sheet.command("reopen", t("desk.sheet.reopen"), "game_end", { op: "reopen" }, { reason: true }),
      status !== "void" && h("button", { class: "danger", onclick: () => strike(sheet) }, t("desk.sheet.void"))));
}

export function resultWords(state, result) {
  const who = result.player ? `${nameOf(state, result.player)}: ` : "";
  const end = result.winner ? t("match.wins", { name: nameOf(state, result.winner) }) : t("common.draw");
  return `${who}${t(`match.how.${result.how}`)}. ${end}, ${result.score1} : ${result.score2}.`;
}

async function rule(sheet) {
  const { game } = sheet;
  const { state } = game;
  const seats = [1, 2].map((player) => [player, `${mark(state, player).sign} ${nameOf(state, player)}`]);
  const answer = await form(t("desk.sheet.rule"), () => [
    labelled(t("desk.sheet.how"), choice(HOWS.map((how) => [how, t(`match.how.${how}`)]), "completed", null, { name: "how" })),
    labelled(t("desk.sheet.about"), choice([["", t("desk.sheet.nobody")], ...seats], "", null, { name: "player" })),
    labelled(t("desk.sheet.winner"), choice([["", t("desk.sheet.byRule")], ...seats, [0, t("common.draw")]], "", null, { name: "winner" })),
    labelled(t("common.reason"), h("input", { name: "reason", value: sheet.reason, maxlength: 200, required: true })),
  ], { yes: t("desk.sheet.rule") });
  if (!answer) return;
  const data = { op: "rule", how: answer.how, reason: answer.reason };
  if (answer.player && ABOUT_ONE.has(answer.how)) data.player = Number(answer.player);
  if (answer.winner !== "") data.winner = Number(answer.winner);
  act(sheet.desk, `${game.id}:rule`, () => game.send("game_end", data), t("desk.said.ruled"));
}

async function strike(sheet) {
  const { game } = sheet;
  const yes = await confirm(t("desk.sheet.voidAsk"), { text: t("desk.sheet.voidText"), yes: t("desk.sheet.void"), danger: true });
  if (yes) act(sheet.desk, `${game.id}:void`, () => game.send("game_end", { op: "void", reason: sheet.reason }), t("desk.said.void"));
}
