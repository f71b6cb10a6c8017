"""A live server over a real PostGIS, asked over HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
import requests
import uvicorn
from psycopg import sql

from gis.db.cluster import Cluster
from gis.db.pool import AsyncDatabase, Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.serve.app import build_app
from gis.serve.door import Door
from gis.settings import Settings, read_settings
from layers import Catalogue, City, Level

_SPEC = importlib.util.spec_from_file_location(
    "canary", Path(__file__).with_name("canary.py")
)
assert _SPEC
assert _SPEC.loader
canary = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(canary)

TOKENS = {Level.STAFF: "token-of-staff", Level.RESTRICTED: "token-of-restricted"}


@dataclass
class Server:
    """One running server and how to ask it."""

    base: str
    dsn: str
    log: io.StringIO = field(default_factory=io.StringIO)
    #: path and query of every request, as the server received it
    asked: list[tuple[str, str]] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    def get(
        self, path: str, level: Level = Level.PUBLIC, **more: Any
    ) -> requests.Response:
        return self.ask("GET", path, level, **more)

    def ask(
        self, method: str, path: str, level: Level = Level.PUBLIC, **more: Any
    ) -> requests.Response:
        headers = dict(more.pop("headers", {}))
        if level in TOKENS:
            headers["Authorization"] = f"Bearer {TOKENS[level]}"
        url = path if path.startswith("http") else f"{self.base}{path}"
        more.setdefault("allow_redirects", False)
        return self.session.request(method, url, headers=headers, timeout=60, **more)

    def json(self, path: str, level: Level = Level.PUBLIC, **more: Any) -> Any:
        answer = self.get(path, level, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


def settings_of(home: Path, **changed: Any) -> Settings:
    digests = {
        f"CITYGRID_TOKEN_{level.name}": hashlib.sha256(token.encode()).hexdigest()
        for level, token in TOKENS.items()
    }
    found = read_settings({"CITYGRID_HOME": str(home), **digests})
    return replace(found, **changed)


@contextlib.contextmanager
def serving(
    dsn: str,
    settings: Settings,
    catalogue: Catalogue,
    city: City,
    reader_for: Callable[[Level], Any] | None = None,
) -> Iterator[Server]:
    """A server on a free port, for as long as the block lasts."""
    database = Database(dsn)
    app = build_app(
        settings,
        catalogue,
        city,
        AsyncDatabase(dsn, settings.timeouts),
        reader_for or (lambda level: DatabaseReader(database, catalogue, city, level)),
        DatabaseResults(database),
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    asked: list[tuple[str, str]] = []

    async def noted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            asked.append((scope["path"], unquote(scope["query_string"].decode())))
        await app(scope, receive, send)

    runner = uvicorn.Server(
        uvicorn.Config(
            noted,
            http=Door,
            log_config={"version": 1, "disable_existing_loggers": False},
            access_log=False,
            proxy_headers=False,
        )
    )
    thread = threading.Thread(target=runner.run, args=([listener],), daemon=True)
    no_cookies = DefaultCookiePolicy(allowed_domains=[])
    server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}", dsn, asked=asked)
    server.session.cookies.set_policy(no_cookies)
    handler = logging.StreamHandler(server.log)
    logging.getLogger().addHandler(handler)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.INFO)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not runner.started:
            assert time.monotonic() < deadline
            assert thread.is_alive()
            time.sleep(0.02)
        yield server
    finally:
        server.session.close()
        runner.should_exit = True
        thread.join(20)
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(level)
        listener.close()
        database.close()


def fill_database(
    cluster: Cluster, migrated: str, catalogue: Catalogue, name: str
) -> str:
    """A new database with three features in every layer, hidden values marked."""
    with psycopg.connect(cluster.dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(migrated)
            )
        )
    dsn = cluster.dsn.replace("dbname=citygrid", f"dbname={name}")
    canary.fill(dsn, catalogue)
    return dsn


@pytest.fixture(scope="session")
def canary_dsn(cluster: Cluster, migrated: str, catalogue: Catalogue) -> str:
    """A database with three features in every layer, hidden values marked."""
    return fill_database(cluster, migrated, catalogue, "canary")


@pytest.fixture(scope="session")
def server(
    canary_dsn: str,
    catalogue: Catalogue,
    city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """The server over the marked city, shared by the tests of this folder."""
    settings = settings_of(tmp_path_factory.mktemp("home"))
    with serving(canary_dsn, settings, catalogue, city) as running:
        yield running


@pytest.fixture(scope="session")
def marks() -> Callable[[Level], list[bytes]]:
    """Byte strings that must never be served to a level."""
    return canary.marks_hidden_from


Start = Callable[..., contextlib.AbstractContextManager[Server]]


@pytest.fixture
def start(canary_dsn: str, catalogue: Catalogue, city: City, tmp_path: Path) -> Start:
    """Starts another server over the marked city, with other settings."""

    def begin(
        reader_for: Callable[[Level], Any] | None = None, **changed: Any
    ) -> contextlib.AbstractContextManager[Server]:
        settings = settings_of(tmp_path, **changed)
        return serving(canary_dsn, settings, catalogue, city, reader_for)

    return begin


@pytest.fixture(scope="session")
def serve_city(city: City, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Starts a server over any database and catalogue."""

    def begin(
        dsn: str, catalogue: Catalogue
    ) -> contextlib.AbstractContextManager[Server]:
        return serving(dsn, settings_of(tmp_path_factory.mktemp("h")), catalogue, city)

    return begin
