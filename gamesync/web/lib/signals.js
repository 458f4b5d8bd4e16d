/**
 * Sounds and vibration. A phone lets a page sound only after a first tap, and iPhones do not
 * vibrate; so both are asked for, and what can be had is had.
 */

const SOUND_KEPT_AS = "gamesync:sound";
/** Notes as [frequency in Hz, start and length in ms]; vibration in ms. */
const SIGNALS = {
  turn: { notes: [[660, 0, 120], [880, 140, 200]], shake: [120, 60, 200] },
  clock: { notes: [[660, 0, 120]], shake: [120] },
  five: { notes: [[520, 0, 180], [520, 260, 180]], shake: [250, 120, 250] },
  one: { notes: [[740, 0, 140], [740, 200, 140], [740, 400, 220]], shake: [250, 100, 250, 100, 400] },
  news: { notes: [[440, 0, 140]], shake: [80] },
};
const LOUDNESS = 0.25;

export class Signals {
  #context = null;
  #touched = false;
  #unlock = () => this.#ready();

  constructor(target = globalThis) {
    this.on = kept();
    this.#target = target;
    target.addEventListener("pointerup", this.#unlock);
    target.addEventListener("keyup", this.#unlock);
  }

  #target;

  stop() {
    this.#target.removeEventListener("pointerup", this.#unlock);
    this.#target.removeEventListener("keyup", this.#unlock);
    this.#context?.close().catch(() => {});
    this.#context = null;
  }

  /** Sound and vibration on or off; remembered by this browser. */
  set(on) {
    this.on = on;
    try {
      localStorage.setItem(SOUND_KEPT_AS, on ? "on" : "off");
    } catch {
      // It holds as long as this page does.
    }
  }

  /** `turn`, `clock`, `five` (minutes), `one`, `news`. */
  give(name) {
    if (!this.on) return;
    const { notes, shake } = SIGNALS[name];
    if (this.#touched) navigator.vibrate?.(shake);
    if (this.#context?.state === "running") for (const note of notes) this.#sound(note);
  }

  #ready() {
    this.#touched = true;
    const Context = globalThis.AudioContext ?? globalThis.webkitAudioContext;
    if (!Context || !this.on) return;
    this.#context ??= new Context();
    if (this.#context.state !== "running") this.#context.resume().catch(() => {});
  }

  #sound([frequency, start, length]) {
    const context = this.#context;
    const from = context.currentTime + start / 1000;
    const to = from + length / 1000;
    const tone = context.createOscillator();
    const level = context.createGain();
    tone.frequency.value = frequency;
    // Without a ramp each note would begin and end with a crack.
    level.gain.setValueAtTime(0, from);
    level.gain.linearRampToValueAtTime(LOUDNESS, from + 0.015);
    level.gain.setValueAtTime(LOUDNESS, to - 0.04);
    level.gain.linearRampToValueAtTime(0, to);
    tone.connect(level).connect(context.destination);
    tone.start(from);
    tone.stop(to);
  }
}

function kept() {
  try {
    return localStorage.getItem(SOUND_KEPT_AS) !== "off";
  } catch {
    return true;
  }
}
