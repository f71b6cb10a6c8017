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
from playwright.sync_api import Browser, BrowserContext, Page

from gis.db.pool import AsyncDatabase, Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.serve.app import build_app
from gis.settings import read_settings
from gis.web.assets import missing_files
from layers import Catalogue, City

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
STAFF_TOKEN = "token-of-staff"
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
    config = uvicorn.Config(app, log_level="warning", access_log=False)
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


@contextlib.contextmanager
def visiting(browser: Browser, site: str, **options: Any) -> Iterator[Visit]:
    """A visit in a context of its own; every other origin is cut off."""
    settings = {
        "viewport": DESKTOP,
        "locale": "zh-CN",
        "reduced_motion": "reduce",
        "bypass_csp": True,
        **options,
    }
    context: BrowserContext = browser.new_context(**settings)
    page = context.new_page()
    visit = Visit(page, site)
    home = urlsplit(site).netloc

    def route(route: Any) -> None:
        url = route.request.url
        visit.requested.append(url)
        if url.startswith(("data:", "blob:")) or urlsplit(url).netloc == home:
            route.continue_()
        else:
            visit.outside.append(url)
            route.abort()

    context.route("**/*", route)
    page.on(
        "console",
        lambda m: (
            visit.problems.append(f"{m.text} {m.location.get('url', '')}")
            if m.type == "error"
            else None
        ),
    )
    page.on("pageerror", lambda error: visit.problems.append(str(error)))
    yield visit
    context.close()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """A desktop visit that must end without any problem."""
    with visiting(browser, site) as found:
        yield found
        found.check()


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Visit]:
    """The same at phone width."""
    with visiting(browser, site, viewport=PHONE, has_touch=True) as found:
        yield found
        found.check()


@pytest.fixture
def visit_with(browser: Browser, site: str) -> Callable[..., Any]:
    """Visits with options of their own, as a context manager."""
    return lambda **options: visiting(browser, site, **options)
