/** The ways into a game: for each seat and for those who watch a QR code and a code to type. */

import { link, outside } from "../../lib/address.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { mark, nameOf } from "../../lib/match.js";
import { confirm } from "../../parts/dialog.js";
import { refused } from "../../parts/toasts.js";

const SEATS = ["player:1", "player:2", "observer"];

/** Keeps the links of a game's places: asked once, renewed when somebody wants that. */
export class Ways {
  #view;
  #held = {};
  #asked = new Set();

  constructor(view) {
    this.#view = view;
  }

  /** Link and code of a place; undefined as long as the server has not said. */
  of(place) {
    const { game } = this.#view;
    // A code is worth nothing once the seat is taken: a place that was left gets a fresh one.
    const key = `${game.id}/${place}`;
    if (!this.#asked.has(key)) {
      this.#asked.add(key);
      this.renew(place, false);
    }
    return this.#held[key];
  }

  async renew(place, renew = true) {
    const { game } = this.#view;
    const [role, player] = place.split(":");
    const data = { op: "invite", role, renew, ...(player && { player: Number(player) }) };
    const answer = await game.send("device", data).catch(refused);
    if (answer?.detail.link) this.#held[`${game.id}/${place}`] = answer.detail;
    this.#view.update();
  }
}

/** The whole address of a place's link, as a phone reaches it. */
const address = (view, way) => new URL(way.link, outside(view.box)).href;

/** `7KQ2M4XP` is read in two halves. */
const halves = (code) => `${code.slice(0, 4)} ${code.slice(4)}`;

export function placeCard(view, place) {
  const { game } = view;
  const { state } = game;
  const way = view.ways.of(place);
  const player = Number(place.split(":")[1] ?? 0);
  const code = way?.codes?.at(-1);
  const title = player ? nameOf(state, player) : t("host.watch");
  return h("figure", { class: `place ${player ? `p${player}` : ""}`, key: place, "data-place": place },
    h("h3", {}, player > 0 && h("span", { class: "seat-mark", "aria-hidden": "true" }, mark(state, player).sign), " ", title),
    h("div", { class: "qr" }, way && h("gs-qr", { ".text": address(view, way), label: t("host.qrOf", { name: title }) })),
    h("figcaption", {},
      code && h("p", {}, t("host.code"), " ", h("strong", { class: "code" }, halves(code))),
      player > 0 && h("p", { class: "quiet small" }, present(view, player))));
}

/** "Scanned", "here", "asleep since": how a seat's devices are. */
export function present(view, player) {
  const { state, presence } = view.game;
  const here = presence.devices.filter((d) => d.player === player && d.role === "player");
  if (here.some((d) => d.link === "live")) return t("host.live");
  if (here.length) return t(here.some((d) => d.link === "lost") ? "host.lost" : "host.gone");
  return t(state.devices.some((d) => d.player === player) ? "host.gone" : "host.nobody");
}

/** Everything about who is in the game: codes, devices, taking a place back. */
export const placesModal = (view) => ({
  name: "places",
  title: () => t("host.places"),
  content: () => [
    view.box?.wifi?.qr && h("p", { class: "row" },
      h("span", { class: "wifi" }, h("gs-qr", { ".text": view.box.wifi.qr, label: t("lobby.wifi") })),
      t("lobby.wifiNumbered"), h("strong", {}, view.box.wifi.ssid)),
    h("div", { class: "places" }, SEATS.map((place) => h("div", { class: "stack", key: place },
      placeCard(view, place),
      h("button", { onclick: () => fresh(view, place) }, t("host.fresh"))))),
    h("p", { class: "quiet small" }, t("host.address", { address: outside(view.box).href })),
    devices(view),
    h("div", { class: "row" },
      h("button", { onclick: () => view.taps.send("swap", t("host.swapDevices"), "device", { op: "swap" }) }, t("host.swapDevices")),
      h("a", { class: "button", target: "_blank", href: link({ view: "board" }, { g: view.game.id, p: "observer" }) }, t("host.board"))),
  ],
});

async function fresh(view, place) {
  if (await confirm(t("host.fresh"), { text: t("host.freshText"), yes: t("host.fresh") })) view.ways.renew(place);
}

function devices(view) {
  const { game, taps } = view;
  const { state, presence } = game;
  if (!state.devices.length) return null;
  const revoke = async (device) => {
    const name = device.name || device.id.slice(0, 6);
    const yes = await confirm(t("host.drop", { name }), { text: t("host.dropText"), yes: t("host.drop", { name }), danger: true });
    if (yes) taps.send("device", t("host.drop", { name }), "device", { op: "revoke", device: device.id });
  };
  return h("section", { class: "stack" }, h("h3", {}, t("host.devices")),
    h("ul", { class: "plain devices" }, state.devices.map((device) => {
      const at = presence.devices.find((d) => d.device === device.id)?.link ?? "gone";
      const where = device.player ? nameOf(state, device.player) : t("host.thisTable");
      return h("li", { class: "row apart", key: `${device.id}/${device.role}/${device.player}` },
        h("span", { class: "grow" }, device.name || t("host.device"), h("span", { class: "quiet" }, ` · ${where} · ${t(`host.${at}`)}`)),
        device.id !== game.device && h("button", { class: "danger", onclick: () => revoke(device) }, t("host.drop_")));
    })));
}
