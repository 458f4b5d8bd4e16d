"""The documents say what the types say, and the schema takes what the decoder takes."""

from __future__ import annotations

import json
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from gamesync.domain.clock import Clock
from gamesync.domain.events import SERVER, CellStepped
from gamesync.domain.ruleset import ClockRules
from gamesync.limits import Limits
from gamesync.wire import messages as m
from gamesync.wire import schema
from gamesync.wire.codec import Malformed, decode, encode
from gamesync.wire.errors import CloseCode, ErrorCode

from .samples import name_of, samples

EXAMPLES = schema.DOCS / "examples"
PROTOCOL = (schema.DOCS / schema.MARKDOWN).read_text(encoding="utf-8")
SCHEMA = schema.schema()


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


FROM_CLIENT, FROM_SERVER = validator("FromClient"), validator("FromServer")


def test_the_documents_are_up_to_date() -> None:
    """If not: ``python -m gamesync.wire.schema``."""
    assert schema.markdown(PROTOCOL) == PROTOCOL
    assert (schema.DOCS / schema.SCHEMA).read_text(encoding="utf-8") == schema.schema_text()


def test_every_table_stands_in_the_document() -> None:
    assert re.findall(r"<!-- generated: ([\w ]+) -->", PROTOCOL) == list(schema.TABLES)


def test_the_command_writes_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / schema.MARKDOWN
    page.write_text("before\n<!-- generated: codes -->\nformerly\n<!-- end -->\nafter\n")
    monkeypatch.setattr(sys, "argv", ["schema", str(tmp_path)])
    monkeypatch.delitem(sys.modules, "gamesync.wire.schema")
    runpy.run_module("gamesync.wire.schema", run_name="__main__")
    text = page.read_text()
    assert text.startswith("before\n<!-- generated: codes -->\n\n| `code` |")
    assert text.endswith("<!-- end -->\nafter\n")
    assert "formerly" not in text
    assert (tmp_path / schema.SCHEMA).read_text(encoding="utf-8") == schema.schema_text()


def test_without_a_folder_it_writes_the_checkouts_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "DOCS", tmp_path)
    (tmp_path / schema.MARKDOWN).write_text("nothing marked\n")
    schema.main([])
    assert (tmp_path / schema.MARKDOWN).read_text() == "nothing marked\n"
    assert (tmp_path / schema.SCHEMA).exists()


def test_links_in_the_document_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", PROTOCOL, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in headings}
    for target in re.findall(r"\]\(#([\w-]+)\)", PROTOCOL):
        assert target in anchors, target
    for target in re.findall(r"\]\(([\w./]+)\)", PROTOCOL):
        assert (schema.DOCS / target).exists(), target
    objects = [h for h in headings if h.endswith(" object")]
    assert len(set(objects)) == len(objects)


def test_every_field_of_a_command_is_explained() -> None:
    """But for those whose form's own sentences explain them."""
    for message in schema.messages_from_clients():
        assert schema.words(message).doc, message
    for kind in m.SENT:
        assert schema.words(kind).doc, kind


def test_words_are_made_markdown() -> None:
    assert schema.words(m.Changed).doc.startswith("One accepted command: the message has")
    assert schema.words(m.Connect).fields["id"].startswith("The client's own")
    assert "``" not in PROTOCOL
    assert ":class:" not in PROTOCOL


# ---------------------------------------------------------------------------- the schema


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("sample", samples(), ids=name_of)
def test_the_schema_takes_what_the_decoder_takes(sample: dict[str, Any]) -> None:
    FROM_CLIENT.validate(sample)
    FROM_CLIENT.validate({**sample, "x_a": 1, "data": {**sample["data"], "x_b": [None]}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "nope"},
        {"type": "heartbeat", "nope": 1},
        {"type": "heartbeat", "id": "short"},
        {"type": "undo", "data": {"version": -1}},
        {"type": "undo", "data": {"version": "1"}},
        {"type": "timer_update", "data": {"op": "nope"}},
        {"type": "score_update", "data": {}},
        {"type": "score_update"},
        {"type": "score_update", "data": {"player": 1, "delta": 1000}},
        {"type": "connect", "data": {"resume": {"epoch": "e", "version": 1, "nope": 1}}},
    ],
)
def test_the_schema_refuses_what_the_decoder_refuses(wrong: dict[str, Any]) -> None:
    assert not FROM_CLIENT.is_valid(wrong)
    with pytest.raises(Malformed):
        decode(json.dumps(wrong).encode())


def outbound(data: m.Sent, type_: str | None = None, **envelope: Any) -> Any:
    message = m.Outbound(type=type_ or data.TYPE, data=data, timestamp="2026-11-22T18:07:00Z")
    return json.loads(encode(msgspec.structs.replace(message, **envelope)))


STEPPED = CellStepped(player=1, category="primary", round=1, delta=5)


@pytest.mark.parametrize(
    "message",
    [
        outbound(m.Ack(), id="tap-000001", version=3),
        outbound(m.Ack(already=True, detail={"turn": 3}), game_id="g"),
        outbound(m.ErrorData(code=ErrorCode.NOT_NOW, message="no", field="data.player")),
        outbound(m.Pong(now=1, t0=2.5)),
        outbound(m.Goodbye(why="restart", come_back=True, retry_after_ms=1000)),
        outbound(m.PresenceData(devices=(), observers=3), game_id="g", version=3),
        outbound(m.GameListing(games=(), whole=True)),
        outbound(
            m.Changed(by=SERVER, at=1, now=2, facts=(STEPPED,), state={"table": "7"}),
            "score_update",
            game_id="g",
            version=4,
        ),
    ],
    ids=lambda message: message["type"],
)
def test_the_schema_takes_what_the_server_sends(message: dict[str, Any]) -> None:
    FROM_SERVER.validate(message)
    message["data"]["new_in_1_1"] = message["new_in_1_1"] = True
    FROM_SERVER.validate(message)
    assert not FROM_SERVER.is_valid({**message, "type": "nope"})
    assert not FROM_SERVER.is_valid({k: v for k, v in message.items() if k != "data"})


@pytest.mark.parametrize("transcript", sorted(EXAMPLES.glob("*.jsonl")), ids=lambda p: p.stem)
def test_recorded_conversations_fit_the_schema(transcript: Path) -> None:
    """Each line: ``{"from": "client" | "server", "who": …, "message": …}``."""
    lines = [json.loads(line) for line in transcript.read_text(encoding="utf-8").splitlines()]
    assert lines
    errors = (line["message"] for line in lines if line["message"]["type"] == "error")
    ill_formed = {e.get("id") for e in errors if e["data"]["code"] in FORM}
    for line in lines:
        message = line["message"]
        if line["from"] == "server":
            FROM_SERVER.validate(message)
        else:
            assert FROM_CLIENT.is_valid(message) is (message["id"] not in ill_formed), message


FORM = {"unknown_type", "unknown_field", "wrong_type"}


# ------------------------------------------------------- what is written by hand, and true


def test_the_limits_in_the_document_are_the_defaults() -> None:
    rows = dict(re.findall(r"^\| ([\w ,]+) \| ([\w, ]+) \| [^|]* \|$", PROTOCOL, re.MULTILINE))
    limits = Limits()
    assert rows["one message from a client"] == f"{limits.message_bytes:,} bytes"
    assert rows["one message from the server"] == f"{limits.outbound_message_bytes:,} bytes"
    assert rows["what you do not read"] == f"{limits.outbound_debt_bytes:,} bytes"
    assert rows["messages waiting for their answers"] == str(limits.commands_queued)
    assert rows["connections of one device"] == str(limits.token_connections)
    assert rows["connections of those with a place in one match"] == str(limits.match_connections)
    assert rows["observers of one match"] == str(limits.match_observers)
    for row, rate, burst in (
        ("frames of any kind", limits.frames_per_second, limits.frames_burst),
        (
            "messages but heartbeats, with a place",
            limits.commands_per_second,
            limits.commands_burst,
        ),
        (
            "messages but heartbeats, without a place",
            limits.observer_commands_per_second,
            limits.observer_commands_burst,
        ),
        (
            "commands of one match, from everybody",
            limits.match_commands_per_second,
            limits.match_commands_burst,
        ),
    ):
        assert rows[row] == f"{rate:.0f} a second, {burst} at once"
    games = f"{limits.device_games} a device, {limits.address_games} an address"
    assert rows["unfinished games, open hosting"] == games
    prose = " ".join(PROTOCOL.split())
    assert f"within {limits.first_message_seconds:.0f} s" in prose
    assert f"{limits.wrong_codes_per_minute} wrong ones a minute" in prose


def test_codes_in_the_prose_exist() -> None:
    prose = PROTOCOL[: PROTOCOL.index("# Reference")]
    for code in re.findall(r"closed[^|.]*?\b(\d{4})\b", prose):
        assert int(code) in set(CloseCode), code
    for code in ("not_joined", "bad_credentials", "id_reused", "undo_conflict", "not_undoable"):
        assert f"`{code}`" in prose
        assert code in set(ErrorCode)


def drawn(clock: dict[str, Any], player: int, now: int) -> int:
    """The rule of the document, letter by letter."""
    elapsed = max(0, now - clock["at"] - clock["free_ms"]) if clock["running"] else 0
    shown: int = clock[f"p{player}_ms"]
    if clock["side"] != player:
        return shown
    return shown - elapsed if clock["mode"] == "down" else shown + elapsed


def test_the_worked_example_of_the_clock_is_right() -> None:
    """The document's figures, the rule that it gives, and the server's own clock agree."""
    given = re.search(r'^ *"clock": (\{.*), …\}$', PROTOCOL, re.MULTILINE)
    assert given is not None
    clock = json.loads(f"{given[1]}}}")
    offset = 603_020 - 10_020
    now = 12_520 + offset
    assert f"{now:,} game time" in PROTOCOL
    assert drawn(clock, 1, now) == 3_114_480
    assert drawn(clock, 2, now) == clock["p2_ms"]
    assert drawn({**clock, "free_ms": 5_000}, 1, now) == 3_119_480
    for delay, shown in ((0, 3_114_480), (5_000, 3_119_480)):
        rules = ClockRules(mode="down", budget_ms=clock["p1_ms"], delay_ms=delay)
        own = Clock.new(rules).start(clock["at"], 1)
        assert own.shown(1, now) == shown
        assert own.flag_at() == clock["flag_at"] + delay
    assert "51:54.48" in PROTOCOL
    assert 3_114_480 == (51 * 60 + 54) * 1000 + 480
    assert 3_119_480 == (51 * 60 + 59) * 1000 + 480
