# gamesync: `make run` starts a server to look at, `make test` tests it. Both do all set-up.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint types bench chaos soak docs screenshots clean

run: .venv/for-running ## a server with a demonstration game; prints its links
	$(BIN)/twistd -n --pidfile= gamesync --demo --banner

test: ## the built wheel, tested with coverage in an environment of its own
	PYTHON=$(PYTHON) scripts/test

lint: .venv/for-working
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/for-working
	$(BIN)/mypy .

bench: .venv/for-working ## prints what durability costs, and how long a cold phone waits
	$(BIN)/python -m bench.durable
	$(BIN)/python -m bench.paint

chaos: .venv/for-working ## kills, power cuts, bad networks: the long form of tests/chaos
	GAMESYNC_LONG=1 $(BIN)/python -m pytest tests/chaos

soak: .venv/for-working ## two hours of churn
	GAMESYNC_SOAK_SECONDS=7200 $(BIN)/python -m pytest tests/chaos -k soak

docs: .venv/for-working ## what is generated in docs/ and etc/; pictures: python -m tests.pages.pictures
	$(BIN)/python -m gamesync.wire.schema
	$(BIN)/python docs/operating.py

screenshots: .venv/for-working ## each page at each size, light and dark, in build/screenshots
	$(BIN)/python -m tests.pages.gallery build/screenshots

clean:
	rm -rf .venv build *.egg-info .coverage .*_cache .hypothesis

.venv/for-running: setup.cfg pyproject.toml
	[ -x $(BIN)/python ] || scripts/venv .venv $(PYTHON)
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/for-working: setup.cfg pyproject.toml
	[ -x $(BIN)/python ] || scripts/venv .venv $(PYTHON)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@
