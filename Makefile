# make install | demo | test | lint | types | bench: everything sets itself up in .venv, with Python >= 3.11 and make alone.
PYTHON ?= python3
BIN := .venv/bin
# On Linux without a CUDA card, an index with CPU builds of torch saves gigabytes:
#   make install TORCH_INDEX=<index of CPU wheels>
TORCH_INDEX ?=
# Threads that wait busily take the cores from the ones that work.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: install demo test lint types bench clean

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "goeswith needs Python 3.11 or newer, this is %d.%d; try make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

demo: install
	$(BIN)/goeswith demo demo

test: install
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check --quiet src tests benchmarks

types: install
	$(BIN)/mypy

bench: install
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
