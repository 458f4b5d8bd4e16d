"""Bytes from strangers: each wrong thing has its code and names its field, and nothing else ever
comes out than a message or Malformed."""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesync.wire import messages as m
from gamesync.wire.codec import DEPTH_MAX, MESSAGE_MAX, Malformed, decode
from gamesync.wire.errors import ErrorCode as E

from .samples import samples

SAMPLES = samples()
PATH = re.compile(r"[\w?-]{1,41}(\[\d+\])*(\.[\w?-]{1,41}(\[\d+\])*)*", re.ASCII)
MESSAGE_BYTES = 16 * 1024


def malformed(payload: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        decode(payload)
    e = caught.value
    assert len(e.message) <= MESSAGE_MAX
    assert e.message.isprintable()
    assert e.field is None or PATH.fullmatch(e.field)
    assert e.id is None or re.fullmatch(r"[A-Za-z0-9_-]{8,36}", e.id)
    assert str(e) == e.message
    return e


def delta(value: str) -> bytes:
    return b'{"type":"score_update","data":{"player":1,"delta":%s}}' % value.encode()


def beat(rest: str) -> bytes:
    return f'{{"type":"heartbeat",{rest}}}'.encode()


def t0(value: str) -> bytes:
    return beat(f'"data":{{"t0":{value}}}')


NOT_JSON = [
    ("nothing", b""),
    ("blank", b"  \n"),
    ("a NUL", b"\x00"),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    ("MessagePack", b"\x81\xa4type\xa9heartbeat"),
    ("cut short", b'{"type":"heartbeat"'),
    ("cut short in a string", b'{"type":"heartb'),
    ("cut short, unknown type", b'{"type":"nope","data":'),
    ("NaN", delta("NaN")),
    ("NaN for a float", t0("NaN")),
    ("Infinity", t0("Infinity")),
    ("-Infinity", t0("-Infinity")),
    ("NaN in a field of one's own", beat('"x_a":NaN')),
    ("hexadecimal", delta("0x1F")),
    ("leading zero", delta("05")),
    ("leading plus", delta("+5")),
    ("no digit before the point", t0(".5")),
    ("no digit after the point", t0("5.")),
    ("a minus alone", delta("-")),
    ("trailing comma", b'{"type":"heartbeat",}'),
    ("trailing words", b'{"type":"heartbeat"} and more'),
    ("two messages", b'{"type":"heartbeat"}{"type":"heartbeat"}'),
    ("a comment", b'{"type":"heartbeat"/* hello */}'),
    ("a line comment", b'{"type":"heartbeat"} // hello'),
    ("single quotes", b"{'type':'heartbeat'}"),
    ("bare keys", b'{type:"heartbeat"}'),
    ("Python's literals", b'{"type": "heartbeat", "data": None}'),
    ("byte order mark", b'\xef\xbb\xbf{"type":"heartbeat"}'),
    ("UTF-16", '{"type":"heartbeat"}'.encode("utf-16")),
    ("UTF-16, no mark", '{"type":"heartbeat"}'.encode("utf-16-le")),
    ("UTF-32", '{"type":"heartbeat"}'.encode("utf-32")),
    ("Latin-1", '{"type":"connect","data":{"name":"Ängel"}}'.encode("latin-1")),
    ("overlong UTF-8", b'{"type":"connect","data":{"name":"\xc0\xaf"}}'),
    ("overlong UTF-8, own field", b'{"type":"heartbeat","x_a":"\xc0\xaf"}'),
    ("a surrogate in UTF-8", b'{"type":"connect","data":{"name":"\xed\xa0\x80"}}'),
    ("beyond Unicode", b'{"type":"connect","data":{"name":"\xf4\x90\x80\x80"}}'),
    ("half a sign", b'{"type":"heartb\xc3"}'),
    ("raw control sign", b'{"type":"heart\x01beat"}'),
    ("raw line feed", b'{"type":"heart\nbeat"}'),
    ("lone high surrogate", b'{"type":"connect","data":{"name":"a\\ud83d"}}'),
    ("lone low surrogate", b'{"type":"connect","data":{"name":"\\udc00a"}}'),
    ("surrogates in the wrong order", b'{"type":"connect","data":{"name":"\\udc00\\ud83d"}}'),
    ("lone surrogate, own field", beat(r'"x_a":"\ud800"')),
    ("lone surrogate in an own key", beat(r'"x_\ud800":1')),
    ("unknown escape", b'{"type":"connect","data":{"name":"\\q"}}'),
    ("null", b"null"),
    ("a number", b"17"),
    ("a string", b'"heartbeat"'),
    ("a list", b'[{"type":"heartbeat"}]'),
    ("true", b"true"),
    ("lists in one another", b"[" * 100_000),
    ("lists in one another, closed", b"[" * 100_000 + b"]" * 100_000),
    ("objects in one another", b'{"a":' * 100_000),
    ("objects in one another, closed", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ("deep data", beat('"data":' + "[" * 100_000)),
    ("deep own field", beat('"x_a":' + "[" * 100_000)),
    ("deep own field, closed", beat('"x_a":' + "[" * 100_000 + "]" * 100_000)),
    ("rather deep own field", beat('"x_a":' + "[" * DEPTH_MAX + "]" * DEPTH_MAX)),
]

TWICE = [
    ('{"type":"heartbeat","type":"heartbeat"}', "type"),
    ('{"type":"heartbeat","type":"undo"}', "type"),
    ('{"type":"heartbeat","data":{},"data":{}}', "data"),
    ('{"type":"heartbeat","id":"tap-000001","id":"tap-000002"}', "id"),
    ('{"type":"heartbeat","game_id":"a","game_id":"a"}', "game_id"),
    ('{"type":"undo","data":{"version":1,"version":2}}', "data.version"),
    (r'{"type":"undo","data":{"version":1,"\u0076ersion":2}}', "data.version"),
    ('{"type":"undo","data":{"version" :1,"reason":"\\"","version"\n:2}}', "data.version"),
    ('{"type":"setup","data":{"op":"profile","op":"roll"}}', "data.op"),
    (
        '{"type":"connect","data":{"resume":{"epoch":"e","version":1,"version":2}}}',
        "data.resume.version",
    ),
    (
        '{"type":"timer_update","data":{"op":"batch","since_version":1,"presses":'
        '[{"kind":"turn","player":1,"pressed_at":1},'
        '{"kind":"turn","player":1,"player":2,"pressed_at":2}]}}',
        "data.presses[1].player",
    ),
    (
        '{"type":"game_create","data":{"options":{"clock":{"mode":"up","mode":"down"}}}}',
        "data.options.clock.mode",
    ),
    ('{"type":"heartbeat","x_a":1,"x_a":2}', "x_a"),
    ('{"type":"heartbeat","x_a":{"b":1,"b":2}}', "x_a.b"),
    ('{"type":"heartbeat","x_a":[[{"b":1,"b":2}]]}', "x_a[0][0].b"),
    ('{"type":"nope","a":1,"a":2}', "a"),
    ('{"type":"nope","\\u202e\\n":1,"\\u202e\\n":2}', "??"),
]

WRONG: list[tuple[bytes, E, str]] = [
    # which message
    (b"{}", E.MISSING_FIELD, "type"),
    (b'{"data":{}}', E.MISSING_FIELD, "type"),
    (b'{"type":"nope"}', E.UNKNOWN_TYPE, "type"),
    (b'{"type":"Heartbeat"}', E.UNKNOWN_TYPE, "type"),
    (b'{"type":""}', E.UNKNOWN_TYPE, "type"),
    (b'{"type":"ack","data":{}}', E.UNKNOWN_TYPE, "type"),
    (b'{"type":"error","data":{}}', E.UNKNOWN_TYPE, "type"),
    (b'{"type":"of length 3"}', E.UNKNOWN_TYPE, "type"),
    (b'{"type":3}', E.WRONG_TYPE, "type"),
    (b'{"type":null}', E.WRONG_TYPE, "type"),
    (b'{"type":["heartbeat"]}', E.WRONG_TYPE, "type"),
    (b'{"type":"timer_update","data":{"op":"nope"}}', E.UNKNOWN_TYPE, "data.op"),
    (b'{"type":"timer_update","data":{"op":1}}', E.WRONG_TYPE, "data.op"),
    (b'{"type":"timer_update","data":{}}', E.MISSING_FIELD, "data.op"),
    (b'{"type":"timer_update"}', E.MISSING_FIELD, "data"),
    # the envelope
    (beat('"data":null'), E.WRONG_TYPE, "data"),
    (beat('"data":[]'), E.WRONG_TYPE, "data"),
    (beat('"id":"short"'), E.BAD_VALUE, "id"),
    (beat(f'"id":"{"a" * 37}"'), E.BAD_VALUE, "id"),
    (beat('"id":"tap 000001"'), E.BAD_VALUE, "id"),
    (beat(r'"id":"tap-000001\n"'), E.BAD_VALUE, "id"),
    (beat('"id":"tap-00000\u00e9"'), E.BAD_VALUE, "id"),
    (beat('"id":12345678'), E.WRONG_TYPE, "id"),
    (beat('"game_id":""'), E.BAD_VALUE, "game_id"),
    (beat('"game_id":"a b"'), E.BAD_VALUE, "game_id"),
    (beat(f'"game_id":"{"g" * 41}"'), E.BAD_VALUE, "game_id"),
    (beat('"game_id":7'), E.WRONG_TYPE, "game_id"),
    (beat('"timestamp":"yesterday"'), E.BAD_VALUE, "timestamp"),
    (beat('"timestamp":"2026-13-01T00:00:00Z"'), E.BAD_VALUE, "timestamp"),
    (beat('"timestamp":"2026-11-22"'), E.BAD_VALUE, "timestamp"),
    (beat('"timestamp":""'), E.BAD_VALUE, "timestamp"),
    (beat('"timestamp":1790000000'), E.WRONG_TYPE, "timestamp"),
    (beat('"version":3'), E.UNKNOWN_FIELD, "version"),
    (beat('"__proto__":{"admin":true}'), E.UNKNOWN_FIELD, "__proto__"),
    (beat('"constructor":1'), E.UNKNOWN_FIELD, "constructor"),
    (beat('"X_a":1'), E.UNKNOWN_FIELD, "X_a"),
    (beat('"x":1'), E.UNKNOWN_FIELD, "x"),
    (beat('"":1'), E.UNKNOWN_FIELD, "?"),
    (beat(r'"\u202e\u0000\n":1'), E.UNKNOWN_FIELD, "???"),
    (beat(f'"{"k" * 5000}":1'), E.UNKNOWN_FIELD, "k" * 40),
    (beat('"x_a":1,"nope":2'), E.UNKNOWN_FIELD, "nope"),
    (beat('"data":{"x_a":1,"nope":2}'), E.UNKNOWN_FIELD, "data.nope"),
    (beat('"x_a":1,"data":{"t0":true}'), E.WRONG_TYPE, "data.t0"),
    (beat('"data":{"__proto__":{}}'), E.UNKNOWN_FIELD, "data.__proto__"),
    # numbers
    (delta("1.0"), E.WRONG_TYPE, "data.delta"),
    (delta("1e2"), E.WRONG_TYPE, "data.delta"),
    (delta("true"), E.WRONG_TYPE, "data.delta"),
    (delta('"5"'), E.WRONG_TYPE, "data.delta"),
    (delta("[5]"), E.WRONG_TYPE, "data.delta"),
    (delta("{}"), E.WRONG_TYPE, "data.delta"),
    (delta("1e999"), E.OUT_OF_RANGE, "data.delta"),
    (delta("-1e999"), E.OUT_OF_RANGE, "data.delta"),
    (delta("1000"), E.OUT_OF_RANGE, "data.delta"),
    (delta("-1000"), E.OUT_OF_RANGE, "data.delta"),
    (delta(str(2**64)), E.OUT_OF_RANGE, "data.delta"),
    (delta("9" * 10_000), E.OUT_OF_RANGE, "data.delta"),
    (t0("1e17"), E.OUT_OF_RANGE, "data.t0"),
    (t0("9" * 400), E.OUT_OF_RANGE, "data.t0"),
    (t0("true"), E.WRONG_TYPE, "data.t0"),
    (b'{"type":"score_update","data":{"player":3,"delta":1}}', E.BAD_VALUE, "data.player"),
    (b'{"type":"score_update","data":{"player":true,"delta":1}}', E.WRONG_TYPE, "data.player"),
    (b'{"type":"score_update","data":{"player":"1","delta":1}}', E.WRONG_TYPE, "data.player"),
    (b'{"type":"score_update","data":{"delta":1}}', E.MISSING_FIELD, "data.player"),
    (b'{"type":"score_update","data":{"player":1,"cp":-1}}', E.OUT_OF_RANGE, "data.cp"),
    (b'{"type":"undo","data":{"version":-1}}', E.OUT_OF_RANGE, "data.version"),
    (b'{"type":"undo","data":{"version":9007199254740993}}', E.OUT_OF_RANGE, "data.version"),
    (b'{"type":"undo","data":{"dry_run":1}}', E.WRONG_TYPE, "data.dry_run"),
    # texts and lists
    (
        b'{"type":"score_update","data":{"player":1,"category":"of length <= 3"}}',
        E.BAD_VALUE,
        "data.category",
    ),
    (
        b'{"type":"score_update","data":{"player":1,"cp_why":"Expected `int`"}}',
        E.BAD_VALUE,
        "data.cp_why",
    ),
    (b'{"type":"connect","data":{"code":""}}', E.BAD_VALUE, "data.code"),
    (b'{"type":"connect","data":{"code":"%s"}}' % (b"A" * 17), E.TOO_LONG, "data.code"),
    (b'{"type":"connect","data":{"key":"short"}}', E.BAD_VALUE, "data.key"),
    (b'{"type":"connect","data":{"token":"short"}}', E.BAD_VALUE, "data.token"),
    (b'{"type":"connect","data":{"token":"%s"}}' % (b"a" * 44), E.BAD_VALUE, "data.token"),
    (b'{"type":"connect","data":{"client_type":"admin"}}', E.BAD_VALUE, "data.client_type"),
    (b'{"type":"connect","data":{"resume":{"epoch":"e"}}}', E.MISSING_FIELD, "data.resume.version"),
    (b'{"type":"connect","data":{"name":"%s"}}' % (b"n" * 16_000), E.TOO_LONG, "data.name"),
    (b'{"type":"connect","data":{"name":7}}', E.WRONG_TYPE, "data.name"),
    (b'{"type":"game_list","data":{"status":"playing"}}', E.WRONG_TYPE, "data.status"),
    (b'{"type":"game_list","data":{"status":["won"]}}', E.BAD_VALUE, "data.status[0]"),
    (
        b'{"type":"game_list","data":{"status":[%s"void"]}}' % (b'"void",' * 7),
        E.OUT_OF_RANGE,
        "data.status",
    ),
    (
        b'{"type":"timer_update","data":{"op":"batch","since_version":1,"presses":[]}}',
        E.OUT_OF_RANGE,
        "data.presses",
    ),
    (
        b'{"type":"timer_update","data":{"op":"batch","since_version":1,"presses":'
        b'[{"kind":"turn","player":1,"pressed_at":1},{"kind":"turn","player":9}]}}',
        E.BAD_VALUE,
        "data.presses[1].player",
    ),
    (
        b'{"type":"game_create","data":{"options":{"clock":"fast"}}}',
        E.BAD_VALUE,
        "data.options.clock",
    ),
    (
        b'{"type":"game_create","data":{"options":{"clock":{"budget":1}}}}',
        E.UNKNOWN_FIELD,
        "data.options.clock.budget",
    ),
    (b'{"type":"settings_update","data":{"key":"a"}}', E.MISSING_FIELD, "data.value"),
    (b'{"type":"settings_update","data":{"key":"a","value":1.5}}', E.WRONG_TYPE, "data.value"),
    (b'{"type":"settings_update","data":{"key":"../a","value":1}}', E.BAD_VALUE, "data.key"),
]


@pytest.mark.parametrize("payload", [p for _, p in NOT_JSON], ids=[n for n, _ in NOT_JSON])
def test_what_is_no_json_object(payload: bytes) -> None:
    assert malformed(payload).code == E.BAD_JSON


@pytest.mark.parametrize(("text", "field"), TWICE)
def test_a_key_twice_is_refused_wherever_it_is(text: str, field: str) -> None:
    e = malformed(text.encode())
    assert (e.code, e.field) == (E.BAD_JSON, field)


@pytest.mark.parametrize(("payload", "code", "field"), WRONG)
def test_what_is_json_and_no_message(payload: bytes, code: E, field: str) -> None:
    e = malformed(payload)
    assert (e.code, e.field) == (code, field)
    assert e.message.startswith(f"{field}: ")


def test_a_number_beyond_all_bounds_after_a_field_of_ones_own() -> None:
    e = malformed(beat('"x_a":1,"data":{"t0":1e999},"id":"tap-000001"'))
    assert (e.code, e.field, e.id) == (E.OUT_OF_RANGE, None, "tap-000001")
    assert malformed(beat('"x_a":-1e999')).code == E.OUT_OF_RANGE


def test_a_key_that_looks_like_our_own_words_stays_a_key() -> None:
    assert malformed(beat('"a` - at `$.id":1')).code == E.UNKNOWN_FIELD
    assert malformed(beat('"` - at `$.data.op":1')).code == E.UNKNOWN_FIELD
    assert malformed(b'{"type":"Object missing required field `id`"}').code == E.UNKNOWN_TYPE


@pytest.mark.parametrize(
    ("payload", "same"),
    [
        (delta("-0"), delta("0")),
        (t0("-0.0"), t0("0")),
        (t0("1e-400"), t0("0")),
        (t0("12"), t0("12.0")),
        (b' \t\r\n{"type" : "heartbeat" }\n', b'{"type":"heartbeat"}'),
        (rb'{"\u0074ype":"heart\u0062eat"}', b'{"type":"heartbeat"}'),
        (beat('"x_a":1'), b'{"type":"heartbeat"}'),
        (beat('"x_a":{"type":"undo","nope":[1,{"x_b":null}]},"x_":""'), b'{"type":"heartbeat"}'),
        (b'{"x_a":1,"type":"heartbeat","data":{"x_b":2,"t0":3}}', t0("3")),
        (
            b'{"type":"connect","data":{"resume":{"epoch":"e","version":1,"x_a":1}},"x_b":"\\n"}',
            b'{"type":"connect","data":{"resume":{"epoch":"e","version":1}}}',
        ),
        (
            b'{"type":"timer_update","data":{"op":"batch","since_version":1,"presses":'
            b'[{"kind":"turn","player":1,"pressed_at":1,"x_finger":2}]}}',
            b'{"type":"timer_update","data":{"op":"batch","since_version":1,"presses":'
            b'[{"kind":"turn","player":1,"pressed_at":1}]}}',
        ),
        (
            b'{"type":"game_create","data":{"options":{"clock":{"mode":"up","x_a":1},"x_b":1}}}',
            b'{"type":"game_create","data":{"options":{"clock":{"mode":"up"}}}}',
        ),
        (beat(f'"x_a":{"[" * 15}{"]" * 15}'), b'{"type":"heartbeat"}'),
        (beat(f'"x_a":{"9" * 4000}'), b'{"type":"heartbeat"}'),
    ],
)
def test_what_looks_odd_and_is_right(payload: bytes, same: bytes) -> None:
    assert decode(payload) == decode(same)


def test_the_same_word_as_key_and_value_is_not_a_key_twice() -> None:
    note = decode(b'{"type":"judge_call","data":{"op":"call","note":"note"},"game_id":"type"}')
    assert isinstance(note, m.JudgeCall)
    assert note.game_id == "type"
    quoted = decode(rb'{"type":"judge_call","data":{"op":"call","note":"\"op\":"}}')
    assert isinstance(quoted, m.JudgeCall)


def test_what_is_wrong_is_answered_under_its_id_if_that_can_be_read() -> None:
    def answered(text: str) -> str | None:
        return malformed(text.encode()).id

    assert answered('{"type":"nope","id":"tap-000001"}') == "tap-000001"
    assert answered('{"id":"tap-000001"}') == "tap-000001"
    assert answered('{"id":"tap-000001","type":"undo","data":{"x":1,"x":2}}') == "tap-000001"
    assert answered('{"id":"tap-000001","type":"undo","x_a":' + "[" * 20 + "]" * 20 + "}") == (
        "tap-000001"
    )
    assert answered('{"type":"nope","id":"short"}') is None
    assert answered('{"type":"nope","id":12345678}') is None
    assert answered('{"type":"nope","id":"tap-000001"') is None
    assert answered('{"type":"undo","id":"tap-000001","id":"tap-000002"}') is None
    assert answered('{"id":"tap-000001","a":' + '{"a":' * 50_000) is None


def test_an_error_quotes_little_and_nothing_that_controls_anything() -> None:
    for payload in (
        b'{"type":"%s"}' % (b"A" * 16_000),
        b'{"type":"\\u202e\\u0007\\u2028"}',
        beat(f'"{"k" * 16_000}":1'),
        b'{"type":"game_create","data":{"profile":"%s"}}' % ("\u202e" * 5_000).encode(),
    ):
        malformed(payload)
    e = malformed(b'{"type":"a\\u202eb\\u0007c"}')
    assert e.message == "type: Invalid value 'a?b?c'"


def test_no_message_of_16_kib_holds_up_the_others() -> None:
    """Row 9 of the test plan: less than 50 ms each (here all of it, with room for a busy box)."""
    full = MESSAGE_BYTES
    worst = [
        beat(f'"x_a":{"[" * 8000}{"]" * 8000}'),
        beat('"x_a":[' + "[]," * (full // 3) + "1]"),
        beat('"x_a":[' + "{}," * (full // 3) + "1]"),
        beat('"x_a":{' + ",".join(f'"{i:x}":0' for i in range(full // 9)) + "}"),
        beat('"x_a":"' + "\\u0061" * (full // 6) + '"'),
        beat('"a":"' + '\\"' * (full // 2) + '"'),
        delta("1" * full),
        t0("1." + "1" * full),
        b'"' * full,
        b'{"type":"connect","data":{"name":"%s"}}' % ("e" + "\u0301" * 7_000).encode(),
        b'{"type":"connect","data":{"name":"%s"}}' % ("\u202e" * 5_000).encode(),
        b'{"type":"settings_update","data":{"key":"%s","value":1}}' % (b"a" * full),
    ]
    for payload in worst:
        began = time.process_time()
        with contextlib.suppress(Malformed):
            decode(payload)
        assert time.process_time() - began < 0.25, payload[:60]


# ----------------------------------------------------------------------------- any bytes

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["heartbeat", "connect", "start", "", "tap-000001", "\u202e`$.data`"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "data", "op", "id", "player", "x_a", "game_id"])
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def message_or_malformed(payload: bytes) -> m.Message | None:
    try:
        return decode(payload)
    except Malformed:
        malformed(payload)
        return None


@given(st.binary(max_size=400))
def test_any_bytes(payload: bytes) -> None:
    message_or_malformed(payload)


@given(json_values)
def test_any_json(value: object) -> None:
    message_or_malformed(json.dumps(value).encode())
    message_or_malformed(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=300)
def test_a_message_with_something_changed(sample: dict[str, Any], data: st.DataObject) -> None:
    payload = bytearray(json.dumps(sample).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "double"])):
            case "flip":
                payload[at] = data.draw(st.integers(0, 255))
            case "cut":
                del payload[at : at + data.draw(st.integers(1, 10))]
            case "insert":
                payload[at:at] = data.draw(
                    st.sampled_from([b'"', b"{", b"[", b",", b"\\", b"\xff"])
                )
            case "double":
                payload[at:at] = payload[at : at + data.draw(st.integers(1, 40))]
        payload = payload or bytearray(b" ")
    message_or_malformed(bytes(payload))


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=300)
def test_a_message_with_another_value_somewhere(
    sample: dict[str, Any], data: st.DataObject
) -> None:
    changed = json.loads(json.dumps(sample))
    inside: Any = changed
    while True:
        keys = list(range(len(inside))) if isinstance(inside, list) else list(inside)
        key = data.draw(st.sampled_from(keys)) if keys else "x"
        if not keys or not isinstance(inside[key], dict | list) or data.draw(st.booleans()):
            break
        inside = inside[key]
    if isinstance(inside, dict) and data.draw(st.booleans()):
        key = data.draw(st.text(max_size=10))
    if keys:
        inside[key] = data.draw(json_values)
    message = message_or_malformed(json.dumps(changed).encode())
    if message is not None:
        assert decode(msgspec.json.encode(message)) == message


@given(st.sampled_from(SAMPLES), json_values, st.data())
def test_a_field_of_ones_own_changes_nothing(
    sample: dict[str, Any], value: object, data: st.DataObject
) -> None:
    plain = message_or_malformed(json.dumps(sample).encode())
    name = "x_" + data.draw(st.text(max_size=5))
    more = {**sample, name: value, "data": {**sample["data"], name: value}}
    message = message_or_malformed(json.dumps(more).encode())
    if message is None:  # a lone surrogate, a number beyond all bounds
        message = plain
    assert message == plain


@given(
    st.lists(
        st.tuples(st.sampled_from(["version", "reason", "dry_run"]), st.booleans()), max_size=4
    ),
    st.sampled_from([": ", ":", " :\n"]),
    st.sampled_from(["version", "reason", 'a"b', ":", '","', "\\", "é"]),
)
def test_a_key_twice_is_found_however_it_is_written(
    keys: list[tuple[str, bool]], colon: str, reason: str
) -> None:
    """The quick look at the quotes comes to what a whole parse comes to."""
    values = {"version": "1", "reason": json.dumps(reason), "dry_run": "true"}
    pairs = []
    for key, escaped in keys:
        quoted = f'"\\u00{ord(key[0]):02x}{key[1:]}"' if escaped else f'"{key}"'
        pairs.append(f"{quoted}{colon}{values[key]}")
    payload = b'{"type":"undo","data":{%s}}' % ",".join(pairs).encode()
    names = [key for key, _ in keys]
    if len(set(names)) == len(names):
        assert isinstance(decode(payload), m.Undo)
    else:
        e = malformed(payload)
        assert e.code == E.BAD_JSON
        assert e.field in {f"data.{key}" for key in names if names.count(key) > 1}
