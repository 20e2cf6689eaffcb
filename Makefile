# Needs GNU make (3.81 will do) and Python 3.11 or newer; everything else goes into VENV.

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
LAB_ARGS ?=
TEST_ARGS ?=
DOCS_ARGS ?=
PYTHONS_ARGS ?=

BIN := $(VENV)/bin
NOTEBOOK := notebooks/01_explore_and_travel.ipynb
# In a container one is root, and Jupyter wants to be told that this is meant.
ALLOW_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

# What each stamp installs. A stamp is as new as the install it stands for.
NEEDS_lab := .
NEEDS_test := .[test]
NEEDS_lint := .[lint,test]
NEEDS_docs := .[docs]
STAMPS := $(VENV)/.lab $(VENV)/.test $(VENV)/.lint $(VENV)/.docs

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help lab test lint docs notebooks pythons bundle setup clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

lab: $(VENV)/.lab ## open JupyterLab on the first notebook; LAB_ARGS="--no-browser --port 9000"
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/$(NOTEBOOK) $(ALLOW_ROOT) $(LAB_ARGS)

test: $(VENV)/.test ## run the tests and compare the notebooks; TEST_ARGS="-k diff"
	$(BIN)/python -m pytest -rs -n $(JOBS) --dist loadscope --nbval --nbval-cell-timeout 300 tests notebooks $(TEST_ARGS)

lint: $(VENV)/.lint ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

docs: $(VENV)/.docs ## build the documentation into site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict $(DOCS_ARGS)

notebooks: $(VENV)/.test ## run the notebooks again and store what they show
	$(BIN)/python scripts/refresh_notebooks.py

pythons: $(VENV)/.test ## try the wheel on every other Python of this machine
	$(BIN)/python scripts/try_pythons.py $(PYTHONS_ARGS)

bundle: ## rebuild the widgets' bundle (needs Node)
	npm --prefix js ci
	$(PYTHON) scripts/build_bundle.py

setup: $(STAMPS) ## install all that the other targets need

clean: ## remove what make has made
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis

# pip is what venv makes last: an environment without it was cut short and is made again.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "nerv-lab needs Python 3.11 or newer; try: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMPS): $(VENV)/.%: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing $(NEEDS_$*) into $(VENV); the first time takes a minute or two"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$(NEEDS_$*)"
	@touch $@
