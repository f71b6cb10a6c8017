"""/metrics counts what was answered; crowds are refused, single items are not."""

import re
import threading
import time

import psycopg

from gis.serve.metrics import route_of


def value_of(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} ([0-9.e+-]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_requests_are_counted(server):
    name = 'citygrid_requests_total{route="items",status="400"}'
    before = value_of(server.get("/metrics").text, name)
    server.get("/collections/park/items?limit=x")
    answer = server.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert value_of(answer.text, name) == before + 1
    assert value_of(answer.text, "citygrid_in_flight_requests") == 1
    assert "park" not in answer.text
    for line in answer.text.splitlines():
        assert re.fullmatch(r"# TYPE \w+ \w+|\w+(\{[^}]*\})? [0-9.e+-]+", line), line


def test_routes_are_few():
    assert route_of("/collections/a/tiles/WebMercatorQuad/1/2/3") == "tile"
    assert route_of("/collections/a/tiles/WebMercatorQuad") == "tiles"
    assert route_of("/processes/gap/execution") == "execution"
    assert route_of("/collections/a") == "collections"
    assert route_of("/%00<script>") == "other"


def test_crowds_are_refused_and_items_served(start):
    """A locked table holds every long answer; the queue fills, light ones pass."""
    with start() as server, psycopg.connect(server.dsn) as connection:
        connection.execute("LOCK TABLE city.park IN ACCESS EXCLUSIVE MODE")
        statuses: list[int] = []

        def ask() -> None:
            answer = server.get("/collections/park/items?f=csv")
            statuses.append(answer.status_code)
            if answer.status_code == 503:
                assert answer.headers["retry-after"]

        crowd = [threading.Thread(target=ask) for _ in range(12)]
        for one in crowd:
            one.start()
        end = time.monotonic() + 10
        while len(statuses) < 12 - 2 - 4 and time.monotonic() < end:
            time.sleep(0.05)
        started = time.perf_counter()
        for path in ("/", "/healthz", "/collections/district/items/330106"):
            assert server.get(path).status_code == 200
        assert time.perf_counter() - started < 2
        assert statuses.count(503) == 12 - 2 - 4
        connection.rollback()
        for one in crowd:
            one.join()
        assert statuses.count(200) == 6
        rejected = server.get("/metrics").text
        assert value_of(rejected, "citygrid_lane_heavy_rejected_total") == 6
