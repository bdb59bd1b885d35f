# Madoguchi: what can be done from a checkout. It needs Python 3.11 or newer, make and git.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo "$$name"; break; }; done)
BIN := .venv/bin
READY := .venv/ready-$(shell cksum < requirements.lock | cut -d' ' -f1)
UV ?= uv

define SHIM
#!$(CURDIR)/$(BIN)/python
"""The office's command, run from its checkout."""
import os
import sys

sys.path.insert(0, "$(CURDIR)")
os.environ["PYTHONPATH"] = "$(CURDIR)"  # what the office starts runs from the same checkout
from engine.cli import main

sys.exit(main())
endef
export SHIM

.PHONY: help setup demo office test lint format bench lock clean

help: ## list what can be done
	@sed -n 's/^\([a-z]*\):.*## /make \1: /p' Makefile

setup: $(READY) ## make .venv from requirements.lock and nothing else
	@:

demo: $(READY) ## the whole office, and one disclosure played in front of you; ONCE=1 leaves when it is done
	@exec $(BIN)/python -m sample.demo $(if $(ONCE),--once)

office: $(READY) ## the sample office, with nothing played
	@exec $(BIN)/python -m sample.office

test: $(READY) ## all tests; installs Chromium, PostgreSQL and a Japanese font where they are missing
	@.ci/needs
	@$(BIN)/python -m pytest $(ARGS)

lint: $(READY) ## style, types, allowed imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-logo

format: $(READY) ## put the code into the house's format
	@$(BIN)/ruff check --fix --select I .
	@$(BIN)/ruff format .

bench: $(READY) ## figures, into build/bench.json
	@exec $(BIN)/python -m bench

lock: ## resolve requirements.lock anew; needs uv
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --group dev pyproject.toml -o requirements.lock

clean: ## forget what was set up and built; the ledger in var/ stays
	@rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*

$(READY): requirements.lock Makefile
	@test -n "$(PYTHON)" || { echo 'Madoguchi needs Python 3.11 or newer: install it, or name it with make PYTHON=…' >&2; exit 1; }
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { echo 'Madoguchi needs Python 3.11 or newer, and $(PYTHON) is older or not there' >&2; exit 1; }
	@test -x $(BIN)/python || echo 'Setting up .venv from requirements.lock (once; a minute or two) …'
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv || { echo 'No venv could be made: on Debian, apt install python3-venv' >&2; exit 1; }
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@rm -f .venv/ready-*
	@printf '%s\n' "$$SHIM" > $(BIN)/madoguchi
	@chmod +x $(BIN)/madoguchi
	@touch $@
