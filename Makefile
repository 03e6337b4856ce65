# make demo   the main job on the sample catalogue (or: make demo PHOTOS=your/folder)
# make test   everything .ci/run checks: style, types, structure, tests
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PHOTOS ?=
OUT ?= out/demo

.PHONY: demo test test-all lint bench browser exiftool samples clean

$(VENV)/.demo: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[all,dev]"
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/packshot demo $(if $(PHOTOS),"$(PHOTOS)") --out "$(OUT)"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint browser exiftool
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not slow"

test-all: lint browser exiftool
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

# The browser tests need Chromium; where it cannot be installed they skip and say so.
browser:
	@sh scripts/browser.sh

# Marks are read back by an independent program; where ExifTool cannot be installed those tests skip and say so.
exiftool:
	@sh scripts/exiftool.sh

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

samples: $(VENV)/.dev
	$(BIN)/python scripts/render_samples.py

clean:
	rm -rf build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache
