"""The servers that are compared, asked in their own words."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.bench.serve.fastcgi import FastCgi
from tests.bench.serve.http import Http
from tests.bench.serve.tables import plain_name

EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
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


class Server(ABC):
    """One server: how a question is written to it, and its answer."""

    name = ""
    #: Decimals of coordinates that it states; None: as many as a double has.
    decimals: int | None = None

    def __init__(self, port: int) -> None:
        self.port = port
        self.processes: list[subprocess.Popen[bytes]] = []

    @abstractmethod
    def target(self, question: Question) -> str | None:
        """Path and query; None where the server has no such answer."""

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
    _http: Http | None = field(default=None)
    _used: float = 0.0

    def get(
        self, target: str, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers."""
        if time.monotonic() - self._used > _IDLE_S:
            self.close()
        if self._http is None:
            self._http = Http(self.server.port)
        try:
            answer = self._http.get(target, headers or {})
        except OSError:
            self.close()
            raise
        self._used = time.monotonic()
        return answer

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


class FastCgiServer(Server):
    """A server that is reached by FastCGI, without a web server before it."""

    script = ""

    def __init__(self, port: int, path: Path) -> None:
        super().__init__(port)
        self.path = path

    def connect(self) -> Connection:
        return _FastCgiConnection(self)


class _FastCgiConnection(Connection):
    def __init__(self, server: Server) -> None:
        super().__init__(server)
        assert isinstance(server, FastCgiServer)
        self._client = FastCgi(str(server.path))
        self._script = server.script

    def get(
        self, target: str, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        status, body = self._client.get(self._script, target)
        return status, body, {}

    def close(self) -> None:
        self._client.close()


class MapServer(FastCgiServer):
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


class Qgis(FastCgiServer):
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
