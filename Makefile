# On a fresh Debian with Python 3.11 and make: `make run` shows the demo, `make test` tests everything.

UV := .tools/bin/uv
PYTHON := .venv/bin/python
SOURCES := $(shell find actors config shell store web -name '*.py' 2>/dev/null)
CHECKED := actors bench config scripts shell store tests web

.PHONY: run test check bench build clean format

run: build
	.venv/bin/sitewarden demo

# What is needed and cannot be installed is said plainly, and then skipped; with CI=true that is a failure.
test: build
	scripts/system-packages
	$(PYTHON) -m pytest

check: build
	.venv/bin/ruff format --check $(CHECKED)
	.venv/bin/ruff check $(CHECKED)
	.venv/bin/mypy
	$(MAKE) test

bench: build
	scripts/system-packages
	PYTHONPATH=tests $(PYTHON) bench/throughput.py
	PYTHONPATH=tests $(PYTHON) bench/fleet.py

build: .venv/.built

# The folders are installed by links, one for each file: a new file needs this again.
.venv/.built: pyproject.toml setup.cfg uv.lock $(UV) $(SOURCES)
	$(UV) sync --locked --all-extras --reinstall-package sitewarden --quiet
	@touch $@

$(UV): scripts/get_uv.py
	python3 scripts/get_uv.py $(dir $@)

format:
	.venv/bin/ruff format $(CHECKED)
	.venv/bin/ruff check --fix $(CHECKED)

clean:
	rm -rf .venv .tools build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
