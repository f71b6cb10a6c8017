"""What every kernel keeps, whatever it is given."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processes.kernels.arc import discs, sectors
from processes.kernels.area import covered_area, outside_area, within_places
from processes.kernels.borders import joined_parts
from processes.kernels.cells import merged_cells
from processes.kernels.gaps import one_outline, zone_gaps
from processes.kernels.length import covered_length, cut_by_zone
from processes.kernels.points import is_reached, zone_of
from processes.kernels.rollup import parent_of, sums
from processes.kernels.share import covered_share

SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
ORIGIN = np.array([515_000.0, 3_350_000.0])
ZONES = shapely.box(
    ORIGIN[0] + 100.0 * np.repeat(np.arange(3), 3),
    ORIGIN[1] + 100.0 * np.tile(np.arange(3), 3),
    ORIGIN[0] + 100.0 * np.repeat(np.arange(3), 3) + 100,
    ORIGIN[1] + 100.0 * np.tile(np.arange(3), 3) + 100,
)
CITY = shapely.box(*ORIGIN, *(ORIGIN + 300))

place = st.tuples(st.integers(-50_000, 350_000), st.integers(-50_000, 350_000))
size = st.tuples(st.integers(1, 150_000), st.integers(1, 150_000))
rectangle = st.builds(
    lambda at, by: shapely.box(
        *(ORIGIN + np.array(at) / 1000),
        *(ORIGIN + (np.array(at) + np.array(by)) / 1000),
    ),
    place,
    size,
)
disc = st.builds(
    lambda at, r: discs(
        *(np.array([v]) for v in ORIGIN + np.array(at) / 1000), np.array([r / 1000])
    )[0],
    place,
    st.integers(100, 90_000),
)
services = st.lists(st.one_of(rectangle, disc), max_size=12).map(
    lambda shapes: np.array(shapes, dtype=object)
)


def whole(shapes: np.ndarray) -> float:
    return float(shapely.area(shapely.union_all(shapes)))


@SETTINGS
@given(services)
def test_zones_and_outside_add_up_to_the_services(shapes: np.ndarray) -> None:
    inside = covered_area(ZONES, shapes).sum()
    total = inside + outside_area(ZONES, shapes)
    assert total == pytest.approx(whole(shapes), rel=1e-9, abs=1e-6)


@SETTINGS
@given(services)
def test_covered_gap_and_residue_are_the_zone(shapes: np.ndarray) -> None:
    found = zone_gaps(ZONES, shapes, smallest_m2=50, width_m=1)
    gap = sums(shapely.area(found.gap), found.zone, len(ZONES))
    parts = found.covered_m2 + gap + found.residue_m2
    assert parts == pytest.approx(shapely.area(ZONES), rel=1e-9)
    assert found.covered_m2 == pytest.approx(covered_area(ZONES, shapes), abs=1e-6)
    assert (shapely.area(found.gap) >= 50).all()
    assert shapely.is_valid(found.gap).all()
    listed = shapely.area(found.residue)
    assert listed == pytest.approx(found.residue_m2, abs=1e-3)


@SETTINGS
@given(services, services)
def test_more_services_never_cover_less(a: np.ndarray, b: np.ndarray) -> None:
    fewer, more = covered_area(ZONES, a), covered_area(ZONES, np.concatenate([a, b]))
    assert (more >= fewer - 1e-6).all()


@SETTINGS
@given(services, st.randoms())
def test_order_copies_and_threads_change_nothing(
    shapes: np.ndarray, random: object
) -> None:
    expected = covered_area(ZONES, shapes, threads=1)
    again = np.concatenate([shapes, shapes[::-1]])
    assert covered_area(ZONES, again) == pytest.approx(expected, abs=1e-6)
    assert (covered_area(ZONES, shapes, threads=2) == expected).all()


@SETTINGS
@given(services)
def test_splitting_a_service_changes_nothing(shapes: np.ndarray) -> None:
    middle = ORIGIN[0] + 123.456
    left = shapely.box(0, 0, middle, 1e7)
    right = shapely.box(middle, 0, 1e7, 1e7)
    halves = np.concatenate(
        [shapely.intersection(shapes, left), shapely.intersection(shapes, right)]
    )
    expected = covered_area(ZONES, shapes)
    assert covered_area(ZONES, halves) == pytest.approx(expected, abs=1e-5)


@SETTINGS
@given(services, st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_translation_changes_nothing(shapes: np.ndarray, dx: int, dy: int) -> None:
    move: Callable[[np.ndarray], np.ndarray] = lambda xy: xy + np.array([dx, dy])  # noqa: E731
    moved = covered_area(
        shapely.transform(ZONES, move), shapely.transform(shapes, move)
    )
    assert moved == pytest.approx(covered_area(ZONES, shapes), abs=1e-5)


@SETTINGS
@given(services)
def test_area_scales_with_the_square(shapes: np.ndarray) -> None:
    big = lambda array: shapely.transform(array, lambda xy: (xy - ORIGIN) * 2 + ORIGIN)  # noqa: E731
    scaled = covered_area(big(ZONES), big(shapes))
    assert scaled == pytest.approx(4 * covered_area(ZONES, shapes), abs=1e-5)


@SETTINGS
@given(services, services)
def test_land_of_a_kind_is_cut_at_zones(land: np.ndarray, shapes: np.ndarray) -> None:
    parts = within_places(ZONES, land)
    inside = float(shapely.area(shapely.intersection(shapely.union_all(land), CITY)))
    assert shapely.area(parts).sum() == pytest.approx(inside, rel=1e-9, abs=1e-5)
    covered = covered_area(parts, shapes)
    assert (covered <= shapely.area(parts) + 1e-9).all()


coordinate = st.integers(-50, 350)
line = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=5, unique=True)
lines = st.lists(line, max_size=6).map(
    lambda all_: np.array(
        [shapely.LineString(np.array(one) + ORIGIN) for one in all_], dtype=object
    )
)


@SETTINGS
@given(lines)
def test_pieces_of_lines_add_up(roads: np.ndarray) -> None:
    pieces = cut_by_zone(roads, ZONES)
    metres = shapely.length(pieces.geometry)
    per_line = sums(metres, pieces.line, len(roads))
    assert per_line == pytest.approx(shapely.length(roads), rel=1e-9, abs=1e-6)
    inside = shapely.length(shapely.intersection(roads, CITY)).sum()
    assert metres[pieces.zone >= 0].sum() == pytest.approx(inside, abs=1e-6)


@SETTINGS
@given(lines, services)
def test_covered_length_is_the_length_inside(
    roads: np.ndarray, shapes: np.ndarray
) -> None:
    expected = shapely.length(shapely.intersection(roads, shapely.union_all(shapes)))
    assert covered_length(roads, shapes) == pytest.approx(expected, abs=1e-5)


@SETTINGS
@given(st.lists(st.tuples(coordinate, coordinate), max_size=30), services)
def test_every_point_is_in_one_zone(at: list[tuple[int, int]], shapes: object) -> None:
    points = shapely.points(np.array(at, dtype=float).reshape(-1, 2) + ORIGIN)
    zone = zone_of(points, ZONES)
    assert ((zone >= 0) == shapely.intersects(CITY, points)).all()
    held = zone >= 0
    assert shapely.intersects(ZONES[zone[held]], points[held]).all()


@SETTINGS
@given(services, services)
def test_share_is_between_nothing_and_all(a: np.ndarray, b: np.ndarray) -> None:
    share = covered_share(a, b)
    assert ((share >= 0) & (share <= 1)).all()
    assert (is_reached(a, b) | (share == 0)).all()


def test_nothing_in_nothing_out() -> None:
    nothing = np.empty(0, dtype=object)
    assert covered_area(nothing, ZONES).tolist() == []
    assert covered_area(ZONES, nothing).tolist() == [0.0] * 9
    assert outside_area(ZONES, nothing) == 0.0
    assert covered_length(nothing, ZONES).tolist() == []
    assert covered_share(nothing, ZONES).tolist() == []
    assert zone_of(nothing, ZONES).tolist() == []
    assert len(cut_by_zone(nothing, ZONES).line) == 0
    assert joined_parts(nothing, np.empty(0, np.int64), ZONES).tolist() == []
    found = zone_gaps(ZONES, nothing, smallest_m2=50, width_m=1)
    assert shapely.area(found.gap).tolist() == [10_000.0] * 9


@SETTINGS
@given(
    st.floats(1, 360), st.floats(0, 360), st.floats(0.5, 5000), st.integers(0, 10**6)
)
def test_a_sector_has_its_area_and_stays_by_its_circle(
    hfov: float, azimuth: float, radius: float, at: int
) -> None:
    x, y = ORIGIN[0] + at / 1000, ORIGIN[1]
    shape = sectors(*(np.array([v]) for v in (x, y, azimuth, hfov, radius)))[0]
    assert shapely.is_valid(shape)
    expected = radius**2 * math.radians(min(hfov, 360.0)) / 2
    assert shape.area == pytest.approx(expected, rel=1e-6, abs=1e-7 * radius)
    reach = shapely.hausdorff_distance(shape, shapely.Point(x, y))
    assert reach <= radius * 1.00023 + 1e-6


@SETTINGS
@given(st.lists(st.integers(0, 6), min_size=9, max_size=9), st.integers(1, 8))
def test_every_group_of_cells_hides_its_assets(held: list[int], smallest: int) -> None:
    assets = np.array(held)
    parent = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1])
    group = merged_cells(ZONES, parent, assets, smallest=smallest)
    for one in np.unique(group):
        inside = group == one
        assert len(np.unique(parent[inside])) == 1
        family = parent == parent[inside][0]
        assert assets[inside].sum() >= smallest or (inside == family).all()
    again = merged_cells(ZONES, parent, assets, smallest=smallest)
    assert (again == group).all()


@SETTINGS
@given(st.lists(st.integers(0, 999), max_size=20))
def test_a_parent_is_the_longest_beginning(numbers: list[int]) -> None:
    codes = np.array([f"{n:03d}" for n in numbers], dtype=object)
    parents = np.array(["1", "12", "123"], dtype=object)
    for code, found in zip(codes, parent_of(codes, parents), strict=True):
        longest = [i for i, p in enumerate(parents) if code.startswith(p)]
        assert found == (longest[-1] if longest else -1)


@SETTINGS
@given(services)
def test_gaps_joined_across_borders_keep_their_area(shapes: np.ndarray) -> None:
    found = zone_gaps(ZONES, shapes, smallest_m2=0, width_m=0)
    owner = found.zone // 3  # columns of zones
    group = joined_parts(found.gap, owner, ZONES)
    assert sorted(set(group.tolist())) == list(range(int(group.max(initial=-1)) + 1))
    for g in np.unique(group):
        parts = found.gap[group == g]
        drawn = one_outline(parts)
        assert drawn.area == pytest.approx(shapely.area(parts).sum(), abs=0.1)
    crossed = shapely.intersection(found.gap[:, None], found.gap)
    shared = shapely.length(crossed)
    meets = (
        (shared > 2e-3)
        & (owner[:, None] == owner)
        & (found.zone[:, None] != found.zone)
    )
    assert (group[:, None] == group)[meets].all()
    root = np.arange(len(group))  # hands the least part on until nothing changes
    for _ in root:
        root = np.minimum(
            root, np.where(meets, root, len(root)).min(axis=1, initial=99)
        )
    assert len(np.unique(group)) == len(np.unique(root))


def test_a_border_that_only_one_side_divides_joins_all_the_same() -> None:
    west = shapely.box(0, 0, 10, 30)
    east = shapely.box([10, 10, 10], [0, 10, 20], 20, [10, 20, 30])
    zones = np.array([west, *east])
    same = np.zeros(4, np.int64)
    assert joined_parts(zones, same, zones).tolist() == [0, 0, 0, 0]
    parts = shapely.box([0, 11, 10], [12, 0, 10], [10, 20, 20], [18, 10, 20])
    assert joined_parts(parts, same[:3], zones).tolist() == [0, 0, 0]
    parts[1] = shapely.box(10, 0, 20, 9)
    assert joined_parts(parts, same[:3], zones).tolist() == [0, 1, 0]
    assert joined_parts(parts, np.array([0, 1, 1]), zones).tolist() == [0, 1, 2]


def test_gaps_that_touch_in_a_corner_are_two() -> None:
    zones = shapely.box([0, 1, 0, 1], [0, 0, 1, 1], [1, 2, 1, 2], [1, 1, 2, 2])
    group = joined_parts(zones[[0, 3]], np.zeros(2, np.int64), zones)
    assert group.tolist() == [0, 1]
