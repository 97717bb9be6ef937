# Two commands do everything: `make demo` and `make test`. Python 3.11 or newer, make and git are all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := uv==0.13.9

# Tests start many processes: each would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-postgres test-transformers lint types browser postgres bench lock format clean

help:
	@echo "make demo    the main job on a real Label Studio, from articles to a loaded dataset"
	@echo "make test    set up, lint, type check and run all tests"
	@echo "make test-postgres      run the tests that use Label Studio again, on PostgreSQL"
	@echo "make test-transformers  train the examples' encoders; sets up gigabytes beside the rest"
	@echo "make bench   measure speed and memory against the named peers"
	@echo "make format  format the code; make lock  renew requirements.lock; make clean"

# Installing compiles the core of `convert`, with a compiler from the package index where the machine has none.
$(READY): requirements.lock pyproject.toml hatch_build.py $(wildcard curation/studio/conversion/c/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed. Fix: make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV)"
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: $(READY)
	$(BIN)/curation demo

# Tests keep their files in memory where there is room, and only those of a test that fails stay.
test: $(READY) lint types browser postgres
	PYTEST_DEBUG_TEMPROOT=$$($(BIN)/python -m tests.memory) \
	  $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -o tmp_path_retention_policy=failed

test-postgres: $(READY) postgres
	CURATION_TEST_DATABASE=postgresql $(BIN)/python -m pytest -m server tests/studio

test-transformers: $(READY)
	$(BIN)/python -m uv venv --quiet --allow-existing $(VENV)/transformers
	$(BIN)/python -m uv pip install --quiet --python $(VENV)/transformers/bin/python --group dev \
	  --editable '.[train,transformers]'
	$(VENV)/transformers/bin/python -m pytest -n0 tests/examples

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

browser: $(READY)
	$(BIN)/python tests/browser/chromium.py

postgres: $(READY)
	$(BIN)/python -m tests.studio.postgresql

bench: $(READY)
	$(BIN)/python -m benchmarks

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Hashes pin every file; index addresses are left out so that any mirror serves. All extras but `transformers`, which
# weighs gigabytes and has tests of its own.
EXTRAS := html keyring label-errors mojibake network pool ray spacy train warc xlsx
lock: $(READY)
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header $(EXTRAS:%=--extra %) --group dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis curation/studio/conversion/_usual.*
