"""A figure of the open zone moves on the page when an edit is committed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import BrowserContext, expect

from gis.db.cluster import Cluster
from gis.db.pool import Database
from gis.db.standing import Watch
from gis.live import patience
from gis.live.follow import Follower
from gis.operation import Retention, StandingQuestion
from layers import Catalogue, City
from tests.conftest import clone, drop
from tests.serve.conftest import serving, settings_of
from tests.web.conftest import visiting

CAMERA = StandingQuestion(service="camera", zones=("district",))
PARK = StandingQuestion(service="park", zones=("district",), of="population")


class Live:
    """A served city whose figures are brought up to date by hand."""

    def __init__(self, database: Database, base: str, follower: Follower) -> None:
        self.database, self.base, self.follower = database, base, follower
        self.watch = ExitStack()
        self._watch = self.watch.enter_context(Watch(database))
        assert self._watch.is_mine()

    def edit(self, text: str) -> None:
        with self.database.owner() as connection:
            connection.execute(text.encode())
        self.catch_up()

    def catch_up(self) -> None:
        self.follower.catch_up(self._watch)

    def wait_and_catch_up(self) -> None:
        """The same once the pause of whatever failed is over."""
        time.sleep(patience.FIRST_S)
        self.catch_up()


@pytest.fixture
def live(
    cluster: Cluster,
    city_template: str,
    catalogue: Catalogue,
    city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Live]:
    database = Database(clone(cluster, "moving", city_template))
    follower = Follower(database, catalogue, city, (CAMERA, PARK), Retention())
    settings = settings_of(tmp_path_factory.mktemp("moving"))
    with serving(database.dsn, settings, catalogue, city) as server:
        found = Live(database, server.base, follower)
        found.catch_up()
        yield found
        found.watch.close()
    database.close()
    drop(cluster, "moving")


def test_the_number_moves_and_says_so(live: Live, desk: BrowserContext) -> None:
    with visiting(desk, live.base) as visit:
        page = visit.open("/map?ind=sc-1&lvl=district&sel=district:330106")
        figure = page.locator('[data-live="camera/area"]')
        expect(figure).to_have_text(re.compile(r"\d\.\d{3} %"))
        assert page.locator("[data-live]").count() == 2
        before = figure.inner_text()
        live.edit("UPDATE city.camera SET state = 'offline' WHERE code LIKE '%1'")
        expect(figure).to_contain_text("刚刚更新")
        assert "−" in figure.inner_text()
        assert figure.inner_text().split()[0] != before.split()[0]
        expect(page.locator("#live")).to_contain_text("刚刚更新")
        # of a zone whose figures nobody declared there is nothing to tell
        page.goto(f"{live.base}/map?ind=sc-1&lvl=street&sel=street:330106013")
        visit.rest()
        assert page.locator("[data-live]").count() == 0
        visit.check()


def test_a_figure_that_is_not_current_says_since_when(
    live: Live, desk: BrowserContext
) -> None:
    column = "TABLE city.camera RENAME {} TO {}"
    with visiting(desk, live.base) as visit:
        page = visit.open("/map?ind=sc-1&lvl=district&sel=district:330106")
        figure = page.locator('[data-live="camera/area"]')
        expect(figure).to_have_text(re.compile(r"%"))
        turned_off = "UPDATE city.camera SET state = 'offline' WHERE code LIKE '%1'"
        live.edit(f"ALTER {column.format('azimuth_deg', 'azimuth')}; {turned_off}")
        expect(figure).to_contain_text("起未能更新")
        assert page.locator("[data-live]").count() == 2
        assert "▲" not in page.locator('[data-live="park/population"]').inner_text()
        live.edit(f"ALTER {column.format('azimuth', 'azimuth_deg')}")
        live.wait_and_catch_up()
        expect(figure).not_to_contain_text("起未能更新")
        assert page.locator("[data-live]").count() == 2
        visit.check()
