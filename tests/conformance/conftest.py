"""A healthy server, and one into which a defect can be put."""

from __future__ import annotations

import importlib.util
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from gis.db.cluster import Cluster
from gis.db.pool import AsyncDatabase, Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.serve.app import build_app
from layers import Catalogue, City
from tests.conformance.harness import Api
from tests.conformance.mutant import Mutant

_PATH = Path(__file__).parent.parent / "serve" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("conformance_servers", _PATH)
assert _SPEC
assert _SPEC.loader
servers = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = servers
_SPEC.loader.exec_module(servers)


@pytest.fixture(scope="session")
def plain_dsn(cluster: Cluster, migrated: str, catalogue: Catalogue) -> str:
    """Three features in every layer."""
    return servers.fill_database(cluster, migrated, catalogue, "conformance")


@pytest.fixture(scope="session")
def mutant(
    plain_dsn: str,
    catalogue: Catalogue,
    city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Mutant, Api]]:
    """A server that has whatever defect it is given; none at first."""
    settings = servers.settings_of(tmp_path_factory.mktemp("home"))
    database = Database(plain_dsn)
    app = build_app(
        settings,
        catalogue,
        city,
        AsyncDatabase(plain_dsn, settings.timeouts),
        lambda level: DatabaseReader(database, catalogue, city, level),
        DatabaseResults(database),
    )
    mutated = Mutant(app)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    runner = uvicorn.Server(
        uvicorn.Config(mutated, log_level="error", access_log=False)
    )
    thread = threading.Thread(target=runner.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not runner.started:
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    api = Api(f"http://127.0.0.1:{listener.getsockname()[1]}")
    yield mutated, api
    api.session.close()
    runner.should_exit = True
    thread.join(20)
    listener.close()
    database.close()
