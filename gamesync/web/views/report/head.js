/** The head of the report: who played what, and how it ended. */

import { h } from "../../lib/dom.js";
import { maybe, t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { dayOf, timeOf } from "./time.js";

export function head({ report, state, wall }) {
  return h("header", { class: "head" },
    h("div", { class: "row apart" },
      h("p", { class: "eyebrow" }, t("report.title")),
      h("p", { class: "when" }, when(report))),
    h("h1", {}, verdict(report, state)),
    h("p", { class: "quiet game" }, [report.ruleset_name, report.edition, /^\d+$/.test(report.table) ? t("report.table", { table: report.table }) : report.table].filter(Boolean).join(" · ")),
    h("div", { class: "sides" }, [1, 2].map((player) => side(report, state, player))),
    signatures(report, state, wall));
}

function when({ began_wall: began, ended_wall: ended, began_at: from, ended_at: to }) {
  if (!began) return t("report.notBegun");
  const start = new Date(began);
  const day = dayOf(start);
  const hours = timeOf(start);
  if (!ended) return t("report.since", { day, time: hours });
  const span = `${hours} – ${timeOf(new Date(ended))}`;
  return `${day}, ${span} (${t("report.hours", { time: hoursOf(to - from) })})`;
}

/** `2:51`: hours and minutes. */
const hoursOf = (ms) => `${Math.floor(ms / 3_600_000)}:${String(Math.floor(ms / 60_000) % 60).padStart(2, "0")}`;

/** Whether points are kept in this game at all; in chess they are not. */
export const scored = ({ report, state }) => state.ruleset.categories.length > 0 || report.scores.some(({ score }) => score > 0);

/** What stands large at a side: the points; where none are kept, the result as chess has it. */
function points(report, state, player) {
  if (scored({ report, state })) return report.scores[player - 1].score;
  if (!report.result) return "–";
  return report.result.winner === player ? "1" : report.result.winner ? "0" : "½";
}

export function verdict({ result, status }, state) {
  if (status === "void") return t("match.status.void");
  if (!result) return t("report.going");
  return result.winner ? t("match.wins", { name: nameOf(state, result.winner) }) : t("common.draw");
}

function side(report, state, player) {
  const { result, players } = report;
  const won = result?.winner === player;
  const { name, team, faction, detachment, disposition } = players[player - 1];
  const tags = [
    won && h("span", { class: "tag won" }, h("span", { "aria-hidden": "true" }, "★"), t("report.winner")),
    state.turn.attacker > 0 && h("span", { class: "tag" }, t(state.turn.attacker === player ? "match.attacker" : "match.defender")),
    state.turn.first_player === player && h("span", { class: "tag" }, t("match.first")),
    state.clock.flagged?.[player - 1] != null && h("span", { class: "tag warn" }, h("span", { "aria-hidden": "true" }, "⏱"), t("match.flagged")),
  ];
  return h("section", { class: `side p${player} ${won ? "won" : ""}`, "aria-label": nameOf(state, player) },
    h("h2", {}, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), h("span", {}, name || nameOf(state, player))),
    h("p", { class: "quiet army" }, [team, faction, detachment, disposition].filter(Boolean).join(" · ")),
    h("p", { class: "points" },
      h("span", { class: "number" }, points(report, state, player)),
      h("span", { class: "visually-hidden" }, t("report.points"))),
    h("p", { class: "row tags" }, tags));
}

function signatures({ result, signatures: signed, status }, state, wall) {
  if (!result) return null;
  const who = result.player ? t("report.of", { how: how(result), name: nameOf(state, result.player) }) : how(result);
  return h("ul", { class: "plain ended" },
    h("li", {}, h("span", { class: "quiet" }, t("report.ending")), h("span", {}, `${who}, ${timeOf(wall(result.at_ms))}`)),
    [1, 2].map((player) => {
      const one = signed.find((signature) => signature.player === player);
      const by = one && one.by.role !== "player" ? ` (${t("report.atTheTable")})` : "";
      return h("li", { key: player, class: one ? "signed" : "" },
        h("span", { class: "quiet" }, t("report.signature")),
        h("span", {}, h("span", { "aria-hidden": "true" }, one ? "✓ " : "– "),
          one ? `${nameOf(state, player)}${by}` : t("report.unsigned", { name: nameOf(state, player) })));
    }),
    (state.scores.frozen || state.dispute) && h("li", { class: "warn" }, h("span", { "aria-hidden": "true" }, "⚠"), t("match.frozen")),
    status === "void" && h("li", { class: "warn" }, t("match.status.void")));
}

const how = ({ how: code }) => maybe(`match.how.${code}`) ?? code.replaceAll("_", " ");
