# Everything bootstraps into .venv; nothing outside the project is changed, but for the Debian
# packages that `make test` installs when it runs as root. See README.md.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SEGEL_HOME ?= .segel
SEGEL_HTTP ?= 127.0.0.1:8080
SEGEL_VIEWER ?= 127.0.0.1:8081
SEGEL_DIMSE ?= 127.0.0.1:11112
SEGEL_MLLP ?= 127.0.0.1:2575

PYTHON ?= python3
BIN := .venv/bin
OHIF_VERSION := 3.13.2
OHIF_SHA512 := 5997719a9986eeba85816f5924b71b82bdd70ad2e2d4a0cd3e831a798e4f3deea3e06e1f8c48e393271933a0ba664d85f3b04ac457e9abe8dde715d907d13c10
OHIF := .segel-viewer/package/dist
PEERS := curl jq dcmtk orthanc orthanc-dicomweb chromium softhsm2 rsyslog rsyslog-gnutls
OP := .segel-op/node_modules/oidc-provider/package.json
MEDPLUM := .segel-medplum/node_modules/@medplum/core/package.json
FHIR_CLIENT := .segel-fhir/node_modules/@medplum/core/package.json
WEB_PEERS := .segel-web/node_modules/.package-lock.json
# What measures, kills, or promises something within a second: one at a time. The rest side by side.
SERIAL := tests/bench $(patsubst %,tests/drills/test_%.py,\
  crashes crawler freeze hl7_kills national_kills outages)

.PHONY: compiled help up down status test check mutants bench drill demo-images viewer openid-provider \
  medplum fhir-client web-peers peers clean

help:
	@echo 'make up           start Segel with demo data (home: $(SEGEL_HOME))'
	@echo 'make down         stop it'
	@echo 'make status       show what runs'
	@echo 'make check        lint, types, imports: what a commit must pass'
	@echo 'make test         everything, with real peers where they are installed'
	@echo 'make mutants      change sealing, tokens, budgets and log; do the tests notice? (hours)'
	@echo 'make bench        Segel beside Orthanc and the raw limit'
	@echo 'make drill        stage 120 leaks in invented estates; remake the page of figures'
	@echo 'make demo-images  write the demo files to demo-images/ for storescu'
	@echo 'make clean        remove what make made, but for the home'

# --- bootstrap ---------------------------------------------------------------------------------

.venv/.synced: uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Segel needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
	  echo 'python3 cannot make environments: on Debian, apt install python3-venv' >&2; exit 1; }
	@if command -v uv >/dev/null; then uv=uv; else \
	  test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; \
	  uv=$(BIN)/uv; fi; \
	UV_PROJECT_ENVIRONMENT=.venv $$uv sync --frozen --inexact --compile-bytecode --extra demo --extra ocr
	@touch $@

# Segel's processes run as users who may not write here: what is not compiled before they start is
# compiled anew by each of them, which is most of what a start takes.
compiled: .venv/.synced
	@$(BIN)/python -m compileall -q src

viewer: $(OHIF)/index.html

# OHIF's built files, as its npm package ships them; checked against a known digest.
$(OHIF)/index.html:
	@if ! command -v npm >/dev/null; then \
	  echo 'npm is not installed: the OHIF viewer is left out, the light viewer works.'; exit 0; fi; \
	mkdir -p .segel-viewer; cd .segel-viewer; \
	if ! npm pack --silent @ohif/app@$(OHIF_VERSION) >/dev/null; then \
	  echo 'OHIF could not be fetched: left out for now, the light viewer works.'; exit 0; fi; \
	echo '$(OHIF_SHA512)  ohif-app-$(OHIF_VERSION).tgz' | sha512sum --check --quiet; \
	tar -xzf ohif-app-$(OHIF_VERSION).tgz; rm ohif-app-$(OHIF_VERSION).tgz

# A certified OpenID provider for the tests, as npm ships it, by the digests of its lock file.
openid-provider: $(OP)

$(OP): tests/support/openid_provider/package-lock.json
	@if ! command -v npm >/dev/null; then \
	  echo 'npm is not installed: the tests with a real OpenID provider are skipped.'; exit 0; fi; \
	mkdir -p .segel-op; cp tests/support/openid_provider/package*.json .segel-op/; \
	if npm ci --prefix .segel-op --silent --ignore-scripts --no-audit --no-fund; then touch $@; else \
	  echo 'The OpenID provider could not be fetched: its tests are skipped for now.'; fi

# Medplum's FHIR validator for the tests, and HL7's definitions with it, by the same digests.
medplum: $(MEDPLUM)

$(MEDPLUM): tests/support/medplum/package-lock.json
	@if ! command -v npm >/dev/null; then \
	  echo 'npm is not installed: the tests beside Medplum are skipped.'; exit 0; fi; \
	mkdir -p .segel-medplum; cp tests/support/medplum/package*.json .segel-medplum/; \
	if npm ci --prefix .segel-medplum --silent --ignore-scripts --no-audit --no-fund; then \
	  touch $@; else \
	  echo 'Medplum could not be fetched: its tests are skipped for now.'; fi

# Medplum's FHIR client for the tests, of a version that Node 20 runs, by the same digests.
fhir-client: $(FHIR_CLIENT)

$(FHIR_CLIENT): tests/support/fhir_node/package-lock.json
	@if ! command -v npm >/dev/null; then \
	  echo 'npm is not installed: the tests with a FHIR client in Node are skipped.'; exit 0; fi; \
	mkdir -p .segel-fhir; cp tests/support/fhir_node/package*.json .segel-fhir/; \
	if npm ci --prefix .segel-fhir --silent --ignore-scripts --no-audit --no-fund; then \
	  touch $@; else \
	  echo 'The FHIR client could not be fetched: its tests are skipped for now.'; fi

# What the verifier's pages and their tests are made of: CertLogic as its authors evaluate it, a
# reader of QR codes in WebAssembly, zlib; by the digests of the lock file.
web-peers: $(WEB_PEERS)

$(WEB_PEERS): src/segel/cards/verifier/package-lock.json
	@if ! command -v npm >/dev/null; then \
	  echo 'npm is not installed: the verifier for browsers and its tests are left out.'; exit 0; fi; \
	mkdir -p .segel-web; cp src/segel/cards/verifier/package*.json .segel-web/; \
	if npm ci --prefix .segel-web --silent --ignore-scripts --no-audit --no-fund; then \
	  touch $@; else \
	  echo 'The verifier'"'"'s packages could not be fetched: left out for now.'; fi

# --- running -----------------------------------------------------------------------------------

up: compiled viewer web-peers
	@if $(BIN)/segel status --home $(SEGEL_HOME) >/dev/null 2>&1; then \
	  $(BIN)/segel status --home $(SEGEL_HOME); \
	else \
	  $(BIN)/segel up --demo --detach --home $(SEGEL_HOME) --http $(SEGEL_HTTP) \
	    --viewer $(SEGEL_VIEWER) --dimse $(SEGEL_DIMSE) --mllp $(SEGEL_MLLP) \
	    --viewer-folder $(OHIF) --web-packages .segel-web/node_modules; \
	fi

down: .venv/.synced
	@$(BIN)/segel down --home $(SEGEL_HOME)

status: .venv/.synced
	@$(BIN)/segel status --home $(SEGEL_HOME)

demo-images: .venv/.synced
	@$(BIN)/python -m segel.app.demo demo-images

# --- checking ----------------------------------------------------------------------------------

check: .venv/.synced
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

# Real peers for the tests. Without root they are used where present; their tests say so if not.
peers:
	@missing=; for name in $(PEERS); do \
	  dpkg-query --show --showformat '$${db:Status-Status}' $$name 2>/dev/null \
	    | grep -qx installed || missing="$$missing $$name"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -q; apt-get install -q -y --no-install-recommends $$missing; \
	  if command -v systemctl >/dev/null; then systemctl disable --now orthanc || true; fi; \
	else echo "Not installed, so their tests are skipped:$$missing"; fi

# In the order of the folders, which begin with what takes longest: by the number of their tests, the
# files that start an archive of their own would all come last.
# What failed is said again at the end: the first run's own summary is a long way up by then.
test: check compiled peers viewer openid-provider medplum fhir-client web-peers
	@mkdir -p artifacts; failed=0; \
	$(BIN)/pytest -n logical --dist loadfile --no-loadscope-reorder $(SERIAL:%=--ignore=%) 2>&1 \
	  | tee artifacts/test.log || failed=1; \
	$(BIN)/pytest $(SERIAL) 2>&1 | tee -a artifacts/test.log || failed=1; \
	grep -aE '^(FAILED|ERROR) ' artifacts/test.log || true; \
	exit $$failed

mutants: .venv/.synced
	@$(BIN)/python tests/mutants.py

bench: .venv/.synced peers web-peers
	@$(BIN)/python -m bench

# The page is written where a promise is missed, too: it says which. Not where the drill broke off.
drill: .venv/.synced
	@page=docs/reference/leak-drill.md; failed=0; \
	$(BIN)/segel leak drill --all --seed 5000 --markdown > $$page.new || failed=1; \
	if test -s $$page.new; then mv $$page.new $$page; else rm $$page.new; fi; exit $$failed

clean:
	rm -rf .venv .segel-viewer .segel-op .segel-medplum .segel-fhir .segel-web demo-images artifacts \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
