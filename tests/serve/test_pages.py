"""Every page drawn by a browser that can reach this server and nothing else."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MAPPED = (
    "/collections/component",
    "/collections/component/items",
    "/collections/road/items",
    "/collections/unit_grid/items/330106001001001",
)
PLAIN = (
    "/",
    "/conformance",
    "/collections",
    "/collections/component/schema",
    "/collections/component/tiles",
    "/collections/target/items",
    "/tileMatrixSets/WebMercatorQuad",
    "/processes",
    "/processes/coverage",
    "/docs",
    "/docs/layers/unit_grid",
    "/docs/processes/coverage",
    "/signin",
    "/collections/nothing",
)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield running
        running.close()


@pytest.fixture
def page(browser, server):
    """A page that notes every request and every complaint of the console."""
    context = browser.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    opened = context.new_page()
    opened.asked, opened.complaints = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on(
        "console",
        lambda message: (
            opened.complaints.append(message.text) if message.type == "error" else None
        ),
    )
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    context.close()


def draw(page, server, path):
    page.goto(f"{server.base}{path}?f=html", wait_until="load")
    outside = [
        url for url in page.asked if not url.startswith((server.base, "data:", "blob:"))
    ]
    assert outside == []
    return page


@pytest.mark.parametrize("path", PLAIN)
def test_page(page, server, path):
    draw(page, server, path)
    assert page.locator("h1").inner_text()
    missing = path == "/collections/nothing"
    assert len(page.complaints) == (1 if missing else 0), page.complaints
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


@pytest.mark.parametrize("path", MAPPED)
def test_page_with_a_map(page, server, path):
    draw(page, server, path)
    page.wait_for_selector("#map[data-ready]", timeout=10_000)
    if path.count("/") == 2:  # a collection: its extent, then its first features
        page.wait_for_selector("#map[data-shown='3']", timeout=10_000)
    drawn = page.locator("#map path").count()
    assert drawn == {2: 4, 3: 3}.get(path.count("/"), 1)
    assert page.complaints == []


def test_swagger_ui(page, server):
    draw(page, server, "/openapi")
    page.wait_for_selector("#api[data-ready]", timeout=20_000)
    page.wait_for_selector(".opblock-tag", timeout=20_000)
    assert page.complaints == []
    outside = [url for url in page.asked if not url.startswith((server.base, "data:"))]
    assert outside == []


def test_sign_in_by_form(page, server):
    draw(page, server, "/signin")
    page.fill("#token", "token-of-restricted")
    page.click("form.signin button")
    page.wait_for_selector("text=退出")
    page.goto(f"{server.base}/collections/camera?f=html")
    assert "摄像机" in page.locator("h1").inner_text()
    page.click("text=退出")
    page.wait_for_selector("text=登录")
    page.goto(f"{server.base}/collections/camera?f=html")
    assert "404" not in page.locator("h1").inner_text()
    assert page.locator(".problem").count() == 1
