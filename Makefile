# Everything runs inside the checkout: .venv holds the packages, data/ holds all state.
.DEFAULT_GOAL := help
.PHONY: help setup demo test fast check lint types suite dev clean

PYTHON ?= python3
UNIVERSE ?=
FAST = metrics campaigns tables demand ledger
export DAGSTER_HOME := $(CURDIR)

help: ## Show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/.complete ## Install the locked packages into .venv

# uv where it is present; otherwise pip brings it into the virtual environment.
.venv/.complete: pyproject.toml uv.lock
	@set -e; if command -v uv >/dev/null 2>&1; then uv=uv; else \
	  test -x .venv/bin/python || $(PYTHON) -m venv .venv; \
	  test -x .venv/bin/uv || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv; \
	  uv=.venv/bin/uv; fi; \
	"$$uv" sync --locked --inexact --python "$$(test -x .venv/bin/python && echo .venv/bin/python || echo $(PYTHON))"
	@touch $@

demo: setup ## Materialize the example campaigns against the sandbox (UNIVERSE=file.parquet for other creators)
	@.venv/bin/creator-assets demo $(if $(UNIVERSE),--universe $(UNIVERSE))

# Types are checked beside the suite: that takes one core for a minute where nothing is cached.
test: lint ## Lint, check imports and types, run the whole suite
	@$(MAKE) --no-print-directory --jobs=2 types suite

fast: setup ## Test metrics, campaigns, tables, demand and the ledger on SQLite
	@CREATOR_ASSETS_QUICK_TESTS=1 .venv/bin/python -m pytest -m "not postgres and not kills and not slow" $(wildcard $(addprefix tests/,$(FAST)))

check: lint types ## Lint, check imports and types

lint: setup
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --check --quiet
	@report=$$(.venv/bin/lint-imports --no-logo) || { echo "$$report"; exit 1; }

types: setup
	@.venv/bin/mypy --no-error-summary

suite: setup
	@.venv/bin/python -m pytest

dev: setup ## Serve the Dagster UI, with the sandbox where no real key is set
	@.venv/bin/creator-assets dev $(if $(UNIVERSE),--universe $(UNIVERSE))

clean: ## Remove all state, ledger and archive included
	rm -rf data
