import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./world.mjs";

const { pairingsFrom, parse, participantsFrom, tablesFrom } = await load("views/desk/csv.js");

const cells = (text) => parse(text).rows.map((row) => row.cells);
const codes = ({ errors }) => errors.map(({ line, code }) => `${line} ${code}`);

for (const [what, text, expected] of [
  ["commas", "a,b\nc,d", [["a", "b"], ["c", "d"]]],
  ["semicolons", "a;b,c\nd;e", [["a", "b,c"], ["d", "e"]]],
  ["tabs", "a\tb;c\nd\te", [["a", "b;c"], ["d", "e"]]],
  ["a byte order mark and CRLF", "\uFEFFa,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]],
  ["old Mac line ends", "a,b\rc,d", [["a", "b"], ["c", "d"]]],
  ["quoted separators, quotes and line ends", '"a,""x""","b\nc"\nd,e', [['a,"x"', "b\nc"], ["d", "e"]]],
  ["blank lines", "a,b\n\n,\n  \nc,d", [["a", "b"], ["c", "d"]]],
  ["spaces around", ' a , "b" \n', [["a", "b"]]],
  ["one column with a comma in quotes", '"Kowalski, Anna"\nLi', [["Kowalski, Anna"], ["Li"]]],
  ["empty fields", "a,,c", [["a", "", "c"]]],
  ["nothing", "", []],
]) {
  test(`a text with ${what} is read`, () => assert.deepEqual(cells(text), expected));
}

test("lines are counted as an editor counts them", () => {
  assert.deepEqual(parse('a\n\n"b\nc"\nd').rows.map((row) => row.line), [1, 3, 5]);
});

test("a quotation mark that is never closed is told with the line it begins on", () => {
  assert.deepEqual(codes(parse('a,b\n"c,d\ne,f')), ["2 open"]);
});

test("text after a closing quotation mark is told", () => {
  assert.deepEqual(codes(parse('a\n"b"c,d')), ["2 quote"]);
});

test("tables: headings in both languages, or none", () => {
  for (const text of ["Table\nOne\nTwo", "Tisch;Bemerkung\nOne;x\nTwo;y", "One\nTwo", "NAME\nOne\nTwo"]) {
    assert.deepEqual(tablesFrom(text).rows.map((row) => row.name), ["One", "Two"], text);
  }
});

test("tables: twice, empty, too long, known already", () => {
  const long = "x".repeat(41);
  const found = tablesFrom(`Table,Note\nOne,\none,\n,only a note\n${long},\nOld,\n`, ["OLD"]);
  assert.deepEqual(codes(found), ["3 twice", "4 noName", "5 long"]);
  assert.equal(found.errors[0].values.first, 2);
  assert.deepEqual(found.known.map((row) => row.name), ["Old"]);
  assert.deepEqual(found.rows.map((row) => row.name), ["One"]);
});

test("names have 40 signs, and an emoji is one", () => {
  assert.deepEqual(codes(tablesFrom("😀".repeat(40))), []);
  assert.deepEqual(codes(tablesFrom("😀".repeat(41))), ["1 long"]);
});

test("participants: columns go by their headings, in any order", () => {
  const { rows } = participantsFrom("Fraktion;Ort;Spielername\nOrks;Ulm;Anna\n;Bern;Li");
  assert.deepEqual(rows.map(({ name, faction }) => [name, faction]), [["Anna", "Orks"], ["Li", ""]]);
});

test("participants without headings: name, faction", () => {
  const { rows } = participantsFrom("Anna,Orks\nLi");
  assert.deepEqual(rows.map(({ name, faction }) => [name, faction]), [["Anna", "Orks"], ["Li", ""]]);
});

const participants = ["Anna Nowak", "Marek Zieliński", "Li Wei", "Tom Baker", "Gone Girl"].map((name, i) => ({ id: `p${i}`, name, dropped: name === "Gone Girl" }));
const tables = ["Table 1", "Table 2", "Table 10", "Side room"].map((name, i) => ({ id: `t${i}`, name }));
const around = { participants, tables };
const short = ({ pairings }) => pairings.map(({ table, p1, p2 }) => `${table}:${p1}-${p2}`);

test("pairings by headings, by number of the table, with odd spaces and case", () => {
  const found = pairingsFrom("Spieler 2;Tisch;Spieler 1\nmarek  ZIELIŃSKI;10;Anna Nowak\nTom Baker;side room;Li Wei", around);
  assert.deepEqual(codes(found), []);
  assert.deepEqual(short(found), ["t2:p0-p1", "t3:p2-p3"]);
  assert.deepEqual(found.unpaired, []);
});

test("pairings without tables get them in order, those that are named first", () => {
  assert.deepEqual(short(pairingsFrom("Anna Nowak,Li Wei\nTom Baker,Marek Zieliński", around)), ["t0:p0-p2", "t1:p3-p1"]);
  assert.deepEqual(short(pairingsFrom("table,p1,p2\n,Anna Nowak,Li Wei\n1,Tom Baker,Marek Zieliński", around)), ["t1:p0-p2", "t0:p3-p1"]);
});

test("a bye has no table, however it is written", () => {
  for (const bye of ["", "bye", "Freilos", "-"]) {
    const found = pairingsFrom(`Table,Player 1,Player 2\n1,Anna Nowak,${bye}`, around);
    assert.deepEqual(short(found), [":p0-"], bye);
    assert.deepEqual(codes(found), [], bye);
  }
});

test("each fault in pairings is told with its line", () => {
  const found = pairingsFrom(
    [
      "Table,Player 1,Player 2",
      "1,Anna Nowak,Marek Zielinski", // one letter off
      "1,Li Wei,Tom Baker", // the table again
      "2,Li Wei,Nobody At All", // Li again, a stranger
      "77,Gone Girl,", // dropped
      ",,Tom Baker", // nobody first
      "2,Anna Nowak,anna nowak", // against himself
    ].join("\n"),
    around,
  );
  assert.deepEqual(codes(found), ["2 unknownNear", "3 tableTwice", "4 playerTwice", "4 unknown", "5 dropped", "6 noPlayer", "7 self"]);
  const of = (code) => found.errors.find((error) => error.code === code).values;
  assert.equal(of("unknownNear").meant, "Marek Zieliński");
  assert.deepEqual([of("tableTwice").name, of("tableTwice").first], ["Table 1", 2]);
  assert.equal(of("playerTwice").first, 3);
});

test("an unknown table is told, and who is not paired", () => {
  const found = pairingsFrom("3,Anna Nowak,Li Wei", around);
  assert.deepEqual(codes(found), ["1 noTable"]);
  assert.deepEqual(found.unpaired.map((person) => person.name), ["Marek Zieliński", "Tom Baker"]);
});

test("more pairings than tables are told", () => {
  assert.deepEqual(codes(pairingsFrom("Anna Nowak,Li Wei\nTom Baker,Marek Zieliński", { participants, tables: tables.slice(0, 1) })), ["2 noTableLeft"]);
});

test("a table number that two tables have says nothing", () => {
  const twice = [{ id: "a", name: "Hall 1" }, { id: "b", name: "Room 1" }];
  assert.deepEqual(codes(pairingsFrom("1,Anna Nowak,Li Wei", { participants, tables: twice })), ["1 noTable"]);
});
