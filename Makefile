# Everything begins here; a machine needs Python 3.11 or later and make, no more.

VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/.labelpulse
# A stage of `make test` that takes longer than this many seconds hangs; its budget is 120.
LIMIT  := 1500
STAGE  := $(BIN)/python -m pytest -q --durations=3 --session-timeout=$(LIMIT)
SPREAD := -n auto --maxprocesses=4

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench validate clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1 \t/p' Makefile | expand -t 18

setup: $(STAMPS)-run ## make .venv and install labelpulse into it

run: setup ## start the live demo; more by ARGS="--no-browser --port 8600"
	@$(BIN)/labelpulse demo $(ARGS)

test: $(STAMPS)-dev ## run all tests; with CI=true lint too, and nothing may be skipped
	@if [ "$(CI)" = true ]; then $(MAKE) --no-print-directory lint; fi
	$(STAGE) $(SPREAD) -m unit
	$(STAGE) $(SPREAD) -m "pg and not faults and not browser"
	$(STAGE) $(SPREAD) -m "faults and not browser"
	$(STAGE) -m browser

lint: $(STAMPS)-dev ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMPS)-dev ## mend what style can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMPS)-dev ## measure, and print a table of ratios
	$(BIN)/python -m benchmarks.speed $(ARGS)

validate: $(STAMPS)-dev ## check the statistics by simulation, and write docs/validation.md
	$(BIN)/python -m benchmarks.validation $(ARGS)

clean: ## remove builds and caches, not .venv
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find labelpulse collectors dashboard tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# Installing again is needed only when pyproject.toml changed.
$(STAMPS)-run: pyproject.toml
	@sh -c "$$INSTALL" install '.'
	@touch $@

$(STAMPS)-dev: pyproject.toml
	@sh -c "$$INSTALL" install '.[dev]'
	@touch $(STAMPS)-run $@

define INSTALL
set -eu
fits='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do
        if "$$python" -c "$$fits" 2>/dev/null; then echo "$$python"; return; fi
    done
    echo "labelpulse needs Python 3.11 or later and found none." >&2
    echo "Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2
    exit 1
}

make_venv() {
    if command -v uv >/dev/null; then
        uv venv --clear --python '$(or $(PYTHON),>=3.11)' $(VENV)
        return
    fi
    python=$$(find_python)
    if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$$python lacks the venv module, which makes $(VENV)." >&2
        echo "On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
        echo "Or install uv, which needs neither." >&2
        exit 1
    fi
    "$$python" -m venv --clear $(VENV)
}

if ! $(BIN)/python -c "$$fits" 2>/dev/null; then
    echo "Making $(VENV)"
    make_venv
fi
echo "Installing labelpulse into $(VENV); the first time this takes a minute or two"
if command -v uv >/dev/null; then
    uv pip install --quiet --python $(BIN)/python --editable "$$1"
else
    $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
    $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable "$$1"
fi
endef
export INSTALL
