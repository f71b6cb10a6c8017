"""A server over a database that a bench has made, and how it is asked."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.conftest import ROOT

_TOKEN = "bench"
_STOP_S = 60

#: Asks a process with inputs.
Ask = Callable[[str, dict[str, Any]], None]


@contextmanager
def asking(dsn: str, home: Path, *, accept: str = "*/*") -> Iterator[Ask]:
    """A server at level staff, ready and at rest; stopped at the end.

    Parameters
    ----------
    accept : media types of the answers

    Raises
    ------
    RuntimeError : it does not answer
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "CITYGRID_DSN": dsn, "CITYGRID_HOME": str(home),
        "CITYGRID_PORT": str(port),
        "CITYGRID_TOKEN_STAFF": hashlib.sha256(_TOKEN.encode()).hexdigest(),
    }  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-m", "gis.cli", "serve"], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {_TOKEN}"})

    def ask(process: str, inputs: dict[str, Any], accept: str = accept) -> None:
        url = f"{base}/processes/{process}/execution"
        answer = session.post(
            url, json={"inputs": inputs}, headers={"Accept": accept}, timeout=600
        )
        answer.raise_for_status()

    try:
        _wait(base)
        # the server works out its scorecards first
        ask("scorecard", {"as_of": "2015-12-31"}, "*/*")
        yield ask
    finally:
        server.terminate()
        server.wait(_STOP_S)


def _wait(base: str) -> None:
    for _ in range(300):
        try:
            if requests.get(f"{base}/readyz", timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise RuntimeError(f"{base}: does not answer")
