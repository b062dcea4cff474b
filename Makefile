# What a newcomer needs: `make run`. What a developer needs besides: `make test`, `make check`.
# Needs Python 3.11 or later, make, and the package registries that pip and npm are set up for.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
STRICT := src/zhike/run src/zhike/cli src/zhike/analytics src/zhike/core src/zhike/config \
	$(filter-out src/zhike/core/%,$(wildcard src/zhike/*/operations src/zhike/*/queries src/zhike/*/enums.py src/zhike/*/api.py)) \
	src/zhike/facts/intake src/zhike/facts/demo
NOWHERE := ZHIKE_HOME=none ZHIKE_KEYS=none ZHIKE_SECRET_KEY=none ZHIKE_DB_APP=postgresql://none/none

# Roles are a server's, not a database's: on a server of your own tests run in one process.
PROCESSES ?= $(if $(ZHIKE_TEST_DATABASE_URL),0,2)

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench night requirements docs messages format lock spark

help:            ## this list
	@sed -n 's/^\([a-z]*\): .*## /\1\t/p' Makefile | expand -t 16

setup: .venv/.installed ## virtual environment, packages, front-end files, catalogues; quick if up to date
	@$(BIN)/python tools/frontend.py
	@$(BIN)/python tools/messages.py compile

.venv/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later was not found; name it: make PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked packages, about a minute …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup       ## the whole bank on this machine, at the address it prints; another port: make run PORT=8055
	@$(BIN)/zhike up $(if $(PORT),--port $(PORT))

test: setup      ## every test, but the slow ones of `make night`; in one process: make test PROCESSES=0
	@$(BIN)/pytest -m "not night" -n $(PROCESSES)

check: setup     ## style, ladder of rooms, types, catalogues, lock files, requirement IDs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(NOWHERE) $(BIN)/mypy $(STRICT)
	$(BIN)/python tools/messages.py check
	$(BIN)/python tools/locks.py check
	$(BIN)/python tools/requirements.py check
	$(BIN)/python tools/docs.py
	$(BIN)/python tools/leaks.py

bench: setup     ## the performance claims; one alone: make bench NAME=evaluate SIZE=full
	@$(BIN)/python -m bench $(NAME) $(if $(SIZE),--size $(SIZE))

night: setup     ## slow destruction and fuzz runs
	@$(BIN)/pytest -m night

requirements: setup ## how many requirement IDs are done, and whether their tests pass
	@$(BIN)/python tools/requirements.py run

docs: setup      ## the written pages: links, pictures and commands they name
	@$(BIN)/python tools/docs.py

messages: setup  ## bring the catalogues in line with the sources, and say what is missing
	@$(BIN)/python tools/messages.py extract
	@$(BIN)/python tools/messages.py check

format: setup    ## let ruff write
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format

lock: setup      ## resolve the lock files anew after a change of pyproject.toml
	@$(BIN)/python tools/locks.py write

spark: setup     ## what the Spark half of the parity tests needs; Java 17 must be there
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements-spark.lock
