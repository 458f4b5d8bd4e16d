/**
 * Keeping the screen on. A LAN page over plain http has no wake lock, so a tiny video that plays
 * for ever stands in for it; where that does not work either, people are told.
 */

export class Awake extends EventTarget {
  /** `waiting` for a first tap, `lock`, `video`, or `none`: the phone will sleep as it likes. */
  how = "waiting";

  #lock = null;
  #video = null;
  #painter = null;
  #stopped = false;

  /** Begin with the first tap: before it no browser lets a video play by itself. */
  constructor(target = globalThis) {
    super();
    target.addEventListener("pointerup", this.#first);
    target.addEventListener("keyup", this.#first);
    document.addEventListener("visibilitychange", this.#seen);
    this.#target = target;
  }

  #target;

  stop() {
    this.#stopped = true;
    this.#forget();
    document.removeEventListener("visibilitychange", this.#seen);
    this.#lock?.release().catch(() => {});
    clearInterval(this.#painter);
    this.#video?.remove();
  }

  #forget() {
    this.#target.removeEventListener("pointerup", this.#first);
    this.#target.removeEventListener("keyup", this.#first);
  }

  #first = async () => {
    this.#forget();
    if (await this.#locked()) return this.#tell("lock");
    this.#tell((await this.#played()) ? "video" : "none");
  };

  /** The system takes the lock and stops the video whenever the page is out of sight. */
  #seen = () => {
    if (document.hidden || this.#stopped) return;
    if (this.how === "lock") this.#locked();
    if (this.how === "video") this.#video.play().catch(() => this.#tell("none"));
  };

  async #locked() {
    try {
      this.#lock = await navigator.wakeLock.request("screen");
      return true;
    } catch {
      return false; // no secure context, no such thing, or a battery that is low
    }
  }

  async #played() {
    try {
      const canvas = Object.assign(document.createElement("canvas"), { width: 2, height: 2 });
      const context = canvas.getContext("2d");
      const video = document.createElement("video");
      Object.assign(video, { muted: true, playsInline: true, disableRemotePlayback: true, tabIndex: -1 });
      video.srcObject = canvas.captureStream(1);
      video.setAttribute("aria-hidden", "true");
      // It has to be in sight to count.
      video.style.cssText = "position:fixed;left:0;bottom:0;width:2px;height:2px;opacity:.01;pointer-events:none";
      let dark = false;
      this.#painter = setInterval(() => {
        context.fillStyle = (dark = !dark) ? "#000" : "#111";
        context.fillRect(0, 0, 2, 2);
      }, 1_000);
      context.fillRect(0, 0, 2, 2);
      document.body.append(video);
      this.#video = video;
      await video.play();
      return true;
    } catch {
      clearInterval(this.#painter);
      this.#video?.remove();
      this.#video = null;
      return false;
    }
  }

  #tell(how) {
    this.how = how;
    this.dispatchEvent(new CustomEvent("change"));
  }
}
