"""Every generated row is what its layer file declares."""

from __future__ import annotations

import hashlib
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.demo import build_city
from layers import load_catalogue, load_codes

CATALOGUE = load_catalogue()
STORED = [
    layer_id
    for layer_id, layer in CATALOGUE.items()
    if not (layer.derived or layer.raster)  # a raster is a file, not a frame
]
TYPE_IDS = {"Point": {0}, "LineString": {1}, "Polygon": {3}, "MultiPolygon": {3, 6}}


def test_every_stored_layer_is_filled_and_zones_come_first(frames):
    assert set(frames) == set(STORED)
    assert all(len(frame) for frame in frames.values())
    assert list(frames)[:4] == ["district", "street", "community", "unit_grid"]


def test_a_layer_comes_after_those_it_refers_to(frames):
    order = list(frames)
    for layer_id in order:
        for column in CATALOGUE[layer_id].columns.values():
            if column.references:
                assert order.index(column.references) <= order.index(layer_id)


@pytest.mark.parametrize("layer_id", STORED)
def test_columns_are_those_declared(frames, layer_id):
    layer, frame = CATALOGUE[layer_id], frames[layer_id]
    own = set(frame.columns) - {"geometry"}
    assert own <= set(layer.all_columns)
    assert own >= {"code", "valid_from", "valid_to", "source", "synthetic"}
    assert own >= {n for n, c in layer.all_columns.items() if c.required}
    assert frame.crs.to_epsg() == 4490


@pytest.mark.parametrize("layer_id", STORED)
def test_values_fit_their_columns(frames, layer_id):
    layer, frame = CATALOGUE[layer_id], frames[layer_id]
    for name, column in layer.all_columns.items():
        if name not in frame:
            continue
        values = frame[name]
        present = values.dropna()
        if column.required:
            assert values.notna().all(), name
        match column.type:
            case "integer" | "number":
                assert present.dtype.kind in "iuf", name
                assert column.min is None or (present >= column.min).all(), name
                assert column.max is None or (present <= column.max).all(), name
            case "boolean":
                assert {type(v) for v in present} <= {bool, np.bool_}, name
            case "date" | "datetime":
                assert present.dtype.kind == "M", name
            case "code":
                assert set(present) <= set(load_codes(column.codes)), name
            case _:
                assert all(isinstance(v, str) and v for v in present), name
                if column.pattern:
                    assert all(re.search(column.pattern, v) for v in present), name
        if column.references:
            assert set(present) <= set(frames[column.references]["code"]), name


@pytest.mark.parametrize("layer_id", STORED)
def test_geometries_fit_their_layer(frames, layer_id):
    layer, shapes = CATALOGUE[layer_id], np.asarray(frames[layer_id].geometry)
    if layer.geometry == "none":
        assert shapely.is_missing(shapes).all()
        return
    assert set(shapely.get_type_id(shapes)) <= TYPE_IDS[layer.geometry]
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()


@pytest.mark.parametrize("layer_id", STORED)
def test_versions_of_a_code_follow_one_another(frames, layer_id):
    frame = frames[layer_id]
    assert not frame.duplicated(["code", "valid_from"]).any()
    closed = frame["valid_to"].notna()
    assert (frame["valid_to"] > frame["valid_from"])[closed].all()
    ordered = frame.sort_values(["code", "valid_from"])
    same = ordered["code"].eq(ordered["code"].shift(-1))
    gapless = ordered["valid_to"].eq(ordered["valid_from"].shift(-1))
    assert gapless[same].all()
    assert ordered["valid_to"][~same].isna().all()


def test_what_is_made_up_says_so(frames):
    real = {"district", "target"}
    for layer_id, frame in frames.items():
        if layer_id in real:
            assert not frame["synthetic"].any()
        elif layer_id == "air_station":
            national = frame["code"].str.match(r"^\d{4}A$")
            assert national.any()
            assert (frame["synthetic"] == ~national).all()
        else:
            assert frame["synthetic"].all()
            assert set(frame["source"]) == {"citygrid demo, seed 2012"}


def digest(frame: gpd.GeoDataFrame) -> str:
    columns = pd.DataFrame(frame.drop(columns="geometry")).to_csv().encode()
    return hashlib.sha256(
        columns + b"".join(shapely.to_wkb(np.asarray(frame.geometry).tolist()) if not
        shapely.is_missing(np.asarray(frame.geometry)).all() else [b""])
    ).hexdigest()  # fmt: skip


def test_the_same_seed_gives_the_same_bytes(frames):
    again = {k: digest(f) for k, f in build_city("small", 2012)}
    assert again == {k: digest(f) for k, f in frames.items()}


def test_another_seed_gives_another_city(frames):
    other = dict(build_city("small", 7))
    assert digest(other["unit_grid"]) != digest(frames["unit_grid"])
    assert other["community"]["code"].tolist() == frames["community"]["code"].tolist()


def test_progress_rises_to_one():
    told: list[float] = []
    for _ in build_city("small", 1, lambda what, share: told.append(share)):
        pass
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert max(told) <= 1.0


def test_an_unknown_size_is_refused():
    with pytest.raises(KeyError):
        next(iter(build_city("village", 1)))
