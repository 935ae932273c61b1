# Everything a developer types. `make` alone lists it.
#
# A fresh clone needs Python 3.11 or newer and make; the Pulumi CLI is found or made (tools/pulumi_cli.py), and making
# it may need Go. What is in other languages needs Node.js and Go (tools/language_sdks.py, tools/language_hosts.py).

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The tests start hundreds of plugin processes: each would compile this library again.
export PYTHONDONTWRITEBYTECODE :=

# The first Python that is new enough. Another one: `make PYTHON=/path/to/python setup`.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

BIN := .venv/bin
OLDEST := .venv-oldest
INSTALLED := .venv/.installed
OLDEST_INSTALLED := $(OLDEST)/.installed

# Two makes at once install one after the other, where there is flock(1).
ONE_AT_A_TIME := $(if $(shell command -v flock),flock Makefile)

CLI_TOOL = $(BIN)/python tools/pulumi_cli.py
FIND_CLI = $(CLI_TOOL) path

# Begins a recipe: the project's environment, then the Pulumi CLI, come first on PATH.
WITH_CLI = cli=$$($(FIND_CLI)) && export PATH="$(CURDIR)/$(BIN):$${cli:+$${cli%/*}:}$$PATH" &&

# The tests can do without: PULUMI_TESTS=skip.
WITHOUT_CLI = { echo "Tests without the Pulumi CLI: PULUMI_TESTS=skip make $@" >&2; exit 1; }
test: FIND_CLI = $(if $(filter skip,$(PULUMI_TESTS)),true,$(CLI_TOOL) path || $(WITHOUT_CLI))
test-oldest: FIND_CLI = $(if $(filter skip,$(PULUMI_TESTS)),true,$(CLI_TOOL) path --oldest || $(WITHOUT_CLI))

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 14

.PHONY: setup
setup: $(INSTALLED) ## create .venv and find or make the Pulumi CLI
	@$(FIND_CLI) >/dev/null

.PHONY: pulumi-path
pulumi-path: $(INSTALLED) ## print the path of the Pulumi CLI (make -s pulumi-path: nothing else)
	@$(FIND_CLI)

# Two builds one after the other take less time than two on their own.
.PHONY: both-clis
both-clis: $(INSTALLED)
	@$(CLI_TOOL) both >/dev/null

.PHONY: demo
demo: $(INSTALLED) ## run the root program against the emulator: preview, up, a change, refresh, destroy
	@$(WITH_CLI) python -m tools.demo

.PHONY: test
test: $(INSTALLED) ## run every test suite (PULUMI_TESTS=skip: without those that need the Pulumi CLI)
	@$(WITH_CLI) python -m pytest -n 4 --dist worksteal

.PHONY: demo-yaml
demo-yaml: $(INSTALLED) ## run a program in YAML on the native provider against the emulator (needs Go, once)
	@$(BIN)/python -m tools.language_hosts >/dev/null
	@$(WITH_CLI) python -m tools.demo_yaml

.PHONY: setup-languages
setup-languages: $(INSTALLED) ## install what test-languages runs (needs Node.js with npm, and Go)
	@$(BIN)/python tools/language_sdks.py
	@$(BIN)/python -m tools.language_hosts >/dev/null

.PHONY: test-languages
test-languages: setup-languages ## AWS CLI, JavaScript and Go SDKs on the emulator; programs in YAML, TypeScript and Go on the native provider
	@$(WITH_CLI) python -m pytest -n 2 --dist worksteal tests/languages

.PHONY: soak
soak: $(INSTALLED) ## kill at every call, and run random programs for 50,000 steps (an hour or more)
	@$(WITH_CLI) OMICS_COMPONENTS_SOAK=1 OMICS_COMPONENTS_SOAK_STEPS=50000 \
		OMICS_COMPONENTS_SOAK_SEED=$${OMICS_COMPONENTS_SOAK_SEED:-$$(date +%s)} \
		python -m pytest -n 4 --dist worksteal -rP tests/provider/test_crash_matrix.py \
		tests/provider/test_random_programs.py tests/provider/test_faults.py \
		tests/provider/test_two_stacks.py tests/engine/test_crashes.py tests/engine/test_two_people.py \
		tests/worlds \
		tests/acceptance

.PHONY: acceptance
acceptance: $(INSTALLED) ## try on an AWS account what is assumed of AWS (ARGS="--profile P --region R --yes"; ARGS=--help)
	@$(BIN)/python -m tools.acceptance $(ARGS)

.PHONY: sweep
sweep: $(INSTALLED) ## delete what a killed acceptance run left in an AWS account (ARGS as above)
	@$(BIN)/python -m tools.acceptance --sweep $(ARGS)

# What makes the same calls many hundred times over shows nothing of another SDK.
SWEEPS := tests/provider/test_crash_matrix.py tests/provider/test_faults.py \
	tests/provider/test_random_programs.py tests/provider/test_two_stacks.py tests/provider/test_cost.py \
	tests/engine/test_crashes.py

.PHONY: test-oldest
test-oldest: $(OLDEST_INSTALLED) ## run the provider and engine suites on the oldest supported dependencies and an older CLI
	@$(WITH_CLI) export PATH="$(CURDIR)/$(OLDEST)/bin:$$PATH" && python -m pytest -n 4 --dist worksteal $(SWEEPS:%=--ignore %) tests/provider tests/engine

# Those that start the engine reach no handler or provider that these do not, and what they kill reports nothing.
REPORTING := tests/unit tests/conformance $(filter-out $(SWEEPS),$(wildcard tests/provider/test_*.py))

.PHONY: coverage
coverage: $(INSTALLED) ## show lines and branches that the suites without an engine reach, by layer
	@rm -rf build/coverage && mkdir -p build/coverage && \
		export COVERAGE_PROCESS_START=$(CURDIR)/pyproject.toml COVERAGE_FILE=$(CURDIR)/build/coverage/data PLUGIN_IN_PROCESS=1 && \
		$(BIN)/python -m pytest -q -n 4 --dist worksteal $(REPORTING) && \
		$(BIN)/coverage combine --quiet && $(BIN)/coverage json --quiet -o build/coverage/report.json && \
		$(BIN)/python tools/coverage_by_layer.py build/coverage/report.json

# The folder is there before Python looks for it: what is not there when it starts, it never looks for again.
.PHONY: mutants
mutants: $(INSTALLED) ## change handlers and providers bit by bit, and show what no test notices (two hours)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group mutants
	@mkdir -p mutants && export PYTHONPATH=$(CURDIR)/mutants PLUGIN_IN_PROCESS=1 && \
		$(BIN)/mutmut run && $(BIN)/mutmut results

.PHONY: bench
bench: $(INSTALLED) ## measure against scripts and a textbook provider, for hours (ARGS=--quick: minutes; ARGS=--help)
	@$(WITH_CLI) python -m bench $(ARGS)

.PHONY: format
format: $(INSTALLED) ## rewrite the code as the formatter and the fixable rules want it
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: lint
lint: $(INSTALLED) ## check format, lint rules, import contracts and wording
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/python -m tools.wording

.PHONY: types
types: $(INSTALLED) ## check types
	$(BIN)/mypy

.PHONY: dist
dist: $(INSTALLED) ## build the sdist, and the wheel from it, into dist
	@rm -rf dist
	@$(BIN)/uv build --quiet

.PHONY: test-dist
test-dist: dist ## look into both, install the wheel with each extra, oldest and newest, and use it
	@$(BIN)/python tools/check_distributions.py dist

.PHONY: check
check: both-clis lint types test test-oldest test-dist demo ## everything above that checks; CI also runs test-languages

.PHONY: lock
lock: $(INSTALLED) ## pin the newest versions the requirements allow in constraints.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --all-extras \
		--group dev --group mutants --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
		--output-file constraints.txt pyproject.toml

.PHONY: assumptions
assumptions: $(INSTALLED) ## write docs/assumptions.md: what is assumed of AWS
	@$(BIN)/python -m tools.assumptions_page > docs/assumptions.md.new && mv docs/assumptions.md.new docs/assumptions.md

.PHONY: errors
errors: $(INSTALLED) ## write docs/errors.md: every error text
	@$(BIN)/python -m tools.errors_page > docs/errors.md.new && mv docs/errors.md.new docs/errors.md

.PHONY: licences
licences: $(INSTALLED) ## write docs/licences.md: the licences of everything that an installation brings
	@$(BIN)/python tools/licences.py > docs/licences.md.new && mv docs/licences.md.new docs/licences.md

.PHONY: clean
clean: ## remove the environments and what tools cached in the checkout (the Pulumi CLI stays)
	rm -rf .venv $(OLDEST) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* build dist mutants

# pip itself comes first: the one Python brings may be too old to know dependency groups.
$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and none is on PATH." >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "$(PYTHON) is older than Python 3.11." >&2; exit 1; }
	@echo "installing the pinned requirements into .venv" >&2
	@$(ONE_AT_A_TIME) sh -ec '\
		test -x $(BIN)/python || $(PYTHON) -m venv .venv; \
		$(BIN)/python -m pip install --quiet --constraint constraints.txt --upgrade pip; \
		$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[emulator,cli]" --group dev; \
		touch $@'

# The floors come from pyproject.toml; the test tools are the pinned ones.
$(OLDEST_INSTALLED): $(INSTALLED)
	@echo "installing the oldest supported requirements into $(OLDEST)" >&2
	@$(ONE_AT_A_TIME) sh -ec '\
		test -x $(OLDEST)/bin/python || $(BIN)/python -m venv $(OLDEST); \
		$(BIN)/uv pip compile --quiet --resolution lowest-direct --all-extras --no-header --output-file $(OLDEST)/floors.txt pyproject.toml; \
		grep -E "^(hypothesis|pytest|pytest-xdist)==" constraints.txt > $(OLDEST)/test-tools.txt; \
		$(BIN)/uv pip install --quiet --compile-bytecode --python $(OLDEST)/bin/python --requirement $(OLDEST)/floors.txt --requirement $(OLDEST)/test-tools.txt; \
		$(BIN)/uv pip install --quiet --python $(OLDEST)/bin/python --no-deps --editable .; \
		touch $@'
