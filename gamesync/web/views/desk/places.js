/** The sheet's parts on places: seats and devices, the table, what can be taken away as a file. */

import { download, link } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { places, share } from "../../lib/session.js";
import { ask, confirm } from "../../parts/dialog.js";
import { nameOfRow, natural, personOf } from "./rows.js";
import { act, choice, doButton, form, labelled, reasonField, showWays } from "./ui.js";

/** Links of both seats (and more) of a game, as QR codes. */
export async function seatWays(send, state, roles = ["player:1", "player:2"]) {
  const ways = [];
  for (const place of roles) {
    const [role, player] = place.split(":");
    const { detail } = await send("device", { op: "invite", role, ...(player ? { player: Number(player) } : {}) });
    ways.push({
      title: player ? `${mark(state, Number(player)).sign} ${state ? nameOf(state, Number(player)) : t("common.player", { player })}` : t(`desk.role.${role}`),
      link: detail.link, codes: detail.codes, mark: player ? Number(player) : null,
    });
  }
  return ways;
}

/**
 * What a row's players need to be in again: a participant's own link, which holds for the whole
 * event; else the link of the seat; and the link that makes a device the table's screen.
 */
export async function waysOf(desk, row) {
  const ways = [];
  for (const player of [1, 2]) {
    const person = personOf(row, player);
    if (!person.id) continue;
    const { detail } = await desk.venue.send("event", { op: "invite_participant", event: row.event.id, participant: person.id });
    ways.push({ title: `${mark(null, player).sign} ${person.name}`, link: detail.link, mark: player, hint: t("desk.ways.participant") });
  }
  if (!ways.length && row.game && desk.organiser) {
    const names = { players: [1, 2].map((player) => ({ name: personOf(row, player).name })) };
    ways.push(...(await seatWays((type, data) => desk.hands.send(row.game.game_id, type, data), names)));
  }
  if (row.table) {
    const { detail } = await desk.venue.send("table", { op: "invite", table: row.table.id });
    ways.push({ title: row.table.name, link: detail.link, codes: [detail.code], hint: t("desk.ways.table") });
  }
  return ways;
}

export function seatsPart(sheet, state) {
  const { desk, row } = sheet;
  const seats = { host: "host", "player:1": "player1", "player:2": "player2" };
  return h("section", { class: "part", "aria-labelledby": "sheet-seats" },
    h("h3", { id: "sheet-seats" }, t("desk.sheet.seats")),
    h("ul", { class: "plain seats" }, Object.entries(seats).map(([place, name]) => {
      const how = row.game?.seats?.[name] ?? "none";
      return h("li", { class: place === "player:1" ? "p1" : place === "player:2" ? "p2" : "" },
        h("span", { class: `link ${how}` }, t(`desk.place.${name}`, { how: t(`desk.link.${how}`) })));
    })),
    h("div", { class: "row" },
      h("button", { onclick: () => showWays(nameOfRow(row), waysOf(desk, row), { hint: t("desk.ways.hint") }) }, t("desk.sheet.qr")),
      desk.organiser && h("button", { onclick: () => showWays(nameOfRow(row), seatWays((type, data) => sheet.game.send(type, data), state, ["player:1", "player:2", "host", "observer"])) }, t("desk.sheet.qrSeats")),
      desk.organiser && sheet.command("swapseats", t("desk.sheet.swapSeats"), "device", { op: "swap" }),
      sheet.command("swapplayers", t("desk.sheet.swapPlayers"), "setup", { op: "swap" }, { reason: true })),
    state.devices.length > 0 && h("ul", { class: "plain devices" }, state.devices.map((device) => oneDevice(sheet, state, device))),
    phones(sheet));
}

/** The phones of who was paired here: in by their own links, for the whole event. */
function phones(sheet) {
  const { row } = sheet;
  const found = [1, 2].flatMap((player) => {
    const person = row.event?.participants.find((each) => each.id === row.pairing?.[`p${player}`]);
    return (person?.devices ?? []).map((device) => ({ player, person, device }));
  });
  return found.length > 0 && h("ul", { class: "plain devices" }, found.map((each) => onePhone(sheet, each)));
}

function onePhone(sheet, { player, person, device }) {
  const { desk, row, game } = sheet;
  const { name } = person;
  const here = game.presence.devices;
  // Who is there is told a moment after the sheet is open.
  const how = here.find((each) => each.device === device)?.link ?? (here.length ? "gone" : null);
  const leave = () => desk.venue.send("event", { op: "leave", event: row.event.id, participant: person.id, device });
  const said = t("desk.said.revoked", { name });
  const label = [t("desk.revoke"), h("span", { class: "visually-hidden" }, `: ${name}`)];
  return h("li", { class: `row apart p${player}`, key: device },
    h("span", { class: "grow" }, h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(null, player).sign), ` ${name}`, how && h("span", { class: "quiet small" }, ` ${t(`desk.link.${how}`)}`)),
    // Who is not there does not miss it, and comes in again by his code.
    how && (how !== "live" ? doButton(desk, `dev:${device}`, label, leave, { said, className: "danger" }) : h("button", {
      class: "danger",
      onclick: async () => {
        const yes = await confirm(t("desk.sheet.revokeAsk", { name }), { text: t("desk.sheet.leaveText"), yes: t("desk.revoke"), danger: true });
        if (yes) act(desk, `dev:${device}`, leave, said);
      },
    }, label)));
}

function oneDevice(sheet, state, device) {
  const { desk, game } = sheet;
  const seat = device.player ? nameOf(state, device.player) : t(`desk.role.${device.role}`);
  const present = game.presence.devices.find((each) => each.device === device.id);
  const name = device.name || t("desk.sheet.device", { id: device.id.slice(0, 4) });
  const mine = device.id === game.device;
  return h("li", { class: "row apart", key: device.id },
    h("span", { class: "grow" }, `${name} · ${seat}`, h("span", { class: "quiet small" }, ` ${t(`desk.link.${present?.link ?? "gone"}`)}${mine ? `, ${t("desk.sheet.thisDesk")}` : ""}`)),
    desk.organiser && h("button", {
      onclick: async () => {
        const answer = await ask(t("desk.rename"), { label: t("desk.name"), value: device.name, maxlength: 40, required: true });
        if (answer) act(desk, `dev:${device.id}`, () => game.send("device", { op: "rename", device: device.id, name: answer }));
      },
    }, t("desk.rename"), h("span", { class: "visually-hidden" }, `: ${name}`)),
    desk.organiser && !mine && h("button", {
      class: "danger",
      onclick: async () => {
        const yes = await confirm(t("desk.sheet.revokeAsk", { name }), { text: t("desk.sheet.revokeText"), yes: t("desk.revoke"), danger: true });
        if (yes) act(desk, `dev:${device.id}`, () => game.send("device", { op: "revoke", device: device.id }), t("desk.said.revoked", { name }));
      },
    }, t("desk.revoke"), h("span", { class: "visually-hidden" }, `: ${name}`)));
}

export function placePart(sheet) {
  const { row, desk } = sheet;
  const { game, table } = row;
  return h("section", { class: "part", "aria-labelledby": "sheet-place" },
    h("h3", { id: "sheet-place" }, t("common.table")),
    h("div", { class: "row" },
      game && h("a", { class: "button", ...page(desk, game.game_id, "host") }, t("desk.sheet.open")),
      game && h("a", { class: "button", ...page(desk, game.game_id, "report") }, t("desk.sheet.report")),
      (game || row.pairing) && h("button", { onclick: () => move(desk, row) }, t("desk.sheet.move")),
      table && game && h("button", { onclick: () => takeAway(desk, row) }, t("desk.sheet.clear")),
      table && h("button", { onclick: () => announceTo(desk, table) }, t("desk.announce.toTable")),
      game && desk.organiser && doButton(desk, `hide:${game.game_id}`, t(game.hidden ? "desk.sheet.unhide" : "desk.sheet.hide"),
        () => desk.venue.send("hide_game", { game: game.game_id, hidden: !game.hidden, reason: sheet.reason }), { said: t(game.hidden ? "desk.said.shown" : "desk.said.hidden") })));
}

/** A page about a game in a tab of its own, with this official's rights if it has none as yet. */
export function page(desk, g, view) {
  const lend = () => {
    if (!places().some((each) => each.g === g && each.p === "host")) share(desk.client, `${g}/host`);
  };
  return { target: "_blank", href: link({ view }, { g, p: "host" }), onclick: lend, onauxclick: lend };
}

async function announceTo(desk, table) {
  const { announceDialog } = await import("./screens.js");
  announceDialog(desk, { to: "table", target: table.id });
}

/** The pairing, or the game, goes to another table; who sits there comes here. */
export async function move(desk, row) {
  const { tables } = desk.venue.state;
  const others = tables.filter((table) => table.id !== row.table?.id).sort((a, b) => natural(a.name, b.name));
  const sitting = (table) => {
    const there = desk.rows.find((each) => each.table?.id === table.id);
    const names = there && (there.game || there.pairing) ? [1, 2].map((p) => personOf(there, p).name).filter(Boolean).join(" – ") : "";
    return names ? t("desk.sheet.swapWith", { table: table.name, names }) : t("desk.sheet.toFree", { table: table.name });
  };
  const answer = await form(t("desk.sheet.moveAsk", { name: nameOfRow(row) || t("desk.noTable") }), () => [
    labelled(t("common.table"), choice(others.map((table) => [table.id, sitting(table)]), others[0]?.id ?? "", null, { name: "table", required: true })),
    reasonField(t("desk.reason.desk")),
  ], { yes: t("desk.sheet.move") });
  if (!answer?.table) return;
  const data = row.pairing
    ? { op: "table", event: row.event.id, participant: row.pairing.p1, table: answer.table, swap: true, reason: answer.reason }
    : { op: "game", table: answer.table, game: row.game.game_id, reason: answer.reason };
  const name = tables.find((table) => table.id === answer.table)?.name ?? "";
  const moved = await act(desk, "assign", () => desk.venue.send("assign", data), t("desk.said.moved", { name }));
  if (moved && desk.opened === row.key) {
    desk.opened = answer.table;
    desk.changed();
  }
}

async function takeAway(desk, row) {
  const answer = await form(t("desk.sheet.clearAsk", { name: row.table.name }), () => reasonField(t("desk.reason.desk")), { text: t("desk.sheet.clearText"), yes: t("desk.sheet.clear") });
  if (answer) act(desk, "assign", () => desk.venue.send("assign", { op: "game", table: row.table.id, game: "", reason: answer.reason }), t("desk.said.cleared", { name: row.table.name }));
}

export function exportsPart(sheet) {
  const { desk, row } = sheet;
  const id = row.game.game_id;
  const save = (form_) => async () => {
    await download(`api/v1/games/${id}/export.${form_}`, `gamesync-${id}.${form_}`, desk.client.token);
  };
  return h("section", { class: "part", "aria-labelledby": "sheet-files" },
    h("h3", { id: "sheet-files" }, t("desk.sheet.files")),
    h("div", { class: "row" },
      doButton(desk, "csv", t("desk.export.sheetCsv"), save("csv")),
      doButton(desk, "json", t("desk.export.allJson"), save("json"))));
}
