/**
 * What others changed of mine, kept until I have tapped it away; over a lost connection and a
 * reload too.
 */

import { cell } from "../../lib/match.js";

const KEPT_MAX = 12;

export class News {
  /** `{key, what: "cell"|"cp"|"clock"|"turn"|"away", by, category?, round?, from?, to?, reason}` */
  list = [];

  #slot;
  #me;
  #seen = 0;
  #before = null;

  constructor(game, me) {
    this.#slot = `gamesync:news:${game.id}/${me}`;
    this.#me = me;
    const { list = [], version = 0, epoch = "" } = loaded(this.#slot);
    if (epoch === game.epoch) {
      this.list = list;
      this.#seen = version;
    }
    if (game.state) this.replaced(game);
  }

  /** A change as it happened. Returns whether there is something new to read. */
  changed(game, message) {
    const before = this.#before;
    this.#before = game.state;
    this.#seen = game.version;
    const { by, facts, reason } = message.data;
    const fresh = before && !this.#mine(game, by) ? this.#found(game, before, by, facts, reason ?? "") : [];
    for (const item of fresh) this.#add(item);
    this.#keep(game);
    return fresh.length > 0;
  }

  /** All of the state is new: after a reload, or because too much was missed. */
  replaced(game) {
    const { state } = game;
    const since = this.#seen;
    const before = this.#before;
    if (since) {
      for (const c of state.scores.cells) {
        if (c.player !== this.#me || c.version <= since || this.#mine(game, c.by)) continue;
        const from = before && cell(before, c.player, c.category, c.round)?.value;
        if (before && from === c.value) continue;
        this.#add({ what: "cell", category: c.category, round: c.round, by: c.by, from: from ?? null, to: c.value, reason: "" });
      }
      if (game.recovered === false && game.version > since) this.#add({ what: "away", by: { role: "server" } });
    }
    this.#before = state;
    this.#seen = game.version;
    this.#keep(game);
  }

  read(key, game) {
    this.list = this.list.filter((item) => item.key !== key);
    this.#keep(game);
  }

  #mine(game, by) {
    return by.device === game.device || (by.role === "player" && by.player === this.#me) || by.role === "server";
  }

  #found(game, before, by, facts, reason) {
    const { state } = game;
    const me = this.#me;
    const items = [];
    const sheet = (s) => new Map(s.scores.cells.filter((c) => c.player === me).map((c) => [`${c.category}/${c.round}`, c]));
    const [was, is] = [sheet(before), sheet(state)];
    for (const [at, { category, round }] of new Map([...was, ...is])) {
      const [from, to] = [was.get(at)?.value ?? null, is.get(at)?.value ?? null];
      if (from !== to) items.push({ what: "cell", category, round, by, from, to, reason });
    }
    const of = (...names) => facts.some((f) => names.includes(f.fact) && (f.player === me || f.player === undefined));
    const [from, to] = [before, state].map((s) => s.scores.players[me - 1].cp);
    // Command points also come by themselves, with a turn: that is no news.
    const undone = of("undone") && before.turn.turn === state.turn.turn;
    if (from !== to && (undone || of("cp_set", "cp_stepped"))) items.push({ what: "cp", by, from, to, reason });
    const adjusted = facts.find((f) => f.fact === "clock_adjusted" && f.player === me);
    if (adjusted) items.push({ what: "clock", by, to: adjusted.delta_ms, reason });
    if (of("turn_set")) items.push({ what: "turn", by, to: state.turn.round, reason });
    const name = facts.find((f) => f.fact === "profile_set" && f.player === me && f.name);
    if (name) items.push({ what: "name", by, to: name.name, reason });
    return items;
  }

  #add(item) {
    const at = `${item.what}/${item.category ?? ""}/${item.round ?? ""}`;
    const older = this.list.find((each) => each.at === at);
    // Two changes of one cell are one piece of news: from what I knew to what is.
    const from = older && item.what === "cell" ? older.from : item.from;
    const others = this.list.filter((each) => each !== older);
    const back = older && item.what === "cell" && from === item.to;
    const key = `${at}#${Math.random()}`;
    this.list = (back ? others : [...others, { ...item, from, at, key }]).slice(-KEPT_MAX);
  }

  #keep(game) {
    try {
      localStorage.setItem(this.#slot, JSON.stringify({ list: this.list, version: this.#seen, epoch: game.epoch }));
    } catch {
      // They stay as long as this page does.
    }
  }
}

function loaded(slot) {
  try {
    return JSON.parse(localStorage.getItem(slot)) ?? {};
  } catch {
    return {};
  }
}
