"""The servers that are compared: started, asked in their own words, stopped.

Every Python server is one process with the settings of its own documentation; the
FastCGI servers have one process per processor, since each serves one request at a
time. All reach the same PostgreSQL over its unix socket.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.bench.serve import projects
from tests.bench.serve.fastcgi import FastCgi
from tests.bench.serve.tables import Bench, plain_name
from tests.conftest import ROOT

EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
_PINNED = Path(__file__).resolve().parent  # <environment>.txt, with hashes
_IDLE_S = 2.0  # servers close a connection that idles for five seconds


@dataclass(frozen=True)
class Question:
    """What is asked, in no server's words.

    Parameters
    ----------
    kind : items, item, hits or tile
    layer : a layer of the benchmark
    bbox : lon and lat
    index : zoom, row and column of a tile
    fresh : a number that makes a repeated tile a new question to ours
    """

    kind: str
    layer: str
    limit: int = 10
    offset: int = 0
    bbox: tuple[float, float, float, float] | None = None
    code: str = ""
    srid: int | None = None
    filter: str = ""
    index: tuple[int, int, int] = (0, 0, 0)
    fresh: int | None = None
    columns: tuple[str, ...] = ()


class Server:
    """One server: how a question is written to it, and its answer."""

    name = ""
    #: Decimals of coordinates that it states; None: as many as a double has.
    decimals: int | None = None

    def __init__(self, port: int) -> None:
        self.port = port
        self.processes: list[subprocess.Popen[bytes]] = []

    def target(self, question: Question) -> str | None:
        """Path and query; None where the server has no such answer."""
        raise NotImplementedError

    def connect(self) -> Connection:
        """A connection of one client."""
        return Connection(self)

    def stop(self) -> None:
        """End its processes."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@dataclass
class Connection:
    """One client's HTTP connection, kept open."""

    server: Server
    _http: HTTPConnection | None = field(default=None)
    _used: float = 0.0

    def get(
        self, target: str, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers."""
        if time.monotonic() - self._used > _IDLE_S:
            self.close()
        if self._http is None:
            self._http = HTTPConnection("127.0.0.1", self.server.port, timeout=180)
        try:
            self._http.request("GET", target, headers=headers or {})
            answer = self._http.getresponse()
            body = answer.read()
            self._used = time.monotonic()
        except OSError:
            self.close()
            raise
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, body, found

    def close(self) -> None:
        """Close the connection."""
        if self._http:
            self._http.close()
            self._http = None


class Ours(Server):
    """This server."""

    name = "citygrid"

    def target(self, question: Question) -> str | None:
        q = question
        path = f"/collections/{q.layer}"
        if q.kind == "tile":
            z, row, column = q.index
            day = "" if q.fresh is None else f"?datetime={_day(q.fresh)}"
            return f"{path}/tiles/WebMercatorQuad/{z}/{row}/{column}{day}"
        if q.kind == "item":
            return f"{path}/items/{q.code}?f=json"
        return f"{path}/items?" + _query(q, {"f": "json"}, {"resulttype": "hits"})


class Stock(Server):
    """pygeoapi as it comes, with its PostgreSQL provider."""

    name = "pygeoapi"

    def target(self, question: Question) -> str | None:
        q = question
        path = f"/collections/{plain_name(q.layer)}"
        if q.kind == "tile":
            z, row, column = q.index
            return f"{path}/tiles/WebMercatorQuad/{z}/{row}/{column}?f=mvt"
        if q.kind == "item":
            return f"{path}/items/{q.code}?f=json"
        return f"{path}/items?" + _query(q, {"f": "json"}, {"resulttype": "hits"})


class TiPg(Server):
    """TiPg, the fastest of the Python servers."""

    name = "tipg"
    decimals = 9

    def target(self, question: Question) -> str | None:
        q = question
        path = f"/collections/public.{plain_name(q.layer)}"
        if q.srid or q.kind == "hits":
            return None
        if q.kind == "tile":
            z, row, column = q.index
            chosen = f"?properties={','.join(q.columns)}" if q.columns else ""
            return f"{path}/tiles/WebMercatorQuad/{z}/{column}/{row}{chosen}"
        if q.kind == "item":
            return f"{path}/items/{q.code}?f=geojson"
        return f"{path}/items?" + _query(q, {"f": "geojson"}, {})


class _FastCgiServer(Server):
    script = ""

    def __init__(self, port: int, path: Path) -> None:
        super().__init__(port)
        self.path = path

    def connect(self) -> Connection:
        return _FastCgiConnection(self)


class _FastCgiConnection(Connection):
    def __init__(self, server: Server) -> None:
        super().__init__(server)
        assert isinstance(server, _FastCgiServer)
        self._client = FastCgi(str(server.path))
        self._script = server.script

    def get(
        self, target: str, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        status, body = self._client.get(self._script, target)
        return status, body, {}

    def close(self) -> None:
        self._client.close()


class MapServer(_FastCgiServer):
    """MapServer's OGC API."""

    name = "mapserver"
    decimals = 6
    script = "/mapserv"

    def target(self, question: Question) -> str | None:
        q = question
        if q.kind in ("tile", "hits") or q.filter or q.srid:
            return None
        path = f"/bench/ogcapi/collections/{plain_name(q.layer)}/items"
        if q.kind == "item":
            return f"{path}/{q.code}?f=json"
        return f"{path}?" + _query(q, {"f": "json"}, {})


class Qgis(_FastCgiServer):
    """QGIS Server's OGC API."""

    name = "qgis"
    decimals = 6
    script = "/qgis"

    def target(self, question: Question) -> str | None:
        q = question
        if q.kind in ("tile", "hits") or q.filter or q.srid:
            return None
        path = f"/wfs3/collections/{plain_name(q.layer)}/items"
        if q.kind == "item":
            return f"{path}/{q.code}.geojson"
        return f"{path}.geojson?" + _query(q, {}, {})


def _query(q: Question, first: dict[str, str], hits: dict[str, str]) -> str:
    values = dict(first)
    if q.kind == "hits":
        values |= hits
    else:
        values["limit"] = str(q.limit)
    if q.offset:
        values["offset"] = str(q.offset)
    if q.bbox:
        values["bbox"] = ",".join(f"{v:.6f}" for v in q.bbox)
    if q.srid:
        values["crs"] = EPSG.format(q.srid)
    if q.filter:
        values |= {"filter": q.filter, "filter-lang": "cql2-text"}
    return urlencode(values, quote_via=quote, safe=",:/")


def _day(number: int) -> str:
    """A day after the last change of the tables: the same tile, a new question."""
    return f"{2016 + number // 336}-{number // 28 % 12 + 1:02d}-{number % 28 + 1:02d}"


@contextlib.contextmanager
def servers(bench: Bench, wanted: set[str] | None = None) -> Iterator[list[Server]]:
    """Ours and every peer that this machine can run, answering."""
    started: list[Server] = []
    makers = {
        "citygrid": start_ours, "pygeoapi": _start_stock, "tipg": _start_tipg,
        "mapserver": _start_mapserver, "qgis": _start_qgis,
    }  # fmt: skip
    try:
        for name, make in makers.items():
            if wanted is None or name in wanted:
                server = make(bench)
                if server is None:
                    sys.stderr.write(f"{name}: not on this machine, left out\n")
                    continue
                started.append(server)
                _wait(server)
        yield started
    finally:
        for server in started:
            server.stop()


def start_ours(bench: Bench) -> Server:
    """This server, as `citygrid serve` starts it."""
    server = Ours(_free_port())
    environment = {
        **os.environ,
        "CITYGRID_HOME": str(bench.home),
        "CITYGRID_CONFIG": str(bench.config),
        "CITYGRID_PORT": str(server.port),
    }
    _run(server, bench, [sys.executable, "-m", "gis.cli", "serve"], environment)
    return server


def _start_stock(bench: Bench) -> Server:
    server = Stock(_free_port())
    python = _environment(bench.home / "stock", own=True)
    config, openapi = projects.write_pygeoapi(bench, server.port, python)
    environment = {
        **os.environ, "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)
    }  # fmt: skip
    _run(server, bench, _uvicorn(python, "pygeoapi.starlette_app:APP", server.port),
         environment)  # fmt: skip
    return server


def _start_tipg(bench: Bench) -> Server:
    server = TiPg(_free_port())
    python = _environment(bench.home / "tipg")
    environment = {
        **os.environ,
        "DATABASE_URL": projects.url_of(bench),
        "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_MAX_FEATURES_PER_TILE": "1000000",
        "TIPG_CATALOG_TTL": "100000",
    }
    _run(server, bench, _uvicorn(python, "tipg.main:app", server.port), environment)
    return server


def _start_mapserver(bench: Bench) -> Server | None:
    program = shutil.which("mapserv")
    if program is None:
        return None
    server = MapServer(0, bench.home / "mapserver.socket")
    environment = {
        **os.environ, "MAPSERVER_CONFIG_FILE": str(projects.write_mapserver(bench))
    }  # fmt: skip
    _run_fastcgi(server, bench, program, environment)
    return server


def _start_qgis(bench: Bench) -> Server | None:
    program = Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi")
    if not program.exists():
        return None
    server = Qgis(0, bench.home / "qgis.socket")
    environment = {
        **os.environ,
        "QGIS_PROJECT_FILE": str(projects.write_qgis(bench)),
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_SERVER_LOG_STDERR": "0",
        "QGIS_SERVER_API_WFS3_MAX_LIMIT": "10000",
        "HOME": str(bench.home),
    }
    _run_fastcgi(server, bench, str(program), environment)
    return server


def _uvicorn(python: Path, app: str, port: int) -> list[str]:
    return [str(python), "-m", "uvicorn", app, "--port", str(port), "--no-access-log",
            "--log-level", "warning"]  # fmt: skip


def _run(
    server: Server, bench: Bench, command: list[str], environment: dict[str, str]
) -> None:
    with (bench.home / f"{server.name}.log").open("wb") as log:
        server.processes.append(
            subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=log, stderr=log,
                start_new_session=True,
            )
        )  # fmt: skip


def _run_fastcgi(
    server: _FastCgiServer, bench: Bench, program: str, environment: dict[str, str]
) -> None:
    server.path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(server.path))
        listener.listen(64)
        for number in range(os.cpu_count() or 1):
            with (bench.home / f"{server.name}{number}.log").open("wb") as log:
                server.processes.append(
                    subprocess.Popen(
                        [program], stdin=listener, env=environment, cwd="/",
                        stdout=log, stderr=log, start_new_session=True,
                    )
                )  # fmt: skip


def _environment(folder: Path, *, own: bool = False) -> Path:
    """Python of a throw-away environment; `own`: over this project's packages."""
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        if own:
            site = next((folder / "lib").glob("python*/site-packages"))
            here = next(p for p in sys.path if p.endswith("site-packages"))
            (site / "own.pth").write_text(here + "\n")
        pinned = _PINNED / f"{folder.name}.txt"
        subprocess.run(
            [
                *(python, "-m", "pip", "install", "--quiet"),
                *("--disable-pip-version-check", "--require-hashes", "--no-deps"),
                *("--requirement", pinned),
            ],
            check=True,
        )
        (folder / "whole").touch()
    return python


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server) -> None:
    """Until the server answers a small question rightly."""
    target = server.target(Question("items", "bench_grid", limit=1))
    assert target
    end = time.monotonic() + 120
    problem: object = None
    while time.monotonic() < end:
        connection = server.connect()
        try:
            status, body, _ = connection.get(target)
            if status == 200 and b"Feature" in body:
                return
            problem = status, body[:300]
        except OSError as error:
            problem = error
        finally:
            connection.close()
        if any(process.poll() is not None for process in server.processes):
            break
        time.sleep(0.2)
    raise RuntimeError(f"{server.name} does not answer: {problem}")
