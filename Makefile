# `make grade` and `make test` need git, make and Python 3.11 or 3.12, and set everything else up by themselves.

VENV := .venv
TORCH := 2.13.0
READY := $(VENV)/.ready
ACTIVATE := . $(VENV)/bin/activate &&
# The graders that this one is compared with have an environment of their own.
PEERS := .venv-peers
ACTIVATE_PEERS := . $(PEERS)/bin/activate &&
# What authors write: here, in the examples, and in the template of a new course.
SOURCES = $(wildcard solutions/*/*.py examples/*/solutions/*/*.py autograder/new_course/solutions/*/*.py)

# The first Python that fits and really starts; one that only exists in name (a pyenv shim without its version) does not.
FITS := import ensurepip, sqlite3, ssl, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for python in python3 python3.12 python3.11 python; do \
	$$python -c '$(FITS)' 2>/dev/null && echo $$python && break; done)

# How many processes run tests that often wait, for kernels and commands: one more than there are cores, and at most 4.
WAITING_WORKERS := $(shell "$(PYTHON)" -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))' 2>/dev/null || echo 2)

# Another project's settings must not reach into this environment.
unexport PYTHONHOME PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup build grade test test-everything test-topics test-answers test-notebooks check lint lab gpu robustness benchmark lock clean distclean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## make .venv, which every target below does by itself when it is needed

$(READY): Makefile pyproject.toml requirements.lock
	@"$(PYTHON)" -c '$(FITS)' 2>/dev/null || { echo "No Python 3.11 or 3.12 with venv and sqlite3 was found" \
	  "(on Debian and Ubuntu: apt install python3-venv); name one with make PYTHON=/path/to/python3.11." >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	$(ACTIVATE) pip install torch==$(TORCH)
	$(ACTIVATE) pip install --require-hashes -r requirements.lock
	$(ACTIVATE) pip install --no-deps --no-build-isolation -e .
	@touch $@

build: setup ## run each source in solutions/ that changed and write what students get to notebooks/
	$(ACTIVATE) autograder build
	$(ACTIVATE) for course in $(wildcard examples/*/); do (cd "$$course" && autograder build) || exit 1; done

grade: build ## make and grade the sample class and print its marks
	$(ACTIVATE) autograder grade

test: $(if $(TOPICS),test-topics,test-everything) ## run every test; TOPICS="03-vgg" tests one topic, in less than a minute

# Lint, check, tests/, and each notebook in solutions/ once more. Tests of the sandbox fork processes that must have one
# thread, so no other tests run in theirs.
test-everything: lint check
	$(ACTIVATE) OMP_NUM_THREADS=1 pytest -q -n logical --maxprocesses 4 --dist worksteal tests/sandbox
	$(ACTIVATE) OMP_NUM_THREADS=1 pytest -q -n logical --maxprocesses 4 --dist loadscope tests/robustness
	$(ACTIVATE) OMP_NUM_THREADS=1 pytest -q -n logical --maxprocesses 4 --dist worksteal tests/topics
	$(ACTIVATE) OMP_NUM_THREADS=1 pytest -n $(WAITING_WORKERS) --dist loadscope --nbval tests solutions \
	  --ignore tests/sandbox --ignore tests/robustness --ignore tests/topics

# What a change to some topics can break: their committed files, all of their answers, and their notebooks, run anew.
test-topics: setup
	$(ACTIVATE) autograder build --check $(TOPICS)
	$(MAKE) --jobs=2 test-answers test-notebooks

test-answers:
	$(ACTIVATE) OMP_NUM_THREADS=1 TOPICS="$(TOPICS)" pytest -q -n logical --maxprocesses 4 --dist worksteal tests/topics

test-notebooks:
	$(ACTIVATE) OMP_NUM_THREADS=1 pytest -q --nbval $(TOPICS:%=solutions/%)

check: setup ## fail if a committed notebook is not what its source gives
	$(ACTIVATE) autograder build --check
	$(ACTIVATE) for course in $(wildcard examples/*/); do (cd "$$course" && autograder build --check) || exit 1; done

lint: setup ## ruff and mypy, the sources in solutions/ included
	$(ACTIVATE) ruff check .
	$(ACTIVATE) ruff format --check .
	$(ACTIVATE) mypy
	$(ACTIVATE) for source in $(SOURCES); do mypy --no-error-summary "$$source" || exit 1; done

lab: setup ## open JupyterLab on your own copy of the released notebooks, in work/
	@mkdir -p work
	@for topic in notebooks/*/; do test -e "work/$$(basename "$$topic")" || cp -R "$${topic%/}" work/; done
	$(ACTIVATE) jupyter lab --notebook-dir=work

gpu: setup ## run all notebooks on a GPU and measure networks there, if there is one; OPTIONS=--help lists what can be set
	$(ACTIVATE) python -m gpu $(OPTIONS)

robustness: setup $(PEERS)/.ready ## print what three graders give to odd and dishonest submissions (takes an hour on two cores)
	$(ACTIVATE) python -m comparison robustness $(OPTIONS)

benchmark: setup $(PEERS)/.ready ## print how long three graders take on the same submissions; OPTIONS=--help lists what can be set
	$(ACTIVATE) python -m comparison benchmark $(OPTIONS)

$(PEERS)/.ready: comparison/requirements-peers.lock
	"$(PYTHON)" -m venv $(PEERS)
	$(ACTIVATE_PEERS) pip install torch==$(TORCH)
	$(ACTIVATE_PEERS) pip install --require-hashes -r $<
	@touch $@

lock: ## for authors: renew requirements.lock and requirements.txt from requirements.in (needs uv)
	uv pip compile requirements.in --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	  --no-annotate --custom-compile-command "make lock" --quiet -o requirements.lock
	sed -e '/^ *--hash=/d' -e 's/ \\$$//' requirements.lock > requirements.txt
	uv pip compile comparison/requirements-peers.in --constraints requirements.txt --universal --fork-strategy fewest \
	  --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --quiet \
	  -o comparison/requirements-peers.lock

clean: ## remove caches; submissions, marks and feedback stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	find . \( -path ./$(VENV) -o -path ./$(PEERS) \) -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

distclean: clean ## remove caches and both environments
	rm -rf $(VENV) $(PEERS)
