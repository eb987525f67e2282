# Two commands: `make run` and `make test`. Both set everything up first.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

unexport PYTHONDONTWRITEBYTECODE  # compiled once, and not by each of a hundred processes of a test run

.PHONY: run test check bench setup assets lock clean

run: setup
	@$(BIN)/hcqic start

test: setup
	@$(BIN)/python -m pytest -n $$(($$(nproc) + 2)) --dist worksteal

check: setup
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m pytest tests/benchmarks --benchmark-only

setup: $(STAMP) assets

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: try make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing (once, about two minutes) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

assets: $(STAMP)
	@$(BIN)/python -m hcqic_gov.web.assets

# Needs uv. The lock holds for every Python from 3.11 on, with hashes and without addresses.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group dev -o requirements.lock

clean:
	rm -rf .venv .node .hcqic hcqic_gov/web/static/built *.egg-info
