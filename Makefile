# Needs only Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: help setup demo test check bench soak mutants pictures docs lock audit spark clean

help:            ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## create .venv with the compliance command

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=python3.12 setup"; exit 2; }
	@echo "Setting up $(VENV) (once; about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)   ## run the whole service on a simulated force
	@$(BIN)/compliance demo

test soak: export PYTHONDONTWRITEBYTECODE :=# the tests start many processes, which need not compile each module again
test: $(STAMP)   ## run the tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q -m "not long"

check: $(STAMP)  ## check lint, format and types, then run `compliance check --offline`
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/compliance check --offline

bench: $(STAMP)  ## run the benchmarks, each with its baseline
	@$(BIN)/python -m benchmarks

soak: $(STAMP)   ## run the long tests: 100,000 histories and more
	@ALL_DRAWN=1 $(BIN)/python -m pytest -q -m "long or drawn" -s

mutants: $(STAMP) ## plant 1,000 small faults and count those the tests notice (hours)
	@$(BIN)/python -m tests.sampled_mutants learn
	@$(BIN)/python -m tests.sampled_mutants run

pictures: $(STAMP) ## draw the pictures in README and docs from what the demo left (needs a Chromium)
	@$(BIN)/python -m tests.pictures

docs: $(STAMP)   ## write the pages generated from code
	@$(BIN)/python -c 'from pathlib import Path; from compliance.config import reference; Path("docs/configuration.md").write_text(reference(), "utf-8")'
	@$(BIN)/python -c 'from pathlib import Path; from compliance.reports.catalogue.page import figures_page; Path("docs/figures.md").write_text(figures_page(), "utf-8")'
	@$(BIN)/python -c 'import json; from pathlib import Path; from compliance.reports.rendering.forms import schema; Path("docs/report.schema.json").write_text(json.dumps(schema(), indent=1) + "\n", "utf-8")'
	@$(BIN)/python -c 'from pathlib import Path; from compliance.service.conditions_page import conditions_page; Path("docs/conditions.md").write_text(conditions_page(), "utf-8")'
	@$(BIN)/python -c 'from pathlib import Path; from compliance.service.lives import retention_page; Path("docs/retention.md").write_text(retention_page(), "utf-8")'
	@$(BIN)/python -c 'import json; from pathlib import Path; from compliance.web.api.api_resources import describe; Path("docs/openapi.json").write_text(json.dumps(describe(), indent=1) + "\n", "utf-8")'
	@$(BIN)/python -m tests.rules_explained
	@$(BIN)/python -m tests.story_page
	@$(BIN)/python -m tests.access_matrix

lock:            ## update the pinned versions (needs uv); hashes only, no index address
	@for kind in run dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	    $$(test $$kind = dev && echo --extra dev --extra delta) pyproject.toml -o requirements/$$kind.txt; done
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	  --extra dev --extra spark pyproject.toml -o requirements/spark.txt
	@echo hatchling | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --no-header -c requirements/dev.txt - -o requirements/build.txt
	@echo pip-audit | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --no-header - -o requirements/audit.txt

AUDIT := $(VENV)/audit
audit: $(STAMP)  ## look up known vulnerabilities of what the service runs with (needs the internet)
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && \
	  $(AUDIT)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt; }
	@$(AUDIT)/bin/pip-audit --strict --progress-spinner off --require-hashes --disable-pip -r requirements/run.txt || \
	  { echo "audit: something is wrong with a library, or it could not be looked up (the lines above say which)"; exit 1; }

SPARK := $(VENV)/spark
spark: $(STAMP)  ## test judging on Spark, in an environment of its own (650 MB; needs a Java runtime)
	@test -x $(SPARK)/bin/spark-submit || { $(PYTHON) -m venv $(SPARK) && \
	  $(SPARK)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/spark.txt && \
	  $(SPARK)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .; }
	@$(SPARK)/bin/python -m pytest -q tests/integration/test_spark.py

clean:           ## remove build output and the demo's data
	rm -rf $(VENV) var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
