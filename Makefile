# `make demo` and `make test` install all they need; no other command has to come first.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-live soak check site docs-blocks transcripts wheel fuzz audit mutants bench bench-method results resultpages lock clean

# Compiled modules are kept: without them each of the thousand processes that tests start compiles all it imports.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
FUZZ_SECONDS ?= 30
RESULTS := docs/results
RESULTS_STORE ?= timetrial.db.results
RESULTS_RUNS ?= 1 2 3

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: ## install everything into .venv and build the engine
	@PYTHON="$(PYTHON)" tools/bootstrap.sh

demo: setup ## race five servers on a Django app: a table and a report, in about three minutes
	@$(BIN)/timetrial run

# With ALLOWED_SKIPS=FILE a test that is skipped for a reason which is not in FILE is a failure: for CI.
# Part of what tests do is to wait for servers: two workers a CPU keep it busy. A file is one worker's: what
# its tests share is made once.
WORKERS ?= $(shell echo $$(( $$(nproc) * 2 )))
PYTEST := $(BIN)/pytest -q $(if $(ALLOWED_SKIPS),--allowed-skips $(ALLOWED_SKIPS))

# Freed memory is kept by processes: giving each histogram of 270 kB back to the system and asking for it again
# takes up to a quarter of the CPU time of tests that compute. Only glibc looks at it.
KEEP_FREED := MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=1048576

test: setup ## run the tests that need no quiet machine: the engine's, then Python's in parallel
	cargo test --profile checked --locked --quiet --features cli,upstream
	$(KEEP_FREED) $(PYTEST) -n $(WORKERS) --dist loadfile -m "not live and not soak"

test-live: setup ## test real servers under real load, one test after the other, in about twenty minutes
	$(PYTEST) -m live

soak: setup ## run the tests that take long or tens of thousands of open files, and laws with many examples
	$(PYTEST) -m soak
	$(PYTEST) -n $(WORKERS) --dist loadfile -m "hypothesis and not live and not soak" --hypothesis-profile thorough

check: setup ## formatting, lints, types, the docs' links and a minute of fuzzing
	cargo fmt --check
	cargo clippy --release --locked --all-targets --quiet -- -D warnings
	cargo clippy --release --locked --all-targets --all-features --quiet -- -D warnings
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	@$(MAKE) --no-print-directory site
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh

site: setup ## make the site of the docs, target/site; a broken link or anchor is an error
	@mkdir -p target && NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build >target/site.log 2>&1 || { cat target/site.log >&2; exit 1; }

docs-blocks: setup ## write the docs' console blocks from real runs (QUICK=1: only short ones; AGAIN=1: measure all anew)
	@$(BIN)/python tools/console_blocks.py $(if $(QUICK),--quick) $(if $(AGAIN),--again) $(PAGES)

transcripts: setup ## write what every verb prints at 80 and 100 columns into docs/results, in about a quarter of an hour
	@$(BIN)/python tools/transcripts.py

fuzz: ## fuzz the engine for FUZZ_SECONDS (30) a target, if cargo-fuzz is installed
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh

wheel: setup ## build dist/timetrial-*.whl, which installs without a Rust toolchain
	@$(BIN)/maturin build --release --locked --quiet --out dist && ls dist/*.whl

audit: ## look for vulnerabilities and licences in crates and packages, with cargo-deny and pip-audit
	@tools/audit.sh

mutants: setup ## plant 30 faults in the code that decides, one at a time: tests have to catch each
	@$(BIN)/python tools/mutants.py run

bench: setup ## race the engine against wrk and others, in about eight minutes (QUICK=1: three)
	@$(BIN)/python benchmarks/freeze.py
	@$(BIN)/python benchmarks/idle_memory.py
	@$(BIN)/python benchmarks/race.py $(if $(QUICK),--quick)

# With QUICK=1 nothing is kept: it shows that everything works.
bench-method: setup ## record rounds and prove the method by them, in 40 minutes at most (QUICK=1: five minutes)
	@$(BIN)/python benchmarks/method/prove.py $(if $(QUICK),--quick --data .method-quick)

results: setup ## measure anew what others published, in about two hours, into docs/results
	@test ! -e $(RESULTS_STORE) || { echo "$(RESULTS_STORE) is there from another time: move it away" >&2; exit 2; }
	@for suite in pipelining sync-vs-async django-workers; do \
	  $(BIN)/timetrial run $$suite --store $(RESULTS_STORE) --reports $(RESULTS) || [ $$? -eq 3 ] || exit 1; done
	@$(MAKE) --no-print-directory resultpages

resultpages:
	@for run in $(RESULTS_RUNS); do \
	  $(BIN)/timetrial report $$run --store $(RESULTS_STORE) --reports $(RESULTS) --json --brief > $(RESULTS)/run-$$run.json && \
	  $(BIN)/timetrial report $$run --store $(RESULTS_STORE) --reports $(RESULTS) --published || exit; done
	@$(BIN)/timetrial report $(RESULTS_RUNS) --store $(RESULTS_STORE) --reports $(RESULTS) --rows
	@sed -i 's|$(CURDIR)|.|g; s|$(HOME)|~|g' $(RESULTS)/*.html $(RESULTS)/*.json $(RESULTS)/published-rows.md

lock: setup ## pin all requirements anew, by name, version and hash
	cd requirements && for set in bootstrap dev bench bench-go bench-method; do ../$(BIN)/uv pip compile --quiet --upgrade \
	  --universal --generate-hashes --no-header --python-version 3.11 $$set.in -o $$set.txt; done
	for folder in catalog catalog/services drivers; do (cd src/timetrial/$$folder && $(CURDIR)/$(BIN)/uv pip compile --quiet --upgrade \
	  --universal --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.txt) || exit; done
	cd src/timetrial/catalog/apps/robyn-hello && $(CURDIR)/$(BIN)/uv pip compile --quiet --upgrade \
	  --universal --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.txt
	cd src/timetrial/catalog/servers && for set in *.requirements.in; do name=$${set%.requirements.in}; \
	  $(CURDIR)/$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 $$(ls $$name.overrides.in 2>/dev/null | sed 's/^/--overrides /') \
	  $$set -o $$name.requirements.txt || exit; done

clean: ## remove everything that was built or installed here
	rm -rf .venv target dist .method-quick .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '_engine*.so' -delete
