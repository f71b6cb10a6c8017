"""Runs and events over HTTP: an edit is committed, and a browser hears the figures."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq
import pytest
import requests

from gis.db.cluster import Cluster
from gis.db.pool import Database
from gis.live.follow import Follower
from gis.operation import Retention, StandingQuestion
from gis.serve import events, hub
from layers import Catalogue, City, Level
from tests.conftest import clone, drop
from tests.serve.conftest import TOKENS, Server, serving, settings_of
from tests.waiting import until

CAMERA = StandingQuestion(service="camera", zones=("community", "district"))
CELLS = StandingQuestion(service="park", zones=("unit_grid",))
OPEN: list[Listener] = []
COVERAGE = "/processes/coverage/execution"


@pytest.fixture(scope="module")
def database(cluster: Cluster, city_template: str) -> Iterator[Database]:
    found = Database(clone(cluster, "told", city_template))
    yield found
    found.close()
    drop(cluster, "told")


@pytest.fixture(scope="module")
def server(
    database: Database,
    catalogue: Catalogue,
    city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    follower = Follower(database, catalogue, city, (CAMERA, CELLS), Retention())
    thread = threading.Thread(target=follower.run)
    thread.start()
    settings = settings_of(tmp_path_factory.mktemp("told"))
    try:
        # a stream that is read is closed only when something comes
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(events, "BEAT_S", 0.2)
            with serving(database.dsn, settings, catalogue, city) as found:
                until(lambda: _standing(database) > 20, 300)
                yield found
                for one in OPEN:
                    one.close()
    finally:
        follower.stopping.set()
        thread.join(30)


def _standing(database: Database) -> int:
    with database.owner() as connection:
        query = "SELECT count(DISTINCT run) * 20 FROM city.coverage_result"
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


@dataclass
class Listener:
    """A browser that listens, as EventSource does."""

    server: Server
    query: str = ""
    level: Level = Level.PUBLIC
    last: str | None = None
    events: list[tuple[str, str, Any]] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    status: int = 0

    def __post_init__(self) -> None:
        headers = {"Accept": "text/event-stream"}
        if self.level in TOKENS:
            headers["Authorization"] = f"Bearer {TOKENS[self.level]}"
        if self.last is not None:
            headers["Last-Event-ID"] = self.last
        self.answer = requests.get(
            f"{self.server.base}/events{self.query}",
            headers=headers,
            stream=True,
            timeout=300,
        )
        self.status = self.answer.status_code
        OPEN.append(self)
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
            until(lambda: self.kinds)

    def _read(self) -> None:
        number, kind = "", ""
        try:
            for line in self.answer.iter_lines(chunk_size=1):
                name, _, value = line.decode().partition(": ")
                if name == "id":
                    number = value
                elif name == "event":
                    kind = value
                elif name == "data":
                    self.heard.append(time.time())
                    self.events.append((number, kind, json.loads(value)))
        except (requests.RequestException, AttributeError, ValueError):
            return

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.events]

    @property
    def bodies(self) -> list[tuple[str, Any]]:
        return [(kind, body) for _, kind, body in self.events]

    def told(self) -> list[Any]:
        return [body for _, kind, body in self.events if kind == "standing"]

    def close(self) -> None:
        self.answer.close()


def edit(database: Database, text: str) -> float:
    """When an edit was committed."""
    with database.owner() as connection:
        connection.execute(text.encode())
    return time.time()


def turn(database: Database, place: int) -> float:
    """Switch some cameras off, others for every place."""
    return edit(
        database,
        "UPDATE city.camera SET state = 'offline' WHERE state = 'online' "
        f"AND hashtext(code) % 200 = {place}",
    )


def test_an_edit_is_heard_by_those_who_may(server: Server, database: Database) -> None:
    everybody = Listener(server)
    district = Listener(server, "?service=camera&of=area&zones=district")
    parks = Listener(server, "?service=park")
    committed = turn(database, 1)
    until(lambda: everybody.told() and district.told())
    assert district.heard[-1] - committed < 5
    (told,) = everybody.told()
    assert (told["service"], told["of"]) == ("camera", "area")
    assert {zone["zone_layer"] for zone in told["zones"]} == {"community", "district"}
    (only,) = district.told()
    assert [zone["zone_layer"] for zone in only["zones"]] == ["district"]
    assert only["zones"][0]["covered"] != only["zones"][0]["before"]
    assert parks.told() == []
    stored = server.json(
        "/collections/coverage_result/items?filter=standing=true%20AND%20"
        "service='camera'%20AND%20zone_layer='district'"
    )["features"]
    (feature,) = stored  # the small city is one district
    assert feature["properties"]["covered"] == only["zones"][0]["covered"]
    for one in (everybody, district, parks):
        one.close()


def test_a_kept_answer_follows_the_figure(server: Server, database: Database) -> None:
    path = "/collections/coverage_result/tiles/WebMercatorQuad/10/421/853"
    before = server.get(path)
    assert before.status_code == 200
    assert server.get(path).content == before.content
    listener = Listener(server)
    turn(database, 2)
    until(listener.told)
    after = server.get(path)
    assert after.headers["ETag"] != before.headers["ETag"]
    listener.close()


def test_who_was_away_hears_the_rest(server: Server, database: Database) -> None:
    first = Listener(server)
    turn(database, 3)
    until(lambda: len(first.told()) == 1)
    number = first.events[-1][0]
    first.close()
    turn(database, 4)
    until(lambda: server.json("/events")["last"] > int(number))
    again = Listener(server, last=number)
    until(again.told)
    assert [int(n) > int(number) for n, k, _ in again.events if k == "standing"] == [
        True
    ]
    lost = Listener(server, last="9999999")
    until(lambda: "reset" in lost.kinds)
    polled = server.json(f"/events?after={number}&zones=district")
    assert [event["id"] for event in polled["events"]] == [int(again.events[-1][0])]
    assert server.get("/events?after=x").status_code == 400
    assert server.get("/events?servic=camera").status_code == 400
    head = server.ask("HEAD", "/events", headers={"Accept": "text/event-stream"})
    assert head.status_code == 200
    again.close()
    lost.close()


def test_streams_are_bounded_and_hold_no_pool(
    server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ = [Listener(server) for _ in range(hub.MOST_EACH)]
    refused = Listener(server)
    assert refused.status == 429
    with database.owner() as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()"
        )
        row = connection.execute(query, ["citygrid-feed"]).fetchone()
    assert row == (1,)
    for one in open_:
        one.close()
    turn(database, 5)  # a stream whose reader is gone is found out by writing to it
    until(lambda: Listener(server).status == 200)
    monkeypatch.setattr(hub, "MOST_SUBSCRIBERS", 0)
    busy = Listener(server)
    assert busy.status == 503
    assert busy.answer.headers["Retry-After"]


def test_a_feed_that_breaks_is_taken_up_again(
    server: Server, database: Database
) -> None:
    listener = Listener(server)
    edit(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'citygrid-feed' AND datname = current_database()",
    )
    turn(database, 6)
    until(listener.told)
    listener.close()


def test_a_figure_that_is_not_current_is_told(
    server: Server, database: Database
) -> None:
    heard, other = (
        Listener(server, "?zones=district"),
        Listener(server, "?service=park"),
    )
    edit(database, "ALTER TABLE city.camera RENAME azimuth_deg TO azimuth")
    turn(database, 7)
    until(lambda: "stale" in heard.kinds)
    filters = "filter=standing=true%20AND%20service='camera'"
    asked = f"/collections/coverage_result/items?{filters}"
    rows = server.json(asked)["features"]
    assert rows
    assert all(row["properties"]["stale_since"] for row in rows)
    edit(database, "ALTER TABLE city.camera RENAME azimuth TO azimuth_deg")
    until(lambda: "current" in heard.kinds)
    until(
        lambda: server.json(asked)["features"][0]["properties"]["stale_since"] is None
    )
    (told,) = [one for kind, one in heard.bodies if kind == "stale"]
    assert (told["service"], told["of"], told["zones"]) == ("camera", "area", [])
    assert told["zone_layers"] == ["community", "district"]
    assert other.kinds == ["ready"]
    heard.close()
    other.close()


def test_a_run_is_shown_with_its_rows_and_cells(server: Server) -> None:
    body = {"inputs": {"service": "camera", "zones": "street"}}
    answer = server.ask("POST", COVERAGE, Level.STAFF, json=body).json()
    listed = server.json("/runs?service=camera&zones=street", Level.STAFF)
    run = listed["runs"][0]
    assert run["hash"] == answer["reconciliation"]["hash"]
    assert run["inputs"]["zones"] == "street"
    links = {(link["rel"], link["type"]): link["href"] for link in run["links"]}
    again = server.json(links["results", "application/geo+json"], Level.STAFF)
    assert [f["properties"] for f in again["features"]] == [
        f["properties"] for f in answer["features"]
    ]
    assert again["features"][0]["geometry"] == answer["features"][0]["geometry"]
    table = server.get(links["cells", "text/csv"], Level.STAFF)
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    total = answer["features"][-1]["properties"]["covered"]
    assert sum(float(row["covered_m2"]) for row in rows) == pytest.approx(total)
    squares = server.json(links["cells", "application/geo+json"], Level.STAFF)
    assert len(squares["features"]) == len(rows) == run["cells"]
    lon, lat = squares["features"][0]["geometry"]["coordinates"][0][0]
    assert 119 < lon < 121
    assert 29 < lat < 31
    file = server.get(links["cells", "application/vnd.apache.parquet"], Level.STAFF)
    assert pq.read_table(io.BytesIO(file.content)).num_rows == len(rows)
    until(lambda: server.json(links["items", "application/geo+json"], Level.STAFF)
          ["numberMatched"] > 0)  # fmt: skip
    # nobody else learns that there is such a run
    for path in ("", "/results", "/cells"):
        gone = server.get(f"/runs/{run['id']}{path}")
        assert gone.status_code == 404
        assert gone.json()["code"] == "NoSuchRun"
    assert server.json("/runs?service=camera&zones=street")["runs"] == []
    assert server.json(links["items", "application/geo+json"])["features"] == []
    page = server.get(f"/runs/{run['id']}?f=html", Level.STAFF)
    assert run["hash"] in page.text
    assert "计算台账" in server.get("/runs?f=html").text


def test_runs_are_listed_a_page_at_a_time(server: Server) -> None:
    for radius in range(300, 305):
        inputs = {"service": "clinic", "parameters": {"radius_m": radius}}
        server.ask("POST", COVERAGE, json={"inputs": inputs})
    seen: list[str] = []
    path = "/runs?service=clinic&limit=2"
    while path:
        document = server.json(path)
        seen += [run["id"] for run in document["runs"]]
        links = {link["rel"]: link["href"] for link in document["links"]}
        path = links.get("next", "")
    assert len(seen) == len(set(seen)) == 5
    assert server.get("/runs?parts=maybe").status_code == 400
    assert server.get("/runs/none").status_code == 404
    assert server.get(f"/runs/{'0' * 32}").status_code == 404
    inputs = {"service": "clinic", "of": "population"}
    server.ask("POST", COVERAGE, json={"inputs": inputs})
    run = server.json("/runs?service=clinic&limit=1")["runs"][0]
    assert run["cells"] is None
    refused = server.get(f"/runs/{run['id']}/cells")
    assert refused.status_code == 404
    assert "has no cells" in refused.json()["detail"]
