/**
 * Drawing: a description of what should be there (`h`) is laid over what is (`render`).
 *
 * Elements are kept where they can be, so focus, typing and scrolling survive. Text is only ever
 * set as text.
 */

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = Symbol("drawn");
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "selected", "indeterminate"]);

/**
 * `h("button", {class: "big", onclick: f}, "Ready")`. Children may be strings, numbers, lists and
 * nothing (null, false). `key` tells siblings apart. Names beginning with `.` are set as
 * properties; `style` takes an object of CSS properties; `ref` is called with the element.
 */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: children.flat(Infinity).filter(visible) };
}

const visible = (child) => child !== null && child !== undefined && child !== false && child !== true;

/** Make the children of `parent` be what `children` describe. */
export function render(parent, ...children) {
  lay(parent, children.flat(Infinity).filter(visible));
}

function lay(parent, wanted) {
  const keyed = new Map();
  for (const node of parent.childNodes) {
    const key = node[DRAWN]?.key;
    if (key !== undefined) keyed.set(key, node);
  }
  const stay = new Set(wanted.map((child) => child.props?.key));
  let at = parent.firstChild;
  for (const child of wanted) {
    const found = fitting(child, at, keyed);
    if (found) at = cleared(at, found, stay);
    const node = found ?? make(child, parent);
    const stays = node === at;
    if (stays) at = at.nextSibling;
    // Dressed before it is put in: a part that comes onto the page has its properties by then.
    if (typeof child === "object") dress(node, child);
    else if (node.data !== String(child)) node.data = String(child);
    if (!stays) parent.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/**
 * Where to go on, so that `found` need not be moved if only what nobody wants any more stands before
 * it: a field that is moved loses the focus, and a phone puts its keyboard away.
 */
function cleared(at, found, stay) {
  let node = at;
  for (; node && node !== found; node = node.nextSibling) {
    const key = node[DRAWN]?.key;
    if (key !== undefined && stay.has(key)) return at;
  }
  if (!node) return at;
  while (at !== found) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
  return found;
}

function fitting(child, at, keyed) {
  if (typeof child !== "object") return at?.nodeType === 3 ? at : null;
  const { key } = child.props;
  if (key !== undefined) {
    const node = keyed.get(key);
    keyed.delete(key);
    return node?.localName === child.tag ? node : null;
  }
  if (at?.nodeType !== 1 || at.localName !== child.tag) return null;
  return at[DRAWN]?.key === undefined ? at : null;
}

function make(child, parent) {
  if (typeof child !== "object") return document.createTextNode(child);
  const inSvg = child.tag === "svg" || (parent.namespaceURI === SVG && parent.localName !== "foreignObject");
  const node = inSvg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  node[DRAWN] = {};
  return node;
}

function dress(node, { props, children }) {
  const before = node[DRAWN] ?? {};
  node[DRAWN] = props;
  for (const name of Object.keys(before)) if (!(name in props)) set(node, name, null, before[name]);
  for (const [name, value] of Object.entries(props)) {
    if (before[name] !== value) set(node, name, value, before[name]);
  }
  // An element that draws itself keeps what it drew.
  if (children.length || !node.drawsItself) lay(node, children);
  // What a select shows depends on the options that it has by now.
  if (node.localName === "select" && "value" in props && before.value !== props.value) {
    node.value = props.value;
  }
}

function set(node, name, value, before) {
  if (name === "key") return;
  if (name === "ref") value?.(node);
  // What a handler gives back says nothing: to return false would cancel the event.
  else if (name.startsWith("on")) node[name] = value && ((event) => void value(event));
  else if (name.startsWith(".")) node[name.slice(1)] = value;
  else if (name === "style") style(node, value ?? {}, before ?? {});
  else if (PROPERTIES.has(name)) node[name] = value ?? (name === "value" ? "" : false);
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

function style(node, value, before) {
  for (const name of Object.keys(before)) if (!(name in value)) node.style.removeProperty(name);
  for (const [name, each] of Object.entries(value)) node.style.setProperty(name, each);
}

/** A page or a part of one that draws itself from `template()` whenever `update()` is called. */
export class View extends HTMLElement {
  drawsItself = true;
  #due = false;
  #gone = [];

  /** What is there now: descriptions by `h`. */
  template() {
    return [];
  }

  /** Draw soon, once, however often it is asked. */
  update() {
    if (this.#due) return;
    this.#due = true;
    // Not on an animation frame: those stand still in a hidden tab, and so would its title.
    setTimeout(() => {
      this.#due = false;
      if (this.isConnected) this.draw();
    });
  }

  draw() {
    render(this, this.template());
  }

  connectedCallback() {
    this.connected?.();
    this.draw();
  }

  disconnectedCallback() {
    for (const undo of this.#gone.splice(0)) undo();
    this.gone?.();
  }

  /** Listen for as long as this is on the page. */
  listen(target, names, handler = () => this.update()) {
    for (const name of names.split(" ")) {
      target.addEventListener(name, handler);
      this.#gone.push(() => target.removeEventListener(name, handler));
    }
  }

  /** Call `act` every `ms` for as long as this is on the page. */
  every(ms, act = () => this.update()) {
    const timer = setInterval(act, ms);
    this.#gone.push(() => clearInterval(timer));
  }
}
