# make run    sets up, fetches and checks the local models, ingests notes/, opens the chat page
# make test   sets up, runs the tests
# GPU=1 takes the torch that can use a GPU (several gigabytes on Linux).

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860
BIN := .venv/bin
PIP := $(BIN)/python -m pip

# On Linux the package index's own torch brings gigabytes of CUDA; its makers' index has it without.
# Where that index does not answer, pip says so and takes what it finds elsewhere.
ifneq ($(GPU),1)
ifeq ($(shell uname -s),Linux)
TORCH_INDEX := --extra-index-url https://download.pytorch.org/whl/cpu --retries 1
endif
endif

BASELINE := eval/baselines/sagemaker.json

.PHONY: run test check baseline docs models screenshots translations clean size

run: .venv/run.stamp models
	$(BIN)/crib ingest notes
	$(BIN)/crib serve --host $(HOST) --port $(PORT)

test: .venv/test.stamp models
	$(BIN)/python -m pytest -n logical --maxprocesses 4

# What .ci/run adds to the tests: lint, types, the slow and the browser tests, the gated eval.
check: .venv/test.stamp models
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "slow or browser"
	$(BIN)/crib eval --gate $(BASELINE) \
		--gate recall@5=0.95 --gate reference_match=0.65 --gate refusal_wrong=0.05

# The documentation as a site, in build/site.
docs: .venv/docs.stamp
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Lines and modules of Python by package.
size:
	@for part in app.py commands ingest rag eval web benchmarks tests; do \
		printf "%-12s %4s modules %6s lines\n" $$part $$(git ls-files $$part | grep -c '\.py$$') \
			$$(git ls-files $$part | grep '\.py$$' | xargs cat | wc -l); done

# After the cases changed, or answers did for good reasons: what later runs are judged by.
baseline: .venv/run.stamp models
	$(BIN)/crib eval --baseline $(BASELINE)

models: .venv/run.stamp
	$(BIN)/crib models pull

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Cribsheet needs Python 3.11 or later; make run PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/run.stamp: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) install --disable-pip-version-check -c constraints.txt $(TORCH_INDEX) torch
	$(PIP) install --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/test.stamp: .venv/run.stamp
	$(PIP) install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.venv/docs.stamp: .venv/run.stamp
	$(PIP) install --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

clean:
	rm -rf .venv build *.egg-info

screenshots: .venv/test.stamp models
	$(BIN)/python -m benchmarks.screenshots

# After messages of the page changed: brings them into its catalogues, to be translated there.
translations: .venv/test.stamp
	mkdir -p build
	$(BIN)/pybabel extract -F pyproject.toml -k N_ --project Cribsheet --no-location --sort-output \
		-o build/page.pot .
	$(BIN)/pybabel update -i build/page.pot -d web/locale -D cribsheet --no-fuzzy-matching \
		--ignore-obsolete
