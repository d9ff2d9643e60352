# Doorward: one command for each thing a person does with it. README.md says what; docs/installing.md where it runs.
# Each makes what it needs (requirements/install) and does nothing twice.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
BIN := .venv/bin
PLACES := kiosk hardware sync ui
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" $(UPGRADE)

.PHONY: demo test test-slow check bench bench-peers words lock clean run-lane dev-lane bench-lane peers-lane

demo: run-lane  ## the whole system on this machine, with simulated hardware and a sample school
	@exec $(BIN)/doorward demo

test: dev-lane  ## every test that takes seconds
	@$(BIN)/pytest -n 2 --dist worksteal -m "not slow"

test-slow: dev-lane  ## every test that takes minutes
	@$(BIN)/pytest -m slow

check: dev-lane  ## what must hold before anything is committed
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pytest tests/test_project.py tests/ui/test_words.py

bench: bench-lane  ## the figures of docs/benchmarks.md, on this machine
	@$(BIN)/python -m bench

bench-peers: peers-lane  ## Node-RED and Home Assistant beside it: fetched once, into bench/data; then say make bench
	@$(BIN)/python -m bench.peers

words: dev-lane  ## ui/words from the sentences of the source; what is new there waits for its translation
	@mkdir -p build
	@$(BIN)/pybabel -q extract --mapping=ui/words/babel.cfg --no-default-keywords --keywords="Say N_ text" \
	    --no-location --sort-output --project=doorward --output=build/doorward.pot $(PLACES)
	@$(BIN)/pybabel -q update --domain=doorward --locale=zh --output-dir=ui/words --input-file=build/doorward.pot \
	    --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel -q compile --domain=doorward --locale=zh --directory=ui/words --statistics

lock: dev-lane  ## requirements/*.txt from pyproject.toml; UPGRADE=--upgrade takes the newest of everything
	@$(LOCK) pyproject.toml --group dev --output-file requirements/dev.txt
	@$(LOCK) pyproject.toml --constraint requirements/dev.txt --output-file requirements/run.txt
	@$(LOCK) --group build --constraint requirements/dev.txt --output-file requirements/build.txt

clean:  ## everything that the other targets made
	@rm -rf .venv .venv.lock build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache
	@find $(PLACES) tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Compiled ahead, since an environment may forbid Python to write bytecode and each start would compile anew.
run-lane dev-lane bench-lane peers-lane: %-lane:
	@requirements/install $*
	@$(BIN)/python -m compileall -q $(PLACES)
