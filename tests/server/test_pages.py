"""How the pages are served: what a browser may keep, what a page may load, and nothing else."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from gamesync.server.pages import TYPES, Pages, policy

from ..house import House
from .test_site import Answer, get

PAGES = Pages.read()
APP = f"/static/{PAGES.version}/app.js"


@pytest.fixture(autouse=True)
def as_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may be writing them just now."""
    read = Pages.read
    monkeypatch.setattr(Pages, "read", lambda root=None: PAGES if root is None else read(root))


def front(path: str = "/", method: str = "GET", **headers: str) -> Answer:
    return get(House(), path, method, host="box.local:8765", **headers)


@pytest.mark.parametrize("path", ["/", "/?view=board", "/?view=report&lang=de&nonsense=%00"])
def test_the_front_page_is_the_same_whatever_is_asked_of_it(path: str) -> None:
    answer = front(path)
    assert (answer.code, answer.body) == (200, PAGES.front.body)
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert answer.header("cache-control") == "no-cache"


def test_it_names_the_version_of_what_it_loads_and_no_absolute_path() -> None:
    text = front().body.decode()
    assert "{{" not in text
    named = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert f"static/{PAGES.version}/app.js" in named
    for url in named:
        assert not url.startswith(("/", "http")), url  # it may lie below any path
        assert url.removeprefix(f"static/{PAGES.version}/") in PAGES.files


def test_what_a_page_may_load() -> None:
    said = front().header("content-security-policy")
    assert said == policy("box.local:8765").decode()
    rules = dict(rule.strip().split(" ", 1) for rule in (said or "").split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://box.local:8765 wss://box.local:8765"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in (said or "")


def test_other_headers_that_keep_strangers_out() -> None:
    answer = front(APP)
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("referrer-policy") == "no-referrer"
    assert answer.header("content-security-policy")


def test_each_file_is_there_for_ever() -> None:
    house = House()
    for name, file in PAGES.files.items():
        answer = get(house, f"/static/{PAGES.version}/{name}")
        assert (answer.code, answer.body) == (200, file.body)
        assert answer.header("cache-control") == "public, max-age=31536000, immutable"
        assert answer.header("content-type") == TYPES[Path(name.partition("?")[0]).suffix]


def test_packed_for_those_who_take_it() -> None:
    answer = front(APP, accept_encoding="br, gzip")
    assert answer.header("content-encoding") == "gzip"
    assert answer.header("vary") == "accept-encoding"
    assert gzip.decompress(answer.body) == PAGES.files["app.js"].body
    plain = front(APP)
    assert plain.header("content-encoding") is None
    assert plain.header("vary") == "accept-encoding"


@pytest.mark.parametrize("path", ["/", APP])
def test_what_a_browser_has_is_not_sent_again(path: str) -> None:
    tag = front(path).header("etag") or ""
    again = front(path, if_none_match=tag)
    assert (again.code, again.body) == (304, b"")
    assert again.header("content-security-policy")
    assert front(path, if_none_match='"another"').code == 200


@pytest.mark.parametrize("path", ["/", APP])
def test_head(path: str) -> None:
    answer = front(path, "HEAD")
    assert (answer.code, answer.body) == (200, b"")
    assert answer.header("etag") == front(path).header("etag")


@pytest.mark.parametrize("path", ["/", APP, "/favicon.svg"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_pages_are_read_and_not_written(path: str, method: str) -> None:
    assert front(path, method).code in (405, 501)


def test_the_icon_has_an_address_of_its_own() -> None:
    answer = front("/favicon.svg")
    assert (answer.code, answer.header("content-type")) == (200, "image/svg+xml")


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/app.js",
        "/static",
        "/static/",
        "/static/another/app.js",
        f"/static/{PAGES.version}",
        f"/static/{PAGES.version}/",
        f"/static/{PAGES.version}/client",
        f"/static/{PAGES.version}/index.html",
        f"/static/{PAGES.version}/../../pages.py",
        f"/static/{PAGES.version}/%2e%2e/%2e%2e/setup.cfg",
        f"/static/{PAGES.version}/client%2fgamesync.js/x",
        f"/static/{PAGES.version}/app.js/",
        f"/static/{PAGES.version}/%ff%fe",
    ],
)
def test_nothing_else_is_there(path: str) -> None:
    answer = front(path)
    assert (answer.code, answer.json) == (404, {"error": "not_found"})


def test_another_file_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<script src=static/{{version}}/a.js></script>")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "notes.txt").write_text("not served")
    (tmp_path / "a.js").write_text("1")
    one = Pages.read(tmp_path)
    assert sorted(one.files) == ["a.js", "icon.svg"]
    assert one.version.encode() in one.front.body
    (tmp_path / "a.js").write_text("2")
    two = Pages.read(tmp_path)
    assert one.version != two.version
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert Pages.read(tmp_path).version not in (one.version, two.version)
