# Each target sets itself up: it needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test check studio bench conformance docs format clean

demo: $(READY)
	$(BIN)/duetto demo --out demo-out

test: $(READY)
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered
	$(BIN)/python -m coverage report --include='*/timeline/*,*/interaction/*,*/speech/*' --fail-under=90 --precision=1

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The page's types and tests; needs Node.js 20 and npm besides.
studio:
	cd tools/studio && npm install --no-package-lock --no-audit --no-fund && npm run check && npm test

bench: $(READY)
	$(BIN)/python -m bench

conformance: $(READY)
	$(BIN)/python conformance/run.py
	$(BIN)/python conformance/studio.py

docs: $(READY)
	$(BIN)/duetto bench run --out bench-out/floor
	$(BIN)/duetto bench report bench-out/floor --silent --out docs/report.html
	$(BIN)/duetto bench frontier pause interruption --out bench-out/frontier
	cp bench-out/frontier/frontier.svg docs/frontier.svg

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("duetto needs Python 3.11 or newer, this is " + sys.version) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) demo-out bench-out dist build .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
