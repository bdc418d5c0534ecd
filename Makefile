# Khám Đoàn: every way to run, check and measure it. `make` alone lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

PARTS := contracts shared $(addprefix services/,registry scheduling results coordination gateway) deploy/local deploy/demo
SOURCES := $(addsuffix /src,$(PARTS))
BIN := .venv/bin
INSTALLED := .venv/installed
WORKERS ?= 2
FAULTS := tests/faults tests/e2e/test_killed_services.py deploy/local/tests/test_supervisor.py $(addprefix shared/tests/test_,\
  crashes.py servers_away.py soak.py zombies.py rivals.py draining.py broken_messages.py dead_letters.py lapsed_leases.py) \
  tests/rosters/test_varied_layouts.py

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.PHONY: setup
setup: $(INSTALLED) ## a virtual environment from the lock, with our own parts in it

$(INSTALLED): requirements.lock $(addsuffix /pyproject.toml,$(PARTS))
	@for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then found=$$candidate; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
	  echo 'Cần Python 3.11 trở lên kèm venv, ví dụ: sudo apt install python3 python3-venv.' >&2; \
	  echo 'Python 3.11 or later with venv is needed, for example: sudo apt install python3 python3-venv.' >&2; \
	  exit 1; \
	fi; \
	[ -x $(BIN)/python ] || $$found -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix -e ./,$(PARTS))
	@touch $@

.PHONY: up
up: setup ## start everything in the background: servers, services, tracing page
	$(BIN)/khamdoan up --detach

.PHONY: down
down: setup ## stop it
	$(BIN)/khamdoan down

.PHONY: logs
logs: setup ## what the processes write, until Ctrl-C
	$(BIN)/khamdoan logs --follow

.PHONY: demo
demo: setup ## one campaign from roster to close-out; SCENARIO=… SCALE=0.1 KEEP=0
	$(BIN)/khamdoan demo $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(SCALE),--scale $(SCALE)) $(if $(KEEP),--keep $(KEEP))

.PHONY: test
test: setup lint types contracts small-demo ## everything a change must pass
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m 'not exhaustive'

.PHONY: quick
quick: setup lint types ## the same without the slow tests and the demo
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m 'not slow and not exhaustive'

.PHONY: lint
lint: setup ## style and boundaries between the parts
	$(BIN)/ruff check
	$(BIN)/lint-imports

.PHONY: types
types: setup ## mypy, strict
	$(BIN)/mypy $(SOURCES)

.PHONY: contracts
contracts: setup ## that schemas and documents are what the event classes say, and compatible
	$(BIN)/python -m contracts check

.PHONY: small-demo
small-demo: setup
	$(BIN)/khamdoan demo --scale 0.02 --keep 0

.PHONY: bench
bench: setup ## the measurements behind the numbers in the documents
	$(BIN)/python -m pytest tests/bench -s

.PHONY: faults
faults: setup ## all long forms: servers and services killed, frozen and cut off at work; FAULT_SCHEDULES=200 FAULT_SEED=1
	$(BIN)/python -m pytest -v $(FAULTS)

.PHONY: clean
clean: ## remove the virtual environment, the data and every cache of tools
	@if [ -x $(BIN)/khamdoan ]; then $(BIN)/khamdoan down --discard; fi
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
