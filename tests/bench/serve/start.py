"""The servers that are compared: started on one database, and stopped.

Every Python server is one process with the settings of its own documentation; the
FastCGI servers have one process per processor, since each serves one request at a
time. All reach the same PostgreSQL over its unix socket.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.serve import projects
from tests.bench.serve.peers import (
    FastCgiServer,
    MapServer,
    Ours,
    Qgis,
    Question,
    Server,
    Stock,
    TiPg,
)
from tests.bench.serve.tables import Bench
from tests.conftest import ROOT

_PINNED = Path(__file__).resolve().parent  # <environment>.txt, with hashes


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
    server: FastCgiServer, bench: Bench, program: str, environment: dict[str, str]
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
