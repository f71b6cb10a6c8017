"""Walking along roads, against distances worked out by hand and a plain search."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely

from processes.kernels.network import (
    catchments,
    entries_of,
    network_of,
    walked_distance,
    walked_pieces,
)

#  y=400  C---300---D        roads: A-B 400, A-C 400, C-D 300, B-D by a bend 100+400
#         |         |        and a bridge over A-B that joins nothing
#  y=0    A---400---B
ROADS = shapely.from_wkt(
    [
        "LINESTRING (0 0, 400 0)",
        "LINESTRING (0 0, 0 400)",
        "LINESTRING (0 400, 300 400)",
        "LINESTRING (400 0, 400 400, 300 400)",
        "LINESTRING (200 -100, 200 100)",
    ]
)
NET = network_of(ROADS)


def distances(x: float, y: float, limit: float, snap: float = 50) -> dict[str, float]:
    entries = entries_of(NET, np.array([shapely.Point(x, y)]), snap)
    found = walked_distance(NET, entries, np.array([limit]))[0]
    names = {(0, 0): "A", (400, 0): "B", (0, 400): "C", (300, 400): "D"}
    return {
        name: found[i]
        for i, node in enumerate(NET.node)
        if (name := names.get((int(node[0]), int(node[1])))) and np.isfinite(found[i])
    }


def test_distances_are_those_worked_out_by_hand() -> None:
    # 30 m to A-B at 100 m from A: A 130, B 330, C 530, D by C 830, by B 830
    found = distances(100, 30, 1000)
    expected = {"A": 130.0, "B": 330.0, "C": 530.0, "D": 830.0}
    assert found == pytest.approx(expected, abs=1e-9)
    assert distances(100, 30, 529.999) == pytest.approx({"A": 130.0, "B": 330.0})
    # the bridge crosses A-B at 200 and leads nowhere
    assert distances(210, 90, 1000) == {}


def test_a_road_that_is_not_there_is_a_barrier() -> None:
    broken = network_of(ROADS[1:])
    entries = entries_of(broken, shapely.points([(5.0, 100.0)]), 50)
    at = {tuple(node): i for i, node in enumerate(broken.node.tolist())}
    found = walked_distance(broken, entries, np.array([2000.0]))[0]
    # A 105, C 305, D 605, B by D 1105: the straight way along A-B would be 505
    assert found[at[0.0, 0.0]] == pytest.approx(105.0, abs=1e-9)
    assert found[at[400.0, 0.0]] == pytest.approx(1105.0, abs=1e-9)


def test_reached_stretches_end_at_the_limit() -> None:
    entries = entries_of(NET, shapely.points([(100.0, 30.0)]), 50)
    pieces = walked_pieces(NET, entries, np.array([230.0]))
    # 200 m are left on the road: 0 to 300 of A-B, of which 100 beyond A, on A-C too
    told: dict[int, list[list[float]]] = {}
    for road, reach in zip(pieces.road.tolist(), pieces.reach_m.tolist(), strict=True):
        told.setdefault(road, []).append(reach)
    assert told.keys() == {0, 1}
    assert [0.0, 300.0] in [pytest.approx(reach) for reach in told[0]]
    assert told[1] == [pytest.approx([0.0, 100.0])]
    shape = catchments(
        NET, shapely.points([(100.0, 30.0)]), np.array([230.0]), snap_m=50, width_m=10
    )[0]
    line = shapely.LineString([(0, 100), (0, 0), (300, 0)])
    assert shape.symmetric_difference(line.buffer(10, quad_segs=8)).area < 1.0


def test_a_place_far_from_roads_reaches_nothing() -> None:
    places = shapely.points([(100.0, 30.0), (200.0, 200.0), (100.0, 30.0)])
    limit = np.array([500.0, 500.0, 20.0])  # the last limit ends before the road
    shape = catchments(NET, places, limit, snap_m=50, width_m=10)
    assert shapely.is_missing(shape).tolist() == [False, True, True]
    none = catchments(network_of(ROADS[:0]), places, limit, snap_m=50, width_m=10)
    assert shapely.is_missing(none).all()


def test_a_grid_of_random_roads_agrees_with_a_plain_search() -> None:
    rng = np.random.default_rng(3)
    n = 7
    lines = [
        [(100 * i, 100 * j), (100 * i + 100 * di, 100 * j + 100 * dj)]
        for i, j in itertools.product(range(n), repeat=2)
        for di, dj in ((1, 0), (0, 1))
        if rng.random() < 0.75
    ]
    net = network_of(shapely.linestrings(lines))
    places = shapely.points(rng.uniform(0, 700, (25, 2)))
    entries = entries_of(net, places, 80)
    limit = rng.uniform(100, 900, 25)
    found = walked_distance(net, entries, limit)
    for i in range(25):
        best = np.full(len(net.node), np.inf)
        if entries.road[i] >= 0:
            a, b = net.ends[entries.road[i]]
            best[a] = entries.way_m[i] + entries.along_m[i]
            other = net.length_m[entries.road[i]] - entries.along_m[i]
            best[b] = min(best[b], entries.way_m[i] + other)
        for _ in net.node:  # Bellman and Ford: relax every road, again and again
            for (a, b), length in zip(net.ends, net.length_m, strict=True):
                best[a] = min(best[a], best[b] + length)
                best[b] = min(best[b], best[a] + length)
        best[best > limit[i]] = np.inf
        np.testing.assert_allclose(found[i], best, rtol=0, atol=1e-9)
