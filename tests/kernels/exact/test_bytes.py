"""Polygons read from their bytes: the same chains as from geometry objects."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest
import shapely

from processes.kernels.exact import boxes_of, mended, mended_bytes, packed_shapes
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.simple import doubtful_shapes
from processes.kernels.exact.threads import workers
from processes.kernels.written import Written, written_out

SEED = 405
CORNER = np.array([512_000.0, 3_350_000.0])


def shapes() -> np.ndarray:
    """All that a column may hold: holes, several parts, none, empty, a sliver."""
    random = np.random.default_rng(SEED)
    discs = shapely.buffer(shapely.points(random.uniform(0, 900, (60, 2))), 70.0)
    rings = shapely.difference(discs, shapely.buffer(shapely.centroid(discs), 20.0))
    several = shapely.union_all(rings[:9].reshape(3, 3), axis=1)
    odd = [
        None,
        shapely.Polygon(),
        shapely.MultiPolygon(),
        shapely.box(0, 0, 0.0004, 5),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(3, 0, 4, 1)]),
    ]
    found = np.concatenate([discs, rings, several, np.array(odd, dtype=object)])
    return shapely.transform(found, lambda xy: xy + CORNER)


def as_bytes(geometries: np.ndarray, srid: int = 4549) -> Written:
    marked = shapely.set_srid(geometries, srid)
    cells = shapely.to_wkb(marked, include_srid=srid > 0)
    return written_out([b"" if cell is None else cell for cell in cells])


def of_chains(chains: Chains) -> list[object]:
    """Chains of every shape that have vertices, without the room between them."""
    each = [
        (chains.xy[s : s + n].tolist(), chains.offset[s : s + n].tolist())
        for s, n in zip(chains.start, chains.size, strict=True)
    ]
    shapes = itertools.pairwise(chains.shape_start.tolist())
    return [[[c for c in each[a:b] if c[0]] for a, b in shapes], chains.moved]


@pytest.mark.parametrize("srid", [4549, 0])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_bytes_give_the_chains_that_objects_give(srid: int, threads: int) -> None:
    here = shapes()
    found = packed_shapes(as_bytes(here, srid), threads=threads)
    assert of_chains(found) == of_chains(packed_shapes(here, threads=1))


def test_some_of_them_are_those_of_the_whole() -> None:
    here = shapes()
    written = as_bytes(here)
    which = np.array([40, 3, 122, 60])
    assert of_chains(packed_shapes(written[which])) == of_chains(
        packed_shapes(here[which])
    )
    assert written[which].geometry[1] is written.geometry[3]
    assert shapely.equals_exact(written.geometry, here).sum() == len(here) - 1
    assert written.geometry[123] is None


def test_boxes_are_those_of_objects() -> None:
    here = shapes()
    np.testing.assert_array_equal(
        boxes_of("here", as_bytes(here)), shapely.bounds(here)
    )


def test_nothing_gives_nothing() -> None:
    assert len(packed_shapes(written_out([])).size) == 0
    assert np.isnan(boxes_of("here", written_out([b"", b""]))).all()


def refused(cells: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"services\[1\]: its bytes are not read"):
        packed_shapes(written_out([shapely.to_wkb(shapely.box(0, 0, 1, 1)), *cells]))


def test_other_bytes_are_refused_with_their_place() -> None:
    box = shapely.box(0, 0, 1, 1)
    plain = shapely.to_wkb(box)
    multi = shapely.to_wkb(shapely.MultiPolygon([box, shapely.box(2, 0, 3, 1)]))
    refused([shapely.to_wkb(box, byte_order=0)])
    refused([shapely.to_wkb(shapely.force_3d(box, 4.0))])
    refused([shapely.to_wkb(shapely.Point(1, 2))])
    refused([shapely.to_wkb(shapely.GeometryCollection([box]))])
    refused([plain[:-8]])
    refused([plain + b"\0"])
    refused([plain[:7]])
    refused([plain[:5] + struct.pack("<I", 0xFFFFFFFF) + plain[9:]])
    refused([plain[:9] + struct.pack("<I", 0xFFFFFFFF) + plain[13:]])
    refused([multi[:5] + struct.pack("<I", 3) + multi[9:]])
    refused([multi[:5] + struct.pack("<I", 1) + multi[9:]])
    outside = Written(np.frombuffer(plain, np.uint8), np.array([0]), np.array([200]))
    with pytest.raises(ValueError, match=r"services\[0\]"):
        packed_shapes(outside)


def test_coordinates_that_are_no_numbers_are_refused() -> None:
    plain = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    strange = plain[:13] + struct.pack("<d", np.nan) + plain[21:]
    with pytest.raises(ValueError, match="must be finite"):
        packed_shapes(written_out([strange]))


def thin(random: np.random.Generator, n: int) -> np.ndarray:
    """Stars with corners that lie within millimetres of other edges."""
    angle = np.sort(random.uniform(0, 2 * np.pi, (n, 14)), axis=1)
    far = random.choice([0.002, 0.004, 0.02, 3.0], (n, 14))
    ring = np.stack([far * np.cos(angle), far * np.sin(angle)], axis=-1)
    found = shapely.polygons(ring + CORNER)
    return found[shapely.is_valid(found)]


def test_every_shape_that_rounding_breaks_is_doubted() -> None:
    here = thin(np.random.default_rng(SEED), 4000)
    rounded = shapely.set_precision(here, 0.001, mode="pointwise")
    broken = np.flatnonzero(~shapely.is_valid(rounded))
    with workers(2) as crew:
        doubtful = doubtful_shapes(packed_shapes(here), crew)
    assert len(broken) > 100
    assert set(broken) <= set(doubtful)


def test_what_does_not_touch_itself_is_not_doubted() -> None:
    here = shapes()[:-5]
    with workers(2) as crew:
        assert doubtful_shapes(packed_shapes(here), crew).tolist() == []


def test_bytes_are_mended_as_objects_are() -> None:
    here = np.concatenate([thin(np.random.default_rng(7), 800), shapes()])
    wanted, count = mended(here)
    found, also = mended_bytes(as_bytes(here))
    assert also == count > 20
    there = ~(shapely.is_missing(wanted) | shapely.is_empty(wanted))
    assert shapely.equals_exact(found.geometry[there], wanted[there]).all()
    nothing = found.geometry[~there]
    assert (shapely.is_missing(nothing) | shapely.is_empty(nothing)).all()
