/** `<gs-enter>`: a typed code or a key of the venue; what it opens says which page it becomes. */

import { base, fragment, link } from "../lib/address.js";
import { h, View } from "../lib/dom.js";
import { refusal, t } from "../lib/i18n.js";
import { connect, settle } from "../lib/session.js";
import "../parts/status.js";

const VIEW = { official: "desk", participant: "seat", table: "host" };

class Enter extends View {
  connected() {
    const { k, c } = fragment();
    this.client = connect(`enter:${Math.random()}`);
    this.stream = this.client.join(c ? { code: c } : { game_id: "venue", key: k });
    this.listen(this.stream, "change", () => this.#opened());
  }

  #opened() {
    const { client, stream } = this;
    if (stream.refusal) return this.update();
    if (stream.id === "venue") {
      const [place] = stream.places.filter((each) => each.place in VIEW).slice(-1);
      if (!place) return location.replace(base);
      const v = `${place.place}:${place.event ? `${place.event}/` : ""}${place.id}`;
      settle(client, `venue/${v}`);
      this.#go({ v });
    } else {
      const p = stream.may("host") ? "host" : `player:${stream.player}`;
      settle(client, `${stream.id}/${p}`);
      this.#go({ g: stream.id, p });
    }
  }

  #go(parts) {
    this.client.stop();
    history.replaceState(null, "", link({}, parts));
    location.reload();
  }

  template() {
    const { refusal: no } = this.stream;
    if (!no) return [h("gs-status", { ".client": this.client }), h("main", { class: "page" }, h("h1", {}, t("enter.opening")))];
    return h("main", { class: "page" },
      h("h1", {}, no.code === "bad_credentials" ? t("enter.failed") : refusal(no)),
      h("a", { class: "button", href: link() }, t("enter.lobby")));
  }
}

customElements.define("gs-enter", Enter);
