# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GALLERY ?= ../shared/gallery
BENCH ?= ../shared/bench
JOBS ?= 2
PEERS := tests/peers/node_modules/.package-lock.json
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
export WSDIAG_REQUIRE_PEERS ?=

.PHONY: demo test lint types layers unit peers gallery benchmark benchmark-load benchmark-hold clean

demo: $(VENV)/demo.stamp  ## the incident, diagnosed on the embedded lab
	@echo "== the healthy system"
	$(BIN)/wsdiag probe --lab
	@echo
	@echo "== the incident: the page opens the backend directly, past the development proxy"
	$(BIN)/wsdiag probe --lab --fault incident --fail-on never

test: lint types layers unit  ## everything that must hold

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

layers: $(VENV)/dev.stamp
	$(BIN)/lint-imports

unit: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST)

peers: $(PEERS)  ## the real servers and the browser of the tests (Debian, npm)
	PATH="$$PATH:/usr/sbin"; for peer in nginx haproxy chromium mosquitto; do command -v $$peer >/dev/null || missing=1; done; \
	[ -z "$$missing" ] || { $(SUDO) apt-get update -q && \
	  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $(SUDO) apt-get install -y -q --no-install-recommends \
	    nginx-light haproxy chromium mosquitto; }

$(PEERS): tests/peers/package.json tests/peers/package-lock.json
	command -v npm >/dev/null || { $(SUDO) apt-get update -q && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends nodejs npm; }
	cd tests/peers && npm ci --no-audit --no-fund
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); $(SUDO) apt-get update -q && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends python3-venv && \
	  $(PYTHON) -m venv $(VENV); }
	$(BIN)/python -m pip install -q --upgrade pip

$(VENV)/demo.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/demo.stamp
	$(BIN)/python -m pip install -q --group dev
	@touch $@

gallery: $(VENV)/dev.stamp peers  ## every real stack of the gallery beside the project
	$(GALLERY)/setup.sh
	$(BIN)/python tests/peers/gallery.py $(GALLERY)

benchmark: $(VENV)/dev.stamp  ## the speed figures of the README
	$(BIN)/python -m benchmarks

benchmark-load: $(VENV)/dev.stamp  ## what load costs beside its peers, with the kit beside the project
	$(BIN)/python -m benchmarks.loading --kit $(BENCH)

benchmark-hold: $(VENV)/dev.stamp  ## 10,000 sessions for two minutes
	$(BIN)/python -m benchmarks.holding --kit $(BENCH)

clean:
	rm -rf $(VENV) tests/peers/node_modules wsdiag-out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
