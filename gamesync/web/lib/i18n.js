/** Texts in the reader's language: one file per language beside this one, the same keys in each. */

/** Languages, each by its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch" };
const KEPT_AS = "gamesync:language";

function chosen() {
  const asked = new URLSearchParams(globalThis.location?.search).get("lang");
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT_AS);
  } catch {
    // Forbidden: the browser's own choice will do.
  }
  const wished = [asked, kept, ...(navigator.languages ?? [navigator.language])];
  const found = wished.map((tag) => tag?.slice(0, 2)).find((tag) => tag in LANGUAGES);
  return found ?? "en";
}

// This module may be sent as a part of another one, in another place.
const ROOT = new URL(globalThis.document?.querySelector("script[type=module]")?.src ?? "..", import.meta.url);

/** The language in use: `en`, `de`. */
export let language = chosen();

/** Only the texts of that language are loaded. */
let texts = await load(language);

async function load(tag) {
  // What a view has no use for is not sent.
  const view = globalThis.document?.documentElement.dataset.view ?? "";
  return (await import(new URL(`i18n/${tag}.js?for=${view}`, ROOT))).default;
}

/** Resolves when the texts are there; then draw anew. */
export async function setLanguage(tag) {
  const wanted = tag in LANGUAGES ? tag : "en";
  texts = await load(wanted);
  language = wanted;
  document.documentElement.lang = language;
  try {
    localStorage.setItem(KEPT_AS, language);
  } catch {
    // It holds as long as this page does.
  }
}

/**
 * The text of `key` (`seat.ready`), with `{name}` filled in from `values`. A text may be a function
 * of the values, where grammar asks for it.
 */
export function t(key, values = {}) {
  const text = find(texts, key) ?? key;
  const safe = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, isolated(value)]));
  if (typeof text === "function") return text(safe);
  return text.replace(/\{(\w+)\}/g, (whole, name) => safe[name] ?? whole);
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** What people wrote from right to left turns nothing round that stands beside it in a sentence. */
function isolated(value) {
  return typeof value === "string" && RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value;
}

/** The text of `key`, or null if there is none: for codes that a newer server may send. */
export function maybe(key, values = {}) {
  return find(texts, key) ? t(key, values) : null;
}

function find(all, key) {
  return key.split(".").reduce((level, name) => level?.[name], all);
}

/** What people write, and which words say what it needs. */
const NEEDS = { name: "bad_name", names: "bad_name", faction: "bad_name", detachment: "bad_name", list_link: "bad_link" };

/** What to tell people about a refusal: in their language if we have words for it. */
export function refusal(error) {
  const field = (error.field ?? "").split(".").at(-1); // not the way to it: data.name
  const why = error.code === "bad_value" ? NEEDS[field.replace(/^player\d_/, "")] : null;
  return maybe(`refused.${why ?? error.code}`, { field, ...error.detail }) ?? error.message;
}
