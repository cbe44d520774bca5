# `make demo` on a machine with Python 3.11+ and make sets everything up inside this folder and runs the first scenario.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What the wheels of Gmsh and VTK load from the system, and the Debian packages that hold it.
LIBRARIES := libEGL.so.1 libGL.so.1 libGLU.so.1 libXrender.so.1 libXcursor.so.1 libXft.so.2 libXinerama.so.1 libgomp.so.1
PACKAGES := python3-venv libegl1 libgl1-mesa-dri libglu1-mesa libgl1 libxrender1 libxcursor1 libxft2 libxinerama1 libgomp1
INSTALL_PACKAGES := apt-get install -y --no-install-recommends $(PACKAGES)
HAS_LIBRARIES := $(PYTHON) -c 'import ctypes, ensurepip, sys, venv; list(map(ctypes.CDLL, sys.argv[1:]))' $(LIBRARIES)

.DEFAULT_GOAL := help
.PHONY: help demo system install test lint format verify bench clean

help: ## show these targets
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

demo: install ## set everything up and run the lateral_bias scenario
	$(BIN)/python run.py lateral_bias

system: ## install the Debian packages that Gmsh and VTK load, if any is missing
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Grainfield needs Python 3.11 or newer; try: make PYTHON=python3.12 ...")'
	@if test "$$(uname)" != Linux || $(HAS_LIBRARIES) 2>/dev/null; then :; \
	elif test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
		apt-get update && DEBIAN_FRONTEND=noninteractive $(INSTALL_PACKAGES); \
	else \
		echo "Gmsh and VTK need system libraries that are missing here. On Debian or Ubuntu run this line, then make again:"; \
		echo "  sudo $(INSTALL_PACKAGES)"; \
		exit 1; \
	fi

install: system $(VENV)/.installed ## create .venv with the tested versions

$(VENV)/.installed: pyproject.toml constraints.txt | system
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV), which takes a few minutes ..."
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[test,movie,ebsd,notebook]'
	@touch $@

test: install ## run the fast tests
	$(BIN)/python -m pytest

lint: install ## check style, layout and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install ## rewrite the code in the house layout
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

verify: install ## run every test, slow ones too, and write the record of the checks and the gallery
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest tests -m "slow or not slow" -n auto --dist worksteal \
		--verification=results/verification.json --verification-page=docs/verification.md; \
	status=$$?; $(BIN)/python docs/gallery.py && exit $$status

bench: install ## measure speed and memory, fill docs/performance.md
	@for script in $(filter-out benchmarks/page.py,$(wildcard benchmarks/*.py)); do \
		echo "== $$script"; OMP_NUM_THREADS=1 $(BIN)/python "$$script" --page || exit 1; \
	done

clean: ## remove .venv and everything generated, except results/
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
