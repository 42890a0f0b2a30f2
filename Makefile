# Every task around Turnout. `make` alone lists them.

PYTHON ?= python3
PORT ?= $(or $(TURNOUT_PORT),8080)
DATA ?= .turnout-demo

VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# Compiled modules are kept, whatever the caller's habit: the tests start many processes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test proof soak proofs check bench shots lock clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: $(VENV)/.run $(if $(CALLS),$(VENV)/.calls) ## run Turnout with sample data: make demo PORT=8080 DATA=.turnout-demo CALLS=1 ARGS=--expose
	@exec $(BIN)/turnout demo --port "$(PORT)" --data "$(DATA)" $(if $(CALLS),--calls) $(ARGS)

test: $(VENV)/.dev ## run all tests, the proofs in short form
	@$(BIN)/python -m tests.support.install
	@# A worker more than small machines have cores: tests wait for servers and clocks, too. One
	@# that hangs says where, and ends as a failure of its own; the others go on.
	@$(BIN)/python -m pytest --every-proof --stage rest -n 3 \
		-o faulthandler_exit_on_timeout=true
	@$(BIN)/python -m pytest --every-proof --stage timed -n 0

proof: $(VENV)/.dev ## run the proofs of the group that is due today with their full counts
	@TURNOUT_PROOF=$${TURNOUT_PROOF:-due} $(MAKE) --no-print-directory proofs

soak: $(VENV)/.dev ## run all proofs with their full counts
	@TURNOUT_PROOF=full $(MAKE) --no-print-directory proofs

proofs: $(VENV)/.dev
	@$(BIN)/python -m tests.support.install
	@# Test by test: there are few, and some take minutes. (All the tests together share by files.)
	@$(BIN)/python -m pytest -m proof --every-proof --stage rest --dist loadgroup
	@$(BIN)/python -m pytest -m proof --every-proof --stage timed -n 0
	@$(BIN)/python -m tools.newer_python

check: $(VENV)/.dev ## check format, lint, types, import directions, docs, pages, SQL and dependencies
	@$(BIN)/python -m tools.check

bench: $(VENV)/.dev ## measure, and print the figures
	@$(BIN)/python -m bench

shots: $(VENV)/.dev ## picture the console anew: what the gallery's test compares with, and docs/organizers.md
	@$(BIN)/python -m tests.web.console.gallery_shots
	@$(BIN)/python -m tests.web.console.handbook_shots

lock: $(VENV)/.dev ## lock the dependencies anew; UPGRADE=1 takes the newest
	@echo "Resolving the dependencies …"
	@$(COMPILE) pyproject.toml --group build -o requirements/run.txt
	@$(COMPILE) --group uv --no-deps -o requirements/uv.txt
	@$(COMPILE) pyproject.toml --group dev -c requirements/run.txt -c requirements/uv.txt \
		-o requirements/dev.txt
	@$(COMPILE) --group speech -c requirements/dev.txt -o requirements/speech.txt
	@$(COMPILE) --group fax -c requirements/dev.txt -o requirements/fax.txt
	@$(COMPILE) --group calls -c requirements/dev.txt -o requirements/calls.txt
	@$(COMPILE) --group postgresql --no-deps -o requirements/postgresql.txt
	@$(COMPILE) --group clients -o requirements/clients.txt
	@$(COMPILE) --group recogniser -c requirements/speech.txt -o requirements/recogniser.txt

clean: ## remove the environment and all caches; the demo's data stays
	rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools $(wildcard bench) -name __pycache__ -prune -exec rm -rf {} +

# What follows keeps the environment in step with the lock files, and touches it only when they
# changed. A file $(VENV)/.NAME stands for "this was done".

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Turnout needs Python 3.11 or newer. PYTHON=/path/to/python3 says which to use." >&2; \
		exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		echo "Making a Python environment in $(VENV) …"; \
		$(PYTHON) -m venv --clear $(VENV); } || { \
		echo "Python's venv module is missing (on Debian: apt-get install python3-venv)." >&2; \
		exit 1; }
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/.made
	@$(BIN)/python -m tools.install run
	@touch $@

$(VENV)/.calls: requirements/calls.txt requirements/speech.txt $(VENV)/.run
	@$(BIN)/python -m tools.install calls
	@$(BIN)/python -m tools.install speech
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(BIN)/python -m tools.install dev
	@touch $@
