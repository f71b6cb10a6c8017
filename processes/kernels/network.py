"""What can be walked from a place along roads within a distance.

Roads join where they share an end point, to the millimetre; crossings without one (a
bridge) do not join. A place enters at the nearest point of the nearest road, the way to
it counts, and both directions of its road are open: one-way rules do not bind walkers,
and barriers are simply roads that are not there. Bounded Dijkstra from every place.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.parallel import for_each
from processes.kernels.visibility.compiled import compiled

QUAD_SEGS = 8


class Network(NamedTuple):
    """Roads as a graph.

    Attributes
    ----------
    road : (e,) line strings, working CRS [m]
    ends : (e, 2) nodes at the beginning and the end of each
    length_m : (e,)
    start, item : roads at node v are item[start[v]:start[v + 1]]
    node : (v, 2) positions [m], rounded to the millimetre
    """

    road: GeometryArray
    ends: IntArray
    length_m: FloatArray
    start: IntArray
    item: IntArray
    node: FloatArray


class Entries(NamedTuple):
    """Where places enter a network.

    Attributes
    ----------
    road : (n,) nearest road, -1 where none is near enough
    along_m : (n,) from the road's beginning to the point nearest to the place
    way_m : (n,) from the place to that point
    """

    road: IntArray
    along_m: FloatArray
    way_m: FloatArray


class Pieces(NamedTuple):
    """Stretches of roads that are reached.

    Attributes
    ----------
    place, road : (p,) who reaches which road
    reach_m : (p, 2) from and to, measured from the road's beginning
    """

    place: IntArray
    road: IntArray
    reach_m: FloatArray


def network_of(roads: GeometryArray) -> Network:
    """Roads as a graph.

    Parameters
    ----------
    roads : (multi)line strings, working CRS [m]; missing and empty ones are left out

    Examples
    --------
    >>> lines = shapely.linestrings([[(0, 0), (3, 4)], [(3, 4), (9, 4)]])
    >>> network_of(lines).ends.tolist()
    [[0, 1], [1, 2]]
    """
    road = shapely.get_parts(roads)
    road = road[shapely.length(road) > 0.0]
    first = shapely.get_coordinates(shapely.get_point(road, 0))
    last = shapely.get_coordinates(shapely.get_point(road, -1))
    both = np.round(np.concatenate([first, last]), 3).reshape(-1, 2)
    node, at = np.unique(both, axis=0, return_inverse=True)
    ends = at.reshape(2, -1).T.astype(np.int64)
    order = np.argsort(ends.reshape(-1), kind="stable")
    start = np.searchsorted(ends.reshape(-1)[order], np.arange(len(node) + 1))
    return Network(
        road,
        np.ascontiguousarray(ends),
        shapely.length(road),
        start.astype(np.int64),
        (order // 2).astype(np.int64),
        node,
    )


def entries_of(network: Network, places: GeometryArray, snap_m: float) -> Entries:
    """Where places enter a network.

    Parameters
    ----------
    places : (n,) points [m]
    snap_m : the way to the road is at most so long
    """
    n = len(places)
    road = np.full(n, -1, np.int64)
    if len(network.road):
        tree = shapely.STRtree(network.road)
        near, found = tree.query_nearest(places, max_distance=snap_m)
        order = np.lexsort((found, near))[::-1]  # of several, the first road
        road[near[order]] = found[order]
    along, way = np.zeros(n), np.full(n, np.inf)
    on = road >= 0
    along[on] = shapely.line_locate_point(network.road[road[on]], places[on])
    way[on] = shapely.distance(network.road[road[on]], places[on])
    return Entries(road, along, way)


def walked_distance(
    network: Network, entries: Entries, limit_m: FloatArray
) -> FloatArray:
    """(n, v) metres from each place to each node; inf beyond the place's limit.

    Notes
    -----
    E. W. Dijkstra (1959), A note on two problems in connexion with graphs.

    Examples
    --------
    >>> net = network_of(shapely.linestrings([[(0, 0), (10, 0)], [(10, 0), (10, 5)]]))
    >>> place = entries_of(net, shapely.points([(4.0, 3.0)]), 5.0)
    >>> walked_distance(net, place, np.array([20.0])).tolist()
    [[7.0, 9.0, 14.0]]
    """
    found = np.full((len(entries.road), len(network.node)), np.inf)
    _walk(*_graph(network), *entries, limit_m, found, *_room(0))
    return found


def walked_pieces(network: Network, entries: Entries, limit_m: FloatArray) -> Pieces:
    """Stretches of roads within a distance of each place."""
    nothing = np.empty((0, 0))
    graph = _graph(network)
    n = _walk(*graph, *entries, limit_m, nothing, *_room(0))
    which, reach = _room(n)
    _walk(*graph, *entries, limit_m, nothing, which, reach)
    return Pieces(which[:, 0], which[:, 1], reach)


def catchments(
    network: Network, places: GeometryArray, limit_m: FloatArray, *, snap_m: float,
    width_m: float,
) -> GeometryArray:  # fmt: skip
    """Ground beside the roads that are walked within a distance of each place.

    Parameters
    ----------
    places : (n,) points, working CRS [m]
    limit_m : (n,) distance from door to door, above 0
    snap_m : a place farther than this from any road reaches nothing
    width_m : ground on either side of a road that counts as reached

    Returns
    -------
    (n,) (multi)polygons; None for a place that reaches nothing.

    Notes
    -----
    Round ends are drawn with 8 segments per quarter, vertices on the circle: they are
    0.6 % too small.
    """
    pieces = walked_pieces(network, entries_of(network, places, snap_m), limit_m)
    shape = np.full(len(places), None, dtype=object)
    if len(pieces.place) == 0:
        return shape
    road_xy, of = shapely.get_coordinates(network.road, return_index=True)
    first = np.searchsorted(of, np.arange(len(network.road) + 1))
    count = np.zeros(len(pieces.place) + 1, np.int64)
    _cut(road_xy, first, pieces.road, pieces.reach_m, count, np.empty((0, 2)))
    start = np.cumsum(count)
    xy = np.empty((start[-1], 2))
    _cut(road_xy, first, pieces.road, pieces.reach_m, start, xy)
    line = shapely.linestrings(
        xy, indices=np.repeat(np.arange(len(start) - 1), count[1:])
    )
    who, group = np.unique(pieces.place, return_inverse=True)
    walked = shapely.multilinestrings(line, indices=group)

    def draw(i: int) -> None:
        shape[who[i]] = shapely.buffer(walked[i], width_m, quad_segs=QUAD_SEGS)

    for_each(draw, np.arange(len(who)), cost=np.bincount(group))
    return shape


def _graph(network: Network) -> tuple[IntArray, FloatArray, IntArray, IntArray]:
    return network.ends, network.length_m, network.start, network.item


def _room(n: int) -> tuple[IntArray, FloatArray]:
    return np.empty((n, 2), np.int64), np.empty((n, 2))


@compiled
def _walk(
    ends: IntArray, length: FloatArray, start: IntArray, item: IntArray,
    road: IntArray, along: FloatArray, way: FloatArray, limit: FloatArray,
    distance: FloatArray, which: IntArray, reach: FloatArray,
) -> int:  # fmt: skip
    """How many stretches are reached; all of them where there is room to write.

    Parameters
    ----------
    distance : (n, v) or empty, written: metres to each node
    which, reach : (p, 2) or empty, written: place and road, from and to
    """
    n = 0
    best = np.full(len(start) - 1, np.inf)
    for place in range(len(road)):
        own, most = road[place], limit[place]
        left = most - way[place]
        if own < 0 or left <= 0.0:
            continue
        if len(which):
            which[n, 0], which[n, 1] = place, own
            reach[n, 0] = max(along[place] - left, 0.0)
            reach[n, 1] = min(along[place] + left, length[own])
        n += 1
        queue = [
            (way[place] + along[place], ends[own, 0]),
            (way[place] + length[own] - along[place], ends[own, 1]),
        ]
        heapq.heapify(queue)
        settled = [np.int64(0) for _ in range(0)]
        while len(queue) > 0:
            so_far, node = heapq.heappop(queue)
            if so_far > most or so_far >= best[node]:
                continue
            best[node] = so_far
            settled.append(node)
            for k in range(start[node], start[node + 1]):
                e = item[k]
                other = ends[e, 1] if ends[e, 0] == node else ends[e, 0]
                if so_far + length[e] < best[other]:
                    heapq.heappush(queue, (so_far + length[e], other))
        for node in settled:
            if len(distance):
                distance[place, node] = best[node]
            for k in range(start[node], start[node + 1]):
                e = item[k]
                a, b = most - best[ends[e, 0]], most - best[ends[e, 1]]
                if ends[e, 0] != node and a >= 0.0:
                    continue  # told at its other end
                if a + b >= length[e] and a >= 0.0 and b >= 0.0:
                    if len(which):
                        which[n, 0], which[n, 1] = place, e
                        reach[n, 0], reach[n, 1] = 0.0, length[e]
                    n += 1
                    continue
                if a > 0.0:
                    if len(which):
                        which[n, 0], which[n, 1] = place, e
                        reach[n, 0], reach[n, 1] = 0.0, min(a, length[e])
                    n += 1
                if b > 0.0:
                    if len(which):
                        which[n, 0], which[n, 1] = place, e
                        reach[n, 0], reach[n, 1] = max(length[e] - b, 0.0), length[e]
                    n += 1
        for node in settled:
            best[node] = np.inf
    return n


@compiled
def _cut(
    xy: FloatArray, first: IntArray, road: IntArray, reach: FloatArray,
    start: IntArray, out: FloatArray,
) -> None:  # fmt: skip
    """Count the vertices of stretches in `start[p + 1]`; or write them from `start`."""
    for p in range(len(road)):
        begin, end = reach[p, 0], reach[p, 1]
        n = 0
        done = 0.0
        for v in range(first[road[p]], first[road[p] + 1] - 1):
            dx, dy = xy[v + 1, 0] - xy[v, 0], xy[v + 1, 1] - xy[v, 1]
            step = np.sqrt(dx * dx + dy * dy)
            if step > 0.0 and done + step >= begin and done <= end:
                if n == 0:
                    s = min(max((begin - done) / step, 0.0), 1.0)
                    if len(out):
                        out[start[p], 0] = xy[v, 0] + s * dx
                        out[start[p], 1] = xy[v, 1] + s * dy
                    n = 1
                s = min((end - done) / step, 1.0)
                if len(out):
                    out[start[p] + n, 0] = xy[v, 0] + s * dx
                    out[start[p] + n, 1] = xy[v, 1] + s * dy
                n += 1
            done += step
        if len(out) == 0:
            start[p + 1] = n
