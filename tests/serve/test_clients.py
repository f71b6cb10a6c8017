"""Real clients: GDAL's OAPIF driver and OWSLib read what is published."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features
from pyproj import Transformer

from layers import Level, crs_uri

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def gdal():
    """GDAL in a process of its own: it holds Python's lock while it waits for HTTP."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:

        def call(function, *args, **options):
            return pool.submit(function, *args, **options).result(timeout=60)

        yield call


@pytest.fixture(scope="module")
def read(gdal, server):
    def read_layer(layer, **options):
        source = f"OAPIF:{server.base}"
        return gdal(pyogrio.read_dataframe, source, layer=layer, **options)

    return read_layer


def shapes(catalogue):
    return [
        layer
        for layer in catalogue.visible_at(Level.PUBLIC).values()
        if layer.geometry_at(Level.PUBLIC)
    ]


def test_gdal_lists_every_public_collection(gdal, server, catalogue):
    listed = gdal(pyogrio.list_layers, f"OAPIF:{server.base}")
    assert set(listed[:, 0]) == {*catalogue.visible_at(Level.PUBLIC), "records"}


def test_gdal_reads_every_public_collection_in_lon_lat(read, catalogue):
    for layer in shapes(catalogue):
        frame = read(layer.id)
        assert len(frame) == (1 if layer.audience else 3), layer.id
        assert set(layer.columns_at(Level.PUBLIC)) <= set(frame.columns)
        west, south, east, north = frame.total_bounds
        assert 120.159 < west < east < 120.17, layer.id
        assert 30.269 < south < north < 30.28, layer.id
        assert frame["name"].iloc[0].startswith('name <b>"杭州"')


@pytest.mark.parametrize("layer", ["component", "unit_grid", "road"])
def test_gdal_reads_metres_in_the_right_place(read, layer):
    degrees = read(layer)
    metres = read(layer, CRS=crs_uri(4549))
    assert metres.crs.to_epsg() == 4549
    to_metres = Transformer.from_crs(4490, 4549, always_xy=True).transform
    for lon_lat, metre in zip(degrees.geometry, metres.geometry, strict=True):
        expected = shapely.transform(lon_lat, to_metres, interleaved=False)
        assert metre.hausdorff_distance(expected) < 0.001
        assert 500_000 < metre.centroid.x < 530_000
        assert 3_300_000 < metre.centroid.y < 3_400_000


def test_gdal_types(read):
    frame = read("unit_grid")
    assert frame["area_m2"].dtype.kind == "f"
    assert frame["synthetic"].dtype == bool
    assert frame["valid_from"].dtype.kind == "M"


def test_gdal_pages_through_and_filters(read):
    paged = read("component", PAGE_SIZE="1")
    assert len(paged) == 3
    assert len(read("component", where="code = 'component-1'")) == 1
    box = (120.1619, 30.2705, 120.1621, 30.2715)
    assert list(read("component", bbox=box)["code"]) == ["component-1"]


def test_owslib(server, catalogue):
    client = Features(f"{server.base}/")
    assert set(client.feature_collections()) == set(catalogue.visible_at(Level.PUBLIC))
    assert client.conformance()["conformsTo"]
    assert client.api()["openapi"].startswith("3.0")
    found = client.collection_items("component", limit=2)
    assert found["numberReturned"] == 2
    assert client.collection_item("component", "component-1")["id"] == "component-1"
    assert "code" in client.collection_queryables("component")["properties"]
    schema = client.collection_schema("component")
    assert schema["properties"]["code"]["x-ogc-role"] == "id"
