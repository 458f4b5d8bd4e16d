/** What a seat's page says of people, cells and things done. Pure. */

import { maybe, t } from "../../lib/i18n.js";
import { signed } from "../../lib/format.js";
import { nameOf } from "../../lib/match.js";

/** In whose name something was done; `me` is the seat that reads it. */
export function byWords(state, by, me) {
  if (by.role === "player") return by.player === me ? t("seat.by.you") : nameOf(state, by.player);
  return by.name && by.role !== "server" ? by.name : t(`seat.by.${by.role === "organiser" ? "judge" : by.role}`);
}

export function categoryName(state, id) {
  const found = state.ruleset.categories.find((category) => category.id === id);
  return found?.name ?? (id === "total" ? t("seat.correction") : id);
}

const SHORT = 16;

/** A name for a key or a tag: a long one by its beginning. The whole of it stands at the seat. */
export function shortName(state, player, most = SHORT) {
  const name = nameOf(state, player);
  const signs = [...name];
  if (signs.length <= most) return name;
  const [first] = name.split(/\s/);
  return [...first].length <= most ? first : `${signs.slice(0, most - 1).join("")}…`;
}

/** `Primary, round 2`; `Battle Ready`. */
export function cellName(state, category, round) {
  const name = categoryName(state, category);
  return round ? t("seat.cellOf", { category: name, round }) : name;
}

/** A step of the set-up in the reader's language, if we have words for it. */
export const stepName = (setup) => maybe(`seat.steps.${setup.step}`) ?? setup.name;

/** What a fact of the log says, in a few words. */
export function factWords(state, fact, me) {
  const whose = fact.player && fact.player !== me ? `${nameOf(state, fact.player)}: ` : "";
  switch (fact.fact) {
    case "cell_set":
      return `${whose}${cellName(state, fact.category, fact.round)} = ${fact.value}`;
    case "cell_stepped":
      return `${whose}${cellName(state, fact.category, fact.round)} ${signed(fact.delta)}`;
    case "cp_set":
      return `${whose}${t("common.cp")} = ${fact.value}`;
    case "cp_stepped":
      return `${whose}${t("common.cp")} ${signed(fact.delta)}`;
    case "undone":
      return t("seat.facts.undone");
    case "clock_paused":
    case "clock_resumed":
      return `${t(`seat.facts.${fact.fact}`)} (${pauseWords(state, fact.reason)})`;
    default:
      return `${whose}${maybe(`seat.facts.${fact.fact}`) ?? fact.fact.replaceAll("_", " ")}`;
  }
}

export function pauseWords(state, reason) {
  const [who, player] = reason.split(":");
  if (who === "player") return t("seat.pausedBy", { name: nameOf(state, Number(player)) });
  return maybe(`match.paused.${reason}`) ?? reason;
}

/** What would be different: `[words]`, from the sections before and after. */
export function differences(state, before, after, me) {
  const words = [];
  if (after.scores && before.scores) {
    const key = (c) => `${c.player}/${c.category}/${c.round}`;
    const was = new Map(before.scores.cells.map((c) => [key(c), c]));
    const is = new Map(after.scores.cells.map((c) => [key(c), c]));
    for (const [at, c] of new Map([...was, ...is])) {
      const [from, to] = [was.get(at)?.value, is.get(at)?.value];
      if (from === to) continue;
      const whose = c.player === me ? "" : `${nameOf(state, c.player)}: `;
      words.push(`${whose}${cellName(state, c.category, c.round)}: ${from ?? "–"} → ${to ?? "–"}`);
    }
    for (const i of [0, 1]) {
      const [from, to] = [before.scores.players[i].cp, after.scores.players[i].cp];
      if (from !== to) words.push(`${nameOf(state, i + 1)}: ${t("common.cp")} ${from} → ${to}`);
    }
  }
  if (after.turn && before.turn?.turn !== after.turn.turn) {
    const name = nameOf(state, after.turn.active_player || 1);
    words.push(after.turn.active_player ? t("seat.turnBackTo", { name }) : t("seat.turnBack"));
  }
  if (after.status && before.status !== after.status) {
    words.push(`${t(`match.status.${before.status}`)} → ${t(`match.status.${after.status}`)}`);
  }
  if (after.clock && before.clock && before.clock.side !== after.clock.side && !after.turn) {
    if (after.clock.side) words.push(t("seat.clockBackTo", { name: nameOf(state, after.clock.side) }));
  }
  if (after.players) words.push(t("seat.facts.profile_set"));
  return words.length ? words : [t("seat.otherChange")];
}
