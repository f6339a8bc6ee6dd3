# The words people type, each one a line or two; what they do lives in acme_assets/ and in the tools.
# Kept to what GNU make 3.81 knows, the one that macOS ships.

PYTHON ?= python3
PYTEST_ARGS ?=
SCALE ?= small
BENCH_ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
# The build backend comes from the lock too: with build isolation pip would fetch it anew and unhashed.
SELF := --no-build-isolation --editable .

.PHONY: help setup engine charts demo up down test slow check bench lint format lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-7s %s\n", $$1, $$2}' Makefile

setup: .venv/.installed ## .venv from the lock, nothing else

engine: .venv/.installed-engine ## the second engine beside it, for feeds that outgrow one PostgreSQL

charts: .venv/.installed-charts ## what draws answers, for `acme query --chart`, `acme docs` and `acme serve`

demo: setup ## two weeks of deliveries from files to Redis, and the answers; ends by itself
	@$(BIN)/acme demo

up: setup ## the platform with the Dagster UI, sensors on, and questions in the browser, until Ctrl-C
	@$(BIN)/acme up

down: setup ## stop the embedded servers now
	@$(BIN)/acme down

test: check ## every check and every test, set up from nothing (PYTEST_ARGS="-k name" for some)
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

slow: .venv/.installed-dev ## the long proofs: hundreds of kills, a month of faults; most of an hour
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --verbose -m slow $(PYTEST_ARGS)

check: lint ## linters, types and declarations, without the tests
	@$(BIN)/mypy
	@$(BIN)/python -m acme_platform.registry.catalog

bench: setup ## every promise of speed, measured: SCALE=small within minutes, SCALE=full with 100 million rows
	@$(BIN)/python -m benchmarks --scale $(SCALE) $(BENCH_ARGS)

lint: .venv/.installed-dev ## ruff and sqlfluff, without types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/sqlfluff lint sql acme_platform

format: .venv/.installed-dev ## rewrite Python and SQL as the linters want them
	@$(BIN)/ruff check --fix --exit-zero
	@$(BIN)/ruff format
	@$(BIN)/sqlfluff fix --quiet sql acme_platform

lock: .venv/.uv ## renew all locks: from pyproject.toml, and that of the tests' cluster from .ci/requirements-spark.in
	@for lock in "pyproject.toml --output-file requirements.lock" \
			"pyproject.toml --extra engine --constraint requirements.lock --output-file requirements-engine.lock" \
			"pyproject.toml --extra charts --constraint requirements.lock --output-file requirements-charts.lock" \
			"pyproject.toml --extra dev --extra engine --extra charts --constraint requirements.lock --output-file requirements-dev.lock" \
			".ci/requirements-spark.in --constraint requirements-engine.lock --output-file .ci/requirements-spark.lock"; do \
		echo "setuptools>=77" | $(BIN)/uv pip compile - --quiet --upgrade $$lock \
			--universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate \
			--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" || exit; \
	done

clean: ## remove .venv and the tools' caches; the data in .acme stays
	@rm -rf .venv .venv-spark .mypy_cache .pytest_cache .ruff_cache .hypothesis

# pip is the last thing that venv makes: while it is missing, the environment was cut short.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11+ is needed, this is " + sys.version.split()[0] + "\n  next: make setup PYTHON=python3.11")'
	@$(PYTHON) -m venv --clear .venv

.venv/.installed: requirements.lock pyproject.toml | $(BIN)/pip
	@echo "installing from requirements.lock (about half a minute)"
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) $(SELF)
	@touch $@

# The client of Spark comes as a source: its build takes setuptools from the lock.
.venv/.installed-engine: requirements-engine.lock .venv/.installed
	@echo "installing the engine from requirements-engine.lock"
	@$(PIP) --require-hashes --no-build-isolation --requirement requirements-engine.lock
	@touch $@

.venv/.installed-charts: requirements-charts.lock .venv/.installed
	@echo "installing what draws from requirements-charts.lock"
	@$(PIP) --require-hashes --requirement requirements-charts.lock
	@touch $@

# A lock of its own for the tests: with the linters and the browser driver, `make demo` would install for twice as long.
.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@echo "installing from requirements-dev.lock"
	@$(PIP) --require-hashes --no-build-isolation --requirement requirements-dev.lock
	@touch $@

.venv/.uv: | $(BIN)/pip
	@$(PIP) uv==0.13.8
	@touch $@
