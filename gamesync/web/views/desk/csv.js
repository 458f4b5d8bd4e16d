/**
 * Tables, participants and pairings out of CSV, as spreadsheets and pairing programs write it. Pure.
 *
 * RFC 4180 with `,`, `;` or tab between the fields, with or without a line of headers (English or
 * German), with or without a byte order mark. What is wrong is told with its line, before anything
 * is sent: `{line, code, values}`; the page has the words.
 */

const SEPARATORS = ["\t", ";", ","];
const NAME_MAX = 40;

const HEADERS = {
  table: ["table", "tisch", "table name", "tischname", "table no", "table number", "tischnummer", "tisch nr", "board"],
  name: ["name", "player", "spieler", "participant", "teilnehmer", "player name", "spielername"],
  faction: ["faction", "fraktion", "army", "armee", "volk"],
  p1: ["player 1", "player1", "p1", "spieler 1", "spieler1", "name 1", "player a", "spieler a", "white", "weiß"],
  p2: ["player 2", "player2", "p2", "spieler 2", "spieler2", "name 2", "player b", "spieler b", "black", "schwarz", "opponent", "gegner"],
};
const BYES = new Set(["", "-", "–", "bye", "freilos"]);

/** The text's records, each with the line it begins on; blank ones are left out. */
export function parse(text) {
  const source = text.replace(/^\uFEFF/, "");
  const separator = separatorOf(source);
  const rows = [];
  const errors = [];
  let cells = [];
  let cell = "";
  let line = 1;
  let began = 1;
  let quoted = false; // inside quotes
  let closed = false; // this field's quotes are closed
  const field = () => {
    cells.push(cell.trim());
    cell = "";
    closed = false;
  };
  const record = () => {
    field();
    if (cells.some((each) => each !== "")) rows.push({ line: began, cells });
    cells = [];
  };
  for (let i = 0; i < source.length; i += 1) {
    const sign = source[i];
    if (quoted) {
      if (sign === '"' && source[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else if (sign === '"') {
        quoted = false;
        closed = true;
      } else {
        if (sign === "\n") line += 1;
        cell += sign;
      }
    } else if (sign === '"' && cell.trim() === "" && !closed) {
      cell = "";
      quoted = true;
    } else if (sign === separator) {
      field();
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && source[i + 1] === "\n") i += 1;
      record();
      line += 1;
      began = line;
    } else if (closed && sign.trim() !== "") {
      errors.push({ line, code: "quote", values: {} });
      closed = false;
      cell += sign;
    } else if (!closed) {
      cell += sign;
    }
  }
  if (quoted) errors.push({ line: began, code: "open", values: {} });
  record();
  return { separator, rows, errors };
}

/** The sign that stands oftenest in the first line, outside of quotes. */
function separatorOf(source) {
  const first = source.slice(0, source.search(/[\r\n]|$/)).replace(/"[^"]*"/g, "");
  const count = (sign) => first.split(sign).length - 1;
  const best = SEPARATORS.reduce((a, b) => (count(b) > count(a) ? b : a));
  return count(best) ? best : ",";
}

/** What two names are compared by. */
export function folded(name) {
  return name.normalize("NFKC").replace(/\s+/g, " ").trim().toLowerCase();
}

/** Records as objects by column; `positions` is what stands where if there are no headers. */
function columns(text, wanted, positions) {
  const { rows, errors } = parse(text);
  const known = (cell) => wanted.find((column) => HEADERS[column].includes(folded(cell).replace(/[._]/g, " ").trim()));
  const heads = rows[0]?.cells.map(known) ?? [];
  const headed = heads.some(Boolean);
  const places = headed ? heads : positions(Math.max(0, ...rows.map((row) => row.cells.length)));
  const records = rows.slice(headed ? 1 : 0).map(({ line, cells }) => {
    const record = { line };
    places.forEach((column, i) => column && (record[column] ??= cells[i] ?? ""));
    return record;
  });
  return { records, errors, has: new Set(places) };
}

/** Names of tables: `{rows: [{line, name}], known: [...], errors}`. */
export function tablesFrom(text, existing = []) {
  const { records, errors } = columns(text, ["table", "name"], () => ["table"]);
  const named = records.map(({ line, table, name }) => ({ line, name: table ?? name ?? "" }));
  return { ...distinct(named, existing, errors) };
}

/** Participants: `{rows: [{line, name, faction}], known, errors}`. */
export function participantsFrom(text, existing = []) {
  const { records, errors } = columns(text, ["name", "faction"], () => ["name", "faction"]);
  for (const { line, faction = "" } of records) {
    if ([...faction].length > NAME_MAX) errors.push({ line, code: "long", values: { name: faction } });
  }
  const named = records.map(({ line, name = "", faction = "" }) => ({ line, name, faction }));
  return distinct(named, existing, errors);
}

/** Each name once; those that are there already are left as they are. */
function distinct(named, existing, errors) {
  const there = new Set(existing.map(folded));
  const seen = new Map();
  const rows = [];
  const known = [];
  for (const row of named) {
    const key = folded(row.name);
    const before = seen.get(key);
    if (!key) errors.push({ line: row.line, code: "noName", values: {} });
    else if ([...row.name].length > NAME_MAX) errors.push({ line: row.line, code: "long", values: { name: row.name } });
    else if (before !== undefined) errors.push({ line: row.line, code: "twice", values: { name: row.name, first: before } });
    else if (there.has(key)) known.push(row);
    else rows.push(row);
    if (key && before === undefined) seen.set(key, row.line);
  }
  return { rows, known, errors: byLine(errors) };
}

/**
 * Pairings of a round: `{pairings: [{line, p1, p2, table}], unpaired: [participant], errors}` with
 * ids. Without tables in the file they are given out in order.
 */
export function pairingsFrom(text, { participants, tables }) {
  const plain = (width) => (width > 2 ? ["table", "p1", "p2"] : ["p1", "p2"]);
  const { records, errors } = columns(text, ["table", "p1", "p2"], plain);
  const people = new Map(participants.map((person) => [folded(person.name), person]));
  const played = new Map();
  const used = new Map();
  const pairings = [];
  for (const { line, p1 = "", p2 = "", table = "" } of records) {
    const wrong = (code, values = {}) => errors.push({ line, code, values });
    const seat = (name) => {
      const person = people.get(folded(name));
      if (!person) {
        const meant = nearest(name, participants);
        wrong(meant ? "unknownNear" : "unknown", { name, meant });
      } else if (person.dropped) wrong("dropped", { name: person.name });
      else if (played.has(person.id)) wrong("playerTwice", { name: person.name, first: played.get(person.id) });
      if (person && !played.has(person.id)) played.set(person.id, line);
      return person?.id ?? "";
    };
    if (BYES.has(folded(p1))) {
      wrong("noPlayer");
      continue;
    }
    if (folded(p1) === folded(p2)) {
      wrong("self", { name: p1 });
      continue;
    }
    const bye = BYES.has(folded(p2));
    const pairing = { line, p1: seat(p1), p2: bye ? "" : seat(p2), table: "" };
    if (!bye && table) {
      const found = tableNamed(table, tables);
      if (!found) wrong("noTable", { name: table });
      else if (used.has(found.id)) wrong("tableTwice", { name: found.name, first: used.get(found.id) });
      else used.set(found.id, line);
      pairing.table = found?.id ?? "";
    }
    pairing.wants = !bye && !table;
    pairings.push(pairing);
  }
  const free = tables.filter((table) => !used.has(table.id));
  for (const pairing of pairings) {
    if (pairing.wants) {
      pairing.table = free.shift()?.id ?? "";
      if (!pairing.table) errors.push({ line: pairing.line, code: "noTableLeft", values: {} });
    }
    delete pairing.wants;
  }
  const unpaired = participants.filter((person) => !person.dropped && !played.has(person.id));
  return { pairings, unpaired, errors: byLine(errors) };
}

const byLine = (errors) => errors.sort((a, b) => a.line - b.line);

/** A table by its name, or by its number if that says which: `7` is "Table 7". */
function tableNamed(text, tables) {
  const exact = tables.find((table) => folded(table.name) === folded(text));
  if (exact || !/^\d+$/.test(text.trim())) return exact;
  const number = Number(text);
  const found = tables.filter((table) => Number(/(\d+)\D*$/.exec(table.name)?.[1]) === number);
  return found.length === 1 ? found[0] : undefined;
}

/** The name that was probably meant: at most two signs away. */
function nearest(name, participants) {
  const wanted = folded(name);
  const most = wanted.length > 4 ? 2 : 1;
  const near = participants
    .map((person) => ({ name: person.name, far: distance(wanted, folded(person.name), most) }))
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far);
  return near[0]?.name ?? "";
}

/** Signs to change, put in or leave out; more than `most` is as good as any. */
function distance(a, b, most) {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
