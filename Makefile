# make demo   the main job on the sample catalogue (or: make demo PHOTOS=your/folder)
# make test   everything .ci/run checks: style, types, structure, tests
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PHOTOS ?=
OUT ?= out/demo

.PHONY: community toyshop demo test test-all lint bench browser exiftool postgresql samples clean

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

test: lint browser exiftool postgresql
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not slow"

test-all: lint browser exiftool postgresql
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

# The browser tests need Chromium; where it cannot be installed they skip and say so.
browser:
	@sh scripts/program.sh chromium chromium chromium-browser google-chrome

# Marks are read back by an independent program; where ExifTool cannot be installed those tests skip and say so.
exiftool:
	@sh scripts/program.sh libimage-exiftool-perl exiftool

# The service's store is tested on a PostgreSQL server of the tests' own; where it cannot be installed those tests skip.
postgresql:
	@sh scripts/program.sh postgresql initdb /usr/lib/postgresql/*/bin/initdb

# Weights of other projects: spandrel brings torchvision, so its tests run in an environment of their own.
COMMUNITY ?= .venv-community
community:
	test -x $(COMMUNITY)/bin/python || $(PYTHON) -m venv $(COMMUNITY)
	$(COMMUNITY)/bin/python -m pip install --quiet -c constraints.txt -e ".[community]" pytest pytest-timeout hypothesis
	OMP_NUM_THREADS=1 $(COMMUNITY)/bin/python -m pytest tests/models/test_community.py -q

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# Larger sets than the one that ships; hours of work, and it goes on where it was stopped. WORKERS=0: one a core.
TOYSHOP ?= out/toyshop
WORKERS ?= 0
TOYSHOP_128 ?= 2000
TOYSHOP_256 ?= 700
TOYSHOP_512 ?= 100
toyshop: $(VENV)/.dev
	$(BIN)/packshot toyshop render --count $(TOYSHOP_128) --size 128 --seed 1 --out "$(TOYSHOP)/128" --workers $(WORKERS)
	$(BIN)/packshot toyshop render --count $(TOYSHOP_256) --size 256 --seed 2 --out "$(TOYSHOP)/256" --workers $(WORKERS)
	$(BIN)/packshot toyshop render --count $(TOYSHOP_512) --size 512 --seed 3 --quality fine --out "$(TOYSHOP)/512" --workers $(WORKERS)

samples: $(VENV)/.dev
	$(BIN)/python scripts/render_samples.py

clean:
	rm -rf build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache
