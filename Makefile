# gamesync: `make run` starts a server to look at, `make test` tests it. Both do all set-up.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run table test lint types bench chaos soak install-test deb install docs screenshots clean

run: .venv/for-running ## a server with a demonstration game; prints its links
	$(BIN)/twistd -n --pidfile= gamesync --demo --banner

table: .venv/for-table ## a table's screen in a window, beside that server or any other: ADDRESS=ws://box:8765
	$(BIN)/gamesync-table --window 800x480 $(ADDRESS)

test: ## the built wheel, tested with coverage in an environment of its own
	PYTHON=$(PYTHON) scripts/test

lint: .venv/for-working
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/for-working
	$(BIN)/mypy .

bench: .venv/for-working ## what durability costs, how long a cold phone waits, how soon a press is seen
	$(BIN)/python -m bench.durable
	$(BIN)/python -m bench.paint
	$(BIN)/python -m bench.watched
	$(BIN)/python -m bench.table

chaos: .venv/for-working ## kills, floods, power cuts, bad networks, strangers' clients: the long forms
	scripts/debian haproxy slowhttptest nftables libmojolicious-perl libio-socket-ssl-perl || true
	GAMESYNC_LONG=1 $(BIN)/python -m pytest tests/chaos tests/server/test_floods.py \
	    tests/system/test_hard_play.py tests/system/test_foreign_clients.py

soak: .venv/for-working ## two hours of churn at the server, and of play at a table's screen
	GAMESYNC_SOAK_SECONDS=7200 $(BIN)/python -m pytest tests/chaos -k soak
	GAMESYNC_LONG=1 $(BIN)/python -m pytest tests/table/test_soak.py

install-test: .venv/for-working ## the package on fresh boxes: installed, upgraded, restored, removed; as root
	scripts/debian systemd-container debootstrap
	GAMESYNC_LONG=1 $(BIN)/python -m pytest tests/system/test_install.py

deb: ## a package for this release of Debian or Raspberry Pi OS, in build/
	scripts/package build

install: deb ## builds the package and installs it: serves on port 8765, now and at every start
	[ "$$(id -u)" = 0 ] || root=sudo; \
	$$root apt-get install --yes "./$$(ls -t build/gamesync_*.deb | head -n 1)"

docs: .venv/for-working ## what is generated in docs/ and etc/; pictures: python -m tests.pages.pictures, tests.table.picture
	$(BIN)/python -m gamesync.wire.schema
	$(BIN)/python docs/operating.py

screenshots: .venv/for-working ## each page and table screen, each size, light and dark, in build/screenshots
	$(BIN)/python -m tests.pages.gallery build/screenshots
	$(BIN)/python -m tests.table.gallery build/screenshots/table

clean:
	rm -rf .venv build *.egg-info .coverage .*_cache .hypothesis

.venv/for-running: setup.cfg pyproject.toml
	[ -x $(BIN)/python ] || scripts/venv .venv $(PYTHON)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[mdns]'
	touch $@

.venv/for-table: setup.cfg pyproject.toml
	[ -x $(BIN)/python ] || scripts/venv .venv $(PYTHON)
	scripts/debian libgl1 libegl1 libmtdev1 fonts-roboto-unhinted || true
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[table]'
	touch $@

.venv/for-working: setup.cfg pyproject.toml
	[ -x $(BIN)/python ] || scripts/venv .venv $(PYTHON)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@
