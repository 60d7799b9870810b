# Needs only python3 (3.11 or newer, with venv) and a way to PyPI; everything else lands in .venv.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
ARGS ?=

# The one environment is this folder's own, whatever the caller has activated, and uv never fetches an interpreter.
# A process that may not keep what it compiles begins a second or two later, and the tests begin hundreds.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all bench lint format proto docs clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## Create .venv with everything that the other targets need

.venv/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "c4e-opt needs Python 3.11 or newer; say which with make PYTHON=...")'
	@test -x $(UV) || { $(PYTHON) -m venv --clear .venv && $(BIN)/python -m pip install --quiet "uv>=0.9,<1"; }
	$(UV) sync --frozen
	@touch $@

run: setup ## Run the demonstration
	$(BIN)/c4e-opt demo

lint: setup ## Check style, format, types and import directions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports

format: setup ## Put every file into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/buf format --write

test: lint ## Check everything and run the tests that are not slow
	$(BIN)/pytest -n 2 -m "not slow" $(ARGS)

test-all: lint ## Check everything and run every test
	$(BIN)/pytest -n 2 $(ARGS)

bench: .venv-bench/.ready ## Run the benchmarks beside their peers (ARGS=--quick for a short run)
	@set -e; for file in benchmarks/*.py; do \
		case $$file in */_*|*'*'*) continue;; esac; echo "== $$file"; .venv-bench/bin/python $$file $(ARGS); done

.venv-bench/.ready: .venv/.ready
	UV_PROJECT_ENVIRONMENT=.venv-bench $(UV) sync --frozen --no-default-groups --group bench --python $(BIN)/python
	@touch $@

proto: setup ## Generate the Python code of the wire contract
	$(BIN)/python proto/generate.py

docs: setup ## Generate the reference pages
	$(BIN)/python docs/generate.py

clean: ## Remove the environments and everything that was built
	rm -rf .venv .venv-bench dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
