/** How the desk says things: kinds of rows, turns, pauses, lengths, facts of the log. */

import { h } from "../../lib/dom.js";
import { clockText, lengthText, signed } from "../../lib/format.js";
import { maybe, t } from "../../lib/i18n.js";
import { icon } from "./icons.js";

/** A sign for each kind of row, beside its words. */
const SIGNS = {
  judge: "flag", disputed: "unequal", contested: "versions", clocked: "alarm", stale: "warn", stuck: "hour", slow: "slow",
  paused: "pause", playing: "play", ready: "open", unsigned: "pen", finished: "tick", free: "dot",
};
const LEVEL = { judge: "bad", disputed: "bad", contested: "bad", clocked: "bad", stale: "warn", stuck: "warn", slow: "warn", paused: "pause", unsigned: "pause" };

/** What a row's state is called, with how long it has been so. */
export function kindWords({ kind, since, game, pairing }, now) {
  const time = since !== null && now !== null ? lengthText(now - since) : "";
  if (kind === "judge") {
    const { taken_by: by, taken_at_ms: at } = game.judge;
    return by || at ? t("desk.kind.judgeTaken", { name: by || t("desk.aJudge") }) : t("desk.kind.judge", { time });
  }
  if (kind === "free" && pairing) return t("desk.morning.noGame");
  if (kind === "ready") return t(`match.status.${game.status}`);
  if (kind === "finished") return t(`match.status.${game.status === "ended" ? "signed" : game.status}`).split(",")[0];
  if (kind === "paused") return game.clock.paused.map(pauseWords).join(", ");
  return t(`desk.kind.${kind}`, { time });
}

export function kindTag(row, now) {
  const words = kindWords(row, now);
  return h("span", { class: `kind ${LEVEL[row.kind] ?? ""}`, title: words },
    icon(SIGNS[row.kind]), h("span", { class: "words" }, words));
}

export const pauseWords = (reason) => maybe(`desk.pause.${reason}`) ?? maybe(`match.paused.${reason}`) ?? reason;

/** "Round 3 · Anna’s turn". */
export function turnWords(game) {
  if (!game?.round) return "";
  const name = game.active_player ? game[`player${game.active_player}_name`] || t("common.player", { player: game.active_player }) : "";
  return [t("common.round", { round: game.round }), name && t("common.theirTurn", { name })].filter(Boolean).join(" · ");
}

/** "6 min", "1 h 20 min", "less than a minute". */
export function minutesWords(ms) {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return t("desk.time.under");
  if (minutes < 60) return t("desk.time.min", { n: minutes });
  return t("desk.time.hours", { h: Math.floor(minutes / 60), n: minutes % 60 });
}

/** `1:30:00`, `90`, `5:00` as milliseconds: hours, minutes and seconds; a bare number is minutes. */
export function msOf(text) {
  const found = /^\s*([-−]?)(?:(\d+):)?(\d+)(?::(\d{2}))?\s*$/.exec(text);
  if (!found) return null;
  const [, minus, first, second, third] = found;
  let ms;
  if (third !== undefined) ms = ((Number(first ?? 0) * 60 + Number(second)) * 60 + Number(third)) * 1000;
  else if (first !== undefined) ms = (Number(first) * 60 + Number(second)) * 1000;
  else ms = Number(second) * 60_000;
  return minus ? -ms : ms;
}

/** Who called a judge: a player, the table, an official. */
export function callerWords({ judge, ...game }) {
  if (judge.player) return game[`player${judge.player}_name`] || t("common.player", { player: judge.player });
  return judge.role === "host" ? t("desk.theTable") : judge.name;
}

/** Who did something: name, and as what. */
export function byWords(by, state = null) {
  const role = maybe(`desk.role.${by.role}`, { player: by.player }) ?? by.role;
  const name = by.role === "player" ? state?.players?.[by.player - 1]?.name || by.name : by.name;
  return name ? `${name} (${role})` : role;
}

/** What happened, in words; facts that a newer server may know are told by their name. */
export function factWords(fact, state) {
  const name = fact.player ? state?.players?.[fact.player - 1]?.name || t("common.player", { player: fact.player }) : "";
  const category = fact.category ? categoryName(state, fact.category) : "";
  const side = fact.to ?? fact.side;
  const values = {
    ...fact,
    name,
    category,
    round: fact.round ? t("common.round", { round: fact.round }) : "",
    delta: fact.delta !== undefined ? signed(fact.delta) : "",
    time: fact.delta_ms !== undefined ? `${fact.delta_ms > 0 ? "+" : ""}${clockText(fact.delta_ms, { mode: "up" })}` : "",
    why: fact.reason ? pauseWords(fact.reason) : "",
    how: fact.how ? t(`match.how.${fact.how}`) : "",
    side: side ? state?.players?.[side - 1]?.name || t("common.player", { player: side }) : t("desk.nobody"),
    gap: fact.gap_ms ? minutesWords(fact.gap_ms) : t("desk.time.unknown"),
    what: fact.name || fact.faction || (fact.role ? t(`desk.role.${fact.role}`, fact) : ""),
  };
  return maybe(`desk.fact.${fact.fact}`, values) ?? fact.fact.replaceAll("_", " ");
}

export const categoryName = (state, id) => state?.ruleset?.categories?.find((each) => each.id === id)?.name ?? (id === "total" ? t("common.total") : id);
