"""A live server with the small demo city, and a browser that reaches nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
)

from gis.db.pool import AsyncDatabase, Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.serve.app import build_app
from gis.settings import read_settings
from gis.web.assets import missing_files
from layers import Catalogue, City

DESKTOP = {"width": 1200, "height": 760}
PHONE = {"width": 390, "height": 844}
STAFF_TOKEN = "token-of-staff"
RESTRICTED_TOKEN = "token-of-the-camera-room"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
READY = "html[data-ready]"


@pytest.fixture(scope="session", autouse=True)
def _assets_in_place() -> None:
    lacking = [name for name in missing_files() if not name.startswith("axe")]
    if lacking:
        pytest.fail(f"{', '.join(lacking)} missing: run python -m gis.web.assets")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    fonts = subprocess.run(
        ["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False
    )
    if fonts.returncode == 0 and not fonts.stdout.strip():
        pytest.fail("no Chinese font here: apt-get install fonts-noto-cjk")
    return {
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--use-gl=angle",
            "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ],
    }


@pytest.fixture(scope="session")
def site(
    city_db: Database,
    catalogue: Catalogue,
    city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Base address of a running server with the small demo city."""
    settings = read_settings(
        {
            "CITYGRID_HOME": str(tmp_path_factory.mktemp("home")),
            "CITYGRID_TOKEN_STAFF": hashlib.sha256(STAFF_TOKEN.encode()).hexdigest(),
            "CITYGRID_TOKEN_RESTRICTED": hashlib.sha256(
                RESTRICTED_TOKEN.encode()
            ).hexdigest(),
        }
    )
    app = build_app(
        settings,
        catalogue,
        city,
        AsyncDatabase(city_db.dsn, settings.timeouts),
        lambda level: DatabaseReader(city_db, catalogue, city, level),
        DatabaseResults(city_db),
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not runner.started:
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    runner.should_exit = True
    thread.join(20)
    listener.close()


@dataclass
class Visit:
    """A page and what went wrong on it: nothing may."""

    page: Page
    site: str
    problems: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def open(self, path: str, *, ready: bool = True) -> Page:
        """Go to a path of the site and wait until the page is at rest."""
        self.page.goto(f"{self.site}{path}")
        if ready:
            self.rest()
        return self.page

    def rest(self) -> None:
        """Wait until the page says that it is at rest."""
        self.page.wait_for_selector(READY, state="attached", timeout=60_000)

    def check(self) -> None:
        """Fail on a console error, a failed request or one that left the site."""
        known = [
            text
            for text in self.problems
            if not any(re.search(pattern, text) for pattern in self.expected)
        ]
        assert known == []
        assert self.outside == []


OPTIONS: dict[str, Any] = {
    "viewport": DESKTOP,
    "locale": "zh-CN",
    "reduced_motion": "reduce",
    "bypass_csp": True,
}


@contextlib.contextmanager
def visiting(context: BrowserContext, site: str) -> Iterator[Visit]:
    """A page of a context; names of other hosts are not even resolved."""
    page = context.new_page()
    visit = Visit(page, site)
    home = urlsplit(site).netloc

    def note(request: Request) -> None:
        visit.requested.append(request.url)
        local = request.url.startswith(("data:", "blob:"))
        if not local and urlsplit(request.url).netloc != home:
            visit.outside.append(request.url)

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            visit.problems.append(f"{message.text} {where}")

    page.on("request", note)
    page.on("console", listen)
    page.on("pageerror", lambda error: visit.problems.append(str(error)))
    yield visit
    page.close()


@pytest.fixture(scope="session")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """One desktop context for all: its cache holds the scripts after the first page.

    The content security policy is in force: what it refuses is a console error.
    """
    context = browser.new_context(**OPTIONS | {"bypass_csp": False})
    yield context
    context.close()


@pytest.fixture
def visit(desk: BrowserContext, site: str) -> Iterator[Visit]:
    """A desktop visit that must end without any problem."""
    desk.clear_cookies()
    with visiting(desk, site) as found:
        yield found
        found.check()


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Visit]:
    """The same at phone width."""
    options = OPTIONS | {"viewport": PHONE, "has_touch": True}
    with browser.new_context(**options) as context, visiting(context, site) as found:
        yield found
        found.check()


@pytest.fixture
def visit_with(browser: Browser, site: str) -> Callable[..., Any]:
    """Visits with options of their own, as a context manager."""

    @contextlib.contextmanager
    def made(**options: Any) -> Iterator[Visit]:
        with (
            browser.new_context(**OPTIONS | options) as context,
            visiting(context, site) as found,
        ):
            yield found

    return made
