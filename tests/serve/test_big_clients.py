"""GDAL reads 200,000 cells in degrees, 40,000 in metres; filters go to the server."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from urllib.parse import unquote

import mapbox_vector_tile
import numpy as np
import psycopg
import pyogrio
import pytest
import shapely
from psycopg import sql
from pyproj import Transformer

from gis.db.matrix import MATRIX_SETS, WEB_MERCATOR
from gis.tiling.area import index_at
from layers import CRS84, crs_uri

pytestmark = pytest.mark.filterwarnings("default")

CELLS = 200_000
FIRST = 330106001000000  # code
WIDE = 500  # cells in a row
WEST, SOUTH, STEP = 119.5, 29.8, 0.001


@pytest.fixture(scope="module")
def big(cluster, migrated, catalogue, serve_city):
    """A server over a layer of 200,000 square cells in rows of 500."""
    with psycopg.connect(cluster.dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE cells TEMPLATE {}").format(
                sql.Identifier(migrated)
            )
        )
    dsn = cluster.dsn.replace("dbname=citygrid", "dbname=cells")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO city.unit_grid (code, name, valid_from, source, synthetic, "
            "grid_type, community_code, street_code, district_code, area_m2, geom) "
            "SELECT (%(first)s + n)::text, '网格' || n, '2012-01-01', 'test', true, "
            "'unit', '330106001001', '330106001', '330106', n %% 1000, "
            "ST_MakeEnvelope(x, y, x + %(step)s, y + %(step)s, 4490) FROM ("
            "SELECT n, %(west)s + (n %% %(wide)s) * %(step)s AS x, "
            "%(south)s + (n / %(wide)s) * %(step)s AS y "
            "FROM generate_series(0, %(cells)s - 1) n) cells",
            {
                "first": FIRST,
                "west": WEST,
                "south": SOUTH,
                "step": STEP,
                "wide": WIDE,
                "cells": CELLS,
            },
        )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ANALYZE city.unit_grid")
    with serve_city(dsn, catalogue) as server:
        yield server


@pytest.fixture(scope="module")
def gdal():
    """GDAL in processes of its own: it holds Python's lock while it waits for HTTP."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


def begin(gdal, server, **options):
    """Begin to read the layer."""
    source = f"OAPIF:{server.base}"
    return gdal.submit(pyogrio.raw.read, source, layer="unit_grid", **options)


def ended(reading):
    """CRS, codes and geometries of what was read."""
    meta, _, shapes, columns = reading.result(timeout=280)
    names = dict(zip(meta["fields"], columns, strict=True))
    return meta["crs"], names["code"], shapely.from_wkb(shapes)


def queries_of(server):
    """Queries with which items were asked for."""
    return [q for path, q in server.asked if path == "/collections/unit_grid/items"]


def corner(codes):
    """West and south of cells by their codes [degree]."""
    n = np.array([int(code) - FIRST for code in codes])
    return WEST + (n % WIDE) * STEP, SOUTH + (n // WIDE) * STEP


def test_gdal_reads_every_cell_in_degrees_and_many_in_metres(gdal, big):
    many = 40_000
    below = f"code < '{FIRST + many}'"
    first = begin(gdal, big, columns=["code"], CRS=CRS84)
    second = begin(gdal, big, columns=["code"], CRS=crs_uri(4549), where=below)
    _, codes, shapes = ended(first)
    assert len(codes) == len(set(codes)) == CELLS
    west, south = corner(codes)
    bounds = shapely.bounds(shapes)
    assert np.abs(bounds[:, 0] - west).max() < 1e-9
    assert np.abs(bounds[:, 1] - south).max() < 1e-9
    crs, codes, shapes = ended(second)
    assert crs == "EPSG:4549"
    assert len(codes) == len(set(codes)) == many
    west, south = corner(codes)
    middle = Transformer.from_crs(4490, 4549, always_xy=True).transform(
        west + STEP / 2, south + STEP / 2
    )
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    assert np.abs(centre - np.stack(middle, axis=1)).max() < 0.01


def test_filters_go_to_the_server(gdal, big):
    wanted = str(FIRST + 123_456)
    before = len(queries_of(big))
    _, codes, _ = ended(begin(gdal, big, where=f"code = '{wanted}'"))
    assert list(codes) == [wanted]
    assert f"filter=code = '{wanted}'" in unquote(queries_of(big)[-1])
    assert len(queries_of(big)) - before <= 2
    text = f"code = '{wanted}' AND name LIKE '%%' AND NOT synthetic = 1"
    both = f"(code >= '{wanted}' AND code < '{int(wanted) + 3}') OR code = '{FIRST}'"
    for where in (text, both):
        before = len(queries_of(big))
        _, codes, _ = ended(begin(gdal, big, where=where))
        asked = unquote(queries_of(big)[-1])
        assert "filter=" in asked
        assert "filter-lang=cql-text" in asked
        assert ("LIKE" in asked) == (where == text)
        assert len(queries_of(big)) - before <= 2
    assert sorted(codes) == [str(FIRST), *(str(int(wanted) + n) for n in range(3))]
    box = (WEST + 0.0101, SOUTH + 0.0101, WEST + 0.0149, SOUTH + 0.0149)
    _, codes, _ = ended(begin(gdal, big, bbox=box, where=f"code >= '{wanted}'"))
    asked = unquote(queries_of(big)[-1])
    assert "bbox=" in asked
    assert "filter=" in asked
    assert all(code >= wanted for code in codes)
    _, codes, _ = ended(begin(gdal, big, bbox=box))
    assert len(codes) == 25
    assert "bbox=" in queries_of(big)[-1]


def test_no_tile_of_many_cells_is_too_large(big):
    sizes = []
    for name, matrix_set in MATRIX_SETS.items():
        for zoom in (12, 13, 14):
            index = index_at(matrix_set, zoom - matrix_set.shift, 119.75, 30.0)
            path = f"tiles/{name}/{'/'.join(map(str, index))}"
            for root in ("collections/unit_grid/", ""):
                answer = big.get(f"/{root}{path}")
                assert answer.status_code == 200, answer.url
                sizes.append(len(answer.content))
                assert sizes[-1] <= 500_000, answer.url
                features = mapbox_vector_tile.decode(answer.content)["unit_grid"][
                    "features"
                ]
                assert len(features) > 100
    assert max(sizes) > 100_000


def test_a_tile_of_very_many_cells_counts_them(big, monkeypatch):
    monkeypatch.setattr("gis.db.tiles.largest_at", lambda _zoom: 5_000)
    index = index_at(WEB_MERCATOR, 12, 119.65, 30.1)
    path = f"/collections/unit_grid/tiles/WebMercatorQuad/{'/'.join(map(str, index))}"
    decoded = mapbox_vector_tile.decode(big.get(path).content)["unit_grid"]
    counts = [feature["properties"]["aggregated"] for feature in decoded["features"]]
    west, south, east, north = WEB_MERCATOR.degrees_of(index)
    lon, lat = corner([str(FIRST + n) for n in range(CELLS)])
    inside = (west <= lon + STEP / 2) & (lon + STEP / 2 < east)
    inside &= (south < lat + STEP / 2) & (lat + STEP / 2 <= north)
    assert sum(counts) == inside.sum()
