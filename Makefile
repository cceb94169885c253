# make run    a running demo on http://127.0.0.1:8000 (PORT): SQLite, a folder, one worker process
# make test   everything: the checks, then the whole suite on real servers (ARGS="-k name" narrows the suite)
# make check  the checks alone
# make bench  cost of the main pages over a bare floor (SCALE=small|full)
# make lock   rewrite infra/requirements from pyproject.toml (UPGRADE=--upgrade takes newer versions)
# make texts  collect every text that people read into platform/plumbline/translations/messages.pot
# make assets, make clean
#
# Stamps stand for what was installed or built and depend on their inputs: a second run does only what changed.
# All paths are relative, so the tree may stand in a folder whose name has a space.

SHELL := /bin/sh
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

PORT ?= 8000
SCALE ?= full
ARGS ?=
WORKERS ?= 3
export PORT SCALE

# Some machines tell Python to keep no bytecode; every start of our program and every test process would then
# compile the 400 modules of the project and rewrite the 280 of the tests anew.
unexport PYTHONDONTWRITEBYTECODE

# An environment knows its own address, so a tree that was moved or copied makes its environments anew.
MOVED := $(shell mkdir -p .stamps && printf '%s\n' "$$PWD" | cmp -s - .stamps/place || printf '%s\n' "$$PWD" > .stamps/place)

R := infra/requirements
S := infra/system
PY := .venv/bin/python
BIN := .venv/bin
TIMED := sh $(S)/timed.sh
A := platform/plumbline/assets
ASSET_SOURCES := $(shell find $(A) -name node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: run test bench check assets texts lock clean system

run: .stamps/base .stamps/assets
	@exec sh $(S)/run.sh

test: system .stamps/dev .stamps/assets .stamps/s3
	@$(TIMED) checks $(MAKE) --no-print-directory check
	@PLUMBLINE_TEST_SERVICES=required exec $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=10 --durations-min=2 $(ARGS)

bench: system .stamps/dev .stamps/assets
	@exec $(PY) -m infra.bench

assets: .stamps/assets

texts: .stamps/dev
	@$(PY) infra/check/texts.py

# --- what is installed -------------------------------------------------------------------------------------

.stamps/boot: $(R)/boot.txt $(S)/boot.sh .stamps/place
	@$(TIMED) installer sh $(S)/boot.sh
	@touch $@

.stamps/venv: .stamps/place | .stamps/boot
	@.boot/bin/uv venv -q --clear --python .boot/bin/python .venv
	@touch $@

.stamps/base: .stamps/venv $(R)/base.txt $(R)/build.txt pyproject.toml
	@$(TIMED) packages sh $(S)/install.sh $(PY) $(R)/base.txt $(R)/build.txt
	@.boot/bin/uv pip install -q -p $(PY) --offline --no-deps --no-build-isolation -e .
	@touch $@

.stamps/dev: .stamps/base $(R)/dev.txt
	@$(TIMED) "packages of tests and checks" sh $(S)/install.sh $(PY) $(R)/dev.txt
	@touch $@

.stamps/assets: .stamps/boot $(ASSET_SOURCES)
	@$(TIMED) assets sh $(S)/npm.sh $(A) build.mjs
	@touch $@

# The strict S3 server of the tests comes from npm; its two files are copied out so that the tree stays clean.
.stamps/s3: .stamps/boot $(wildcard $(S)/s3/*)
	@rm -rf .stamps/s3rver && mkdir -p .stamps/s3rver && cp $(S)/s3/* $(S)/s3/.npmrc .stamps/s3rver
	@$(TIMED) "S3 server" sh $(S)/npm.sh .stamps/s3rver
	@touch $@

system:
	@$(TIMED) "Debian packages" sh $(S)/debian.sh

# --- checks: all of them run, two at a time, and each says what it found --------------------------------------

CHECKS := check-format check-lint check-types check-imports check-dependencies check-dead-code \
	check-templates check-packs check-sql
.PHONY: $(CHECKS)

check: .stamps/dev
	@$(MAKE) --no-print-directory -k -j2 --output-sync=target $(CHECKS)

check-format: .stamps/dev
	@$(TIMED) format $(BIN)/ruff format --check --quiet .

check-lint: .stamps/dev
	@$(TIMED) lint $(BIN)/ruff check --quiet .

check-types: .stamps/dev
	@$(TIMED) types $(BIN)/mypy --no-error-summary

check-imports: .stamps/dev
	@$(TIMED) "import contracts" $(BIN)/lint-imports --no-logo

check-dependencies: .stamps/dev
	@$(TIMED) dependencies $(BIN)/deptry platform assessments migrations

check-dead-code: .stamps/dev
	@$(TIMED) "dead code" $(PY) infra/check/dead_code.py

check-templates: .stamps/dev
	@$(TIMED) templates $(BIN)/djlint --lint --quiet templates

check-packs: .stamps/dev
	@$(TIMED) packs $(BIN)/yamllint --strict -c infra/check/yamllint.yaml assessments

check-sql: .stamps/dev
	@$(TIMED) "migration SQL" sh infra/check/migrations.sh

# --- locks --------------------------------------------------------------------------------------------------

UPGRADE ?=
COMPILE = .boot/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE)

# Each set is resolved against the larger ones before it, so that one version of a package serves all sets.
lock: .stamps/boot
	@$(COMPILE) --group boot -o $(R)/boot.txt
	@$(COMPILE) pyproject.toml -o $(R)/base.txt
	@$(COMPILE) pyproject.toml --group test --group lint -c $(R)/base.txt -o $(R)/dev.txt
	@$(COMPILE) --group build -c $(R)/dev.txt -o $(R)/build.txt
	@$(COMPILE) --group node -o $(R)/node.txt
	@echo "Rewritten: $(R)"

# What this removes is made anew by the next run; var/ (the demo's data) is removed too, the caches are not.
clean:
	@rm -rf .stamps .venv .boot var $(A)/node_modules platform/plumbline/static/dist \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
