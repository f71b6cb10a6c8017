"""High points over relief: by hand, beside sight lines, beside gdal_viewshed."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from processes.kernels.visibility import build_index
from processes.kernels.visibility.rays import high_point_views, seen_cells
from processes.kernels.visibility.relief import (
    Ground,
    ReliefView,
    high_point_over_relief,
)
from tests.bench.view_scene import EAST, NORTH, houses
from tests.kernels.visibility.oracle import city, one


def ground_of(height: np.ndarray, cell: float, middle: tuple[float, float] = (0, 0)):
    """Cells about a middle."""
    rows, columns = height.shape
    west, north = middle[0] - columns * cell / 2, middle[1] + rows * cell / 2
    return Ground(height.astype(float), west, north, cell)


def hills(side: int, cell: float, seed: int = 4) -> np.ndarray:
    """Smooth seeded hills of some tens of metres."""
    random = np.random.default_rng(seed)
    y, x = (np.mgrid[0:side, 0:side] + 0.5) * cell
    height = np.zeros((side, side))
    for wave in random.uniform(120, 900, 12):
        turn, phase = random.uniform(0, 2 * np.pi, 2)
        way = x * np.cos(turn) + y * np.sin(turn)
        height += wave / 60 * np.sin(2 * np.pi * way / wave + phase)
    return height


def stretches(seen: ReliefView, ray: int = 0) -> list[tuple[float, float]]:
    view = seen.view
    return [
        (float(a), float(b))
        for k, a, b in zip(view.ray, view.near_m, view.far_m, strict=True)
        if k == ray
    ]


def test_a_ridge_hides_a_stretch_behind_it() -> None:
    """Eye 20 m over 5 m of ground; a ridge of 15 m at 100 m: back at 300 m on 0 m.

    Cells of 10 m with middles at 5, 15, ...: the ridge is at 95 m, straight flanks of
    10 m. Eye 25: from the crest (95, 15) the sight line falls by 10 / 95 a metre and
    meets the plain of 0 at 95 * 25 / 10 = 237.5 m.
    """
    height = np.zeros((100, 100))
    height[:, 50] = height[:, 49] = 5.0  # below the camera, and its neighbours
    height[:, 59] = 15.0
    seen = high_point_over_relief(
        city(), one(90, 0.001), 20.0, 400.0, 0.0, ground_of(height, 10.0),
        step_m=0.001,
    )  # fmt: skip
    assert seen.ground_m == 5.0
    found = stretches(seen)
    assert found[-1] == pytest.approx((237.5, 400.0), rel=1e-9)
    assert found[0] == pytest.approx((0.0, 95.0), rel=1e-9)
    assert len(found) == 2


def test_flat_relief_is_the_flat_form() -> None:
    random = np.random.default_rng(6)
    outlines, roofs = houses(random, 900), random.uniform(3, 18, 900)
    roofs[::40], roofs[7] = 60.0, np.nan
    index = build_index(outlines, roofs)
    for target in (0.0, 1.7):
        camera = one(30, 250, EAST + 500, NORTH + 500)
        (flat,) = high_point_views(
            index, camera, *(np.array([v]) for v in (45.0, 300.0, 12.0)),
            target_height_m=target,
        )  # fmt: skip
        ground = ground_of(np.full((90, 90), 137.25), 8.0, (EAST + 500, NORTH + 500))
        seen = high_point_over_relief(
            index, camera, 45.0, 300.0, 12.0, ground, target_height_m=target
        )
        assert seen.view.area_m2 == pytest.approx(flat.area_m2, rel=1e-9)
        assert seen.unknown_m2 == 0.0
    host = city(shapely.box(-500, -50, 500, 5), heights_m=np.array([60.0]))
    plain = ground_of(np.zeros((80, 80)), 10.0)
    seen = high_point_over_relief(host, one(0, 0.02), 63.0, 300.0, 0.0, plain)
    assert seen.view.near_m == pytest.approx(np.full(seen.view.rays, 105.0), rel=1e-6)


def test_sight_lines_over_hills_and_roofs() -> None:
    """Points beside what is seen: straight lines through the same ground and blocks."""
    random = np.random.default_rng(8)
    outlines, roofs = houses(random, 400), random.uniform(3, 25, 400)
    index = build_index(outlines, roofs)
    x, y, cell = EAST + 340.0, NORTH + 345.0, 5.0
    ground = ground_of(2 * hills(160, cell), cell, (x, y))
    seen = high_point_over_relief(
        index, one(0, 360, x, y), 30.0, 300.0, 0.0, ground, target_height_m=1.0
    )
    view, eye = seen.view, seen.ground_m + 30.0
    tree = shapely.STRtree(outlines)
    middle = [shapely.box(*shapely.bounds(o)).centroid for o in outlines]
    top = np.array([ground.at(p.x, p.y) for p in middle]) + roofs
    wrong = counted = 0
    for angle, away in zip(
        random.uniform(0, 2 * np.pi, 1500), random.uniform(10, 299, 1500), strict=True
    ):
        turned = np.mod(angle - view.border_rad[0], 2 * np.pi)
        k = np.searchsorted(view.border_rad - view.border_rad[0], turned) - 1
        mine = view.ray == k
        near, far = view.near_m[mine], view.far_m[mine]
        ends = np.concatenate([near, far])
        if len(ends) and np.abs(ends - away).min() < 1.5:
            continue  # too near a border for lines a metre apart
        middle_rad = (view.border_rad[k] + view.border_rad[k + 1]) / 2
        way = np.array([np.cos(middle_rad), np.sin(middle_rad)])
        t = np.arange(0.25, away, 0.25)
        sight = eye + (ground.at(*(np.array([x, y]) + away * way)) + 1 - eye) * t / away
        along = np.array([x, y]) + t[:, None] * way
        surface = np.array([ground.at(*p) for p in along])
        p, b = tree.query(shapely.points(along), predicate="intersects")
        np.maximum.at(surface, p, top[b])
        clear = bool((surface <= sight).all())
        told = bool(((near <= away) & (away <= far)).any())
        counted += 1
        wrong += clear != told
    assert counted > 1000
    assert wrong <= 0.004 * counted


def test_beside_gdal_viewshed(tmp_path: Path) -> None:
    """The same hills by gdal_viewshed, cells of 4 m: areas and cells agree."""
    cell, side = 4.0, 501
    height = 3 * hills(side, cell)
    west, north = 500_000.0, 3_350_000.0
    source, answer = tmp_path / "hills.tif", tmp_path / "seen.tif"
    with rasterio.open(
        source, "w", driver="GTiff", width=side, height=side, count=1,
        dtype="float32", transform=from_origin(west, north, cell, cell),
        crs="EPSG:4549",
    ) as out:  # fmt: skip
        out.write(height.astype(np.float32), 1)
    x, y = west + 250.5 * cell, north - 250.5 * cell
    subprocess.run(
        ["gdal_viewshed", "-q", "-ox", str(x), "-oy", str(y), "-oz", "15", "-tz", "0",
         "-md", "900", "-cc", "0", source, answer],
        check=True,
    )  # fmt: skip
    with rasterio.open(answer) as raster:
        box = rasterio.windows.from_bounds(
            x - 902, y - 902, x + 902, y + 902, raster.transform
        )
        theirs = raster.read(1, window=box, boundless=True, fill_value=0) > 0
        corner = raster.window_transform(box)
    ground = Ground(height, west, north, cell)
    seen = high_point_over_relief(city(), one(0, 360, x, y), 15.0, 900.0, 0.0, ground)
    mine, (left, upper) = seen_cells(seen.view, x, y, cell)
    i = round((corner.f - upper) / cell)
    j = round((corner.c - left) / cell)
    rows, columns = theirs.shape
    mine = np.pad(mine, 8)[i + 8 : i + 8 + rows, j + 8 : j + 8 + columns] > 0
    share = theirs.sum() * cell**2 / (math.pi * 900**2)
    assert 0.2 < share < 0.8
    assert seen.view.area_m2 == pytest.approx(theirs.sum() * cell**2, rel=0.03)
    either = (mine | theirs).sum()
    assert (mine ^ theirs).sum() < 0.05 * either


def test_unknown_ground_is_not_seen_and_hides_nothing() -> None:
    height = np.zeros((100, 100))
    height[:, 60:70] = np.nan
    seen = high_point_over_relief(
        city(), one(90, 0.001), 20.0, 400.0, 0.0, ground_of(height, 10.0),
        step_m=0.001,
    )  # fmt: skip
    (first, second) = stretches(seen)
    assert first == (0.0, 95.0)
    assert 205.0 <= second[0] <= 210.0  # by half a cell
    assert second[1] == 400.0
    half = math.radians(0.001) / 2
    told = half * (second[0] ** 2 - 95**2)
    assert seen.unknown_m2 == pytest.approx(told, rel=1e-2)
    with pytest.raises(ValueError, match="nothing is known"):
        high_point_over_relief(
            city(), one(0, 9, 150.0), 20.0, 400.0, 0.0, ground_of(height, 10.0)
        )
