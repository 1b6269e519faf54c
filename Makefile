# Isocenter. Two commands matter: `make run` and `make test`.
# Every path is relative to this folder, whose own name may hold spaces and any letters.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help run test test-fast check-slow check-fresh lint format screenshots bench drill chaos-media setup setup-test assets messages lock clean

help:
	@echo "make run          install what is missing, start the site and its workers (PORT and HOST may be set)"
	@echo "make test         install what tests need, run every check and every test"
	@echo "make test-fast    the tests that take under a minute together"
	@echo "make lint         ruff, mypy, import-linter, templates, TypeScript"
	@echo "make format       ruff's formatter and safe fixes"
	@echo "make check-slow   what takes over a minute or needs large packages"
	@echo "make check-fresh  both commands in a new minimal Debian 12 (as root)"
	@echo "make screenshots  pictures of the main pages into var/screenshots"
	@echo "make bench        all measurements; make bench-<name> for one of tests/benchmarks/"
	@echo "make chaos-media  kill workers, encoders, Redis and PostgreSQL while recordings are prepared"
	@echo "make drill        back up, destroy, restore, verify and sign in, on a PostgreSQL of its own"
	@echo "make messages     collect texts into locale/ and compile them"
	@echo "make lock         pin requirements/*.in again, with hashes"

run:
	@python3 scripts/bootstrap.py run
	@exec $(BIN)/python scripts/serve.py

setup:
	@python3 scripts/bootstrap.py run

setup-test:
	@python3 scripts/bootstrap.py test

test: setup-test
	@$(BIN)/python scripts/check.py all

test-fast: setup-test
	@$(BIN)/python scripts/check.py fast

check-slow:
	@python3 scripts/bootstrap.py slow
	@$(BIN)/python scripts/check.py slow

check-fresh:
	@sh scripts/check_fresh.sh

lint: setup-test
	@$(BIN)/python scripts/check.py lint

format: setup-test
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

screenshots: setup-test
	@$(BIN)/python scripts/screenshots.py

bench: setup-test
	@$(BIN)/python -m tests.benchmarks.run

bench-%: setup-test
	@$(BIN)/python -m tests.benchmarks.run $*

drill: setup-test
	@$(BIN)/python -m tests.drill

chaos-media: setup-test
	@$(BIN)/python -m tests.chaos.media $(if $(SEED),--seed $(SEED))

messages: setup-test
	@$(BIN)/python manage.py makemessages -l zh_Hans --no-obsolete --no-location --no-wrap $(foreach name,.venv node_modules staticfiles tests var,--ignore $(name))
	@$(BIN)/python manage.py compilemessages --ignore .venv --ignore frontend/node_modules --ignore var

lock:
	@python3 scripts/bootstrap.py lock

clean:
	rm -rf .venv .bootstrap frontend/node_modules frontend/dist staticfiles
