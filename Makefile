# Each target makes .venv first where it is missing, half made, or of other requirements (yard/install.py).
MODEL ?= recommender
# How many processes share the tests: a whole road waits for half of its time, and takes one core for the other half.
WORKERS ?= 2
PY    := .venv/bin/python
# The first of these that exists and is of a version that does makes the environment; PYTHON=... names another.
PYTHON ?= python3.11 python3.12 python3.13 python3 python

.DEFAULT_GOAL := help
.PHONY: help install demo up down status test release package lint bench new-model crash-matrix state-matrix storms stock-operators backfill-proof

help: ## Show what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Make .venv (every other target does so by itself)
	@$(PY) yard/install.py --check 2>/dev/null && exit 0; \
	for python in $(PYTHON); do \
	  $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 \
	    && exec $$python yard/install.py; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1

demo: install ## The whole road once, from data to a live endpoint  [MODEL=recommender] [DATA=file.csv]
	@$(PY) -m yard demo --model '$(MODEL)' $(if $(DATA),--data '$(DATA)')

up: install ## Start Airflow and local_aws in the background     [SCHEDULE=1: DAGs run by their timetables]
	@$(PY) -m yard up $(if $(SCHEDULE),--schedule)

down: install ## End all that was started, also after a crash
	@$(PY) -m yard down

status: install ## What is up, what ran, what is live
	@$(PY) -m yard status

test: install ## All tests but the long ones   [ALL=1: those, too] [k=expression: only those that match] [WORKERS=2]
	@$(PY) -m pytest -n $(WORKERS) $(if $(ALL),-m '') $(if $(k),-k '$(k)')

release: install ## Code into the bucket of the stack on AWS      [ARGS='--dry-run']
	@$(PY) -m yard release --aws $(ARGS)

package: install ## DAGs, plugins, requirements for Amazon MWAA   [ARGS='--bucket NAME']
	@$(PY) -m yard package $(ARGS)

lint: install ## ruff and mypy
	@$(PY) -m ruff check . && $(PY) -m mypy && MYPYPATH=training_jobs/lead_scoring $(PY) -m mypy training_jobs/lead_scoring/*.py tests/training/lead_scoring/*.py

bench: install ## All benchmarks, each against a named baseline
	@for file in bench/*.py; do echo "== $$file" && $(PY) "$$file" || exit 1; done

new-model: install ## The files of a new model                       NAME=my_model [LIKE=lead_scoring]
	@$(PY) -m yard new-model '$(NAME)' $(if $(LIKE),--like '$(LIKE)')

crash-matrix: install ## Every kind of job, everything that can happen to its task
	@PYTHONPATH=plugins $(PY) -m tests.crash_matrix

state-matrix: install ## Every state of every kind of job: only success is green
	@PYTHONPATH=plugins $(PY) -m tests.state_matrix

storms: install ## Many jobs at once: none lost, none made twice, and what they cost in calls
	@PYTHONPATH=plugins $(PY) -m tests.crash_matrix.storms

backfill-proof: install ## A year of partitions backfilled while things are killed   [WEEKS=52]
	@PYTHONPATH=plugins $(PY) -m tests.backfill_proof $(if $(WEEKS),--weeks $(WEEKS))

stock-operators: install ## Nine things that happen to the stock operators, and to ours
	@PYTHONPATH=plugins $(PY) -m bench.stock_operators
