"""Services that are reached on foot: by distance, by time, and not at all."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from layers import Network
from layers._spec import Coverage
from processes import InvalidInput, Result, read_inputs, registry
from tests.memory import MemoryReader, two_towns

AT = "2015-12-31"
ROADS = [
    {"code": "r1", "geometry": "LINESTRING (0 500, 900 500)"},
    {"code": "r2", "geometry": "LINESTRING (900 500, 900 900)"},
]
SCHOOLS = [
    {"code": "s1", "name": "近", "geometry": "POINT (100 500)"},
    {"code": "s2", "name": "远", "geometry": "POINT (1700 100)"},
]


def coverage(**parameters: Any) -> Result:
    process = registry["coverage"]
    rows = {**two_towns(), "road": ROADS, "school": SCHOOLS}
    asked = {"service": "school", "as_of": AT, "parameters": parameters}
    return process.run(read_inputs(process.inputs, asked), MemoryReader(rows))


def test_walked_ground_is_a_band_along_the_roads() -> None:
    result = coverage(model="network", radius_m=300, width_m=20)
    facts = result.reconciliation
    assert facts["model"] == "network"
    assert facts["parameters"] == {
        "roads": "road",
        "limit_m": 300.0,
        "limit_column": None,
        "limit_min": None,
        "walk_kmh": None,
        "width_m": 20.0,
        "snap_m": 200.0,
    }
    assert "road" in facts["layer_versions"]
    # from 100 m to the road's beginning and 300 m on: 400 by 40 and a half disc of
    # 20 m, drawn by 8 segments per quarter; the other half lies beyond the city
    half = 16 * 20**2 / 2 * 0.19509032201612825  # 16 triangles, sin(pi / 16)
    covered = result.rows[0]["covered"]
    assert covered == pytest.approx(400 * 40 + half, abs=0.1)
    disc = coverage(radius_m=300).rows[0]["covered"]
    assert disc > covered


def test_what_no_road_reaches_is_reported() -> None:
    result = coverage(model="network", radius_m=300)
    assert result.reconciliation["unreachable"]["codes"] == ["s2"]
    assert result.reconciliation["assets"] == 2
    assert result.reconciliation["assets_with_area"] == 1
    near = coverage(model="network", radius_m=1200, snap_m=1000)
    assert near.reconciliation["unreachable"]["assets"] == 0


def test_time_is_turned_into_distance() -> None:
    by_time = coverage(model="network", limit_min=5, walk_kmh=3.6)
    by_distance = coverage(model="network", limit_m=300)
    assert by_time.reconciliation["parameters"]["limit_m"] == pytest.approx(300.0)
    assert by_time.rows == by_distance.rows


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"limit_min": 5, "limit_m": 300, "model": "network"}, "limit_min"),
        ({"limit_min": 5}, "model"),
        ({"model": "train"}, "parameters.model"),
        ({"model": "network", "width_m": 0}, "parameters.width_m"),
    ],
)
def test_parameters_that_do_not_fit_are_named(
    given: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidInput, match=named):
        coverage(**given)


def test_a_layer_file_may_declare_it() -> None:
    declared = {"model": "network", "roads": "road", "limit_m": 900, "basis": "b"}
    model = TypeAdapter(Coverage).validate_python(declared)
    assert isinstance(model, Network)
    assert (model.width_m, model.snap_m) == (30.0, 200.0)
    with pytest.raises(ValidationError, match="roads"):
        TypeAdapter(Coverage).validate_python({**declared, "roads": None})


def test_every_model_states_the_bias_of_its_arcs() -> None:
    """Measured areas over true ones are off by what each answer states."""
    process = registry["coverage"]

    def asked(service: str, geometry: str, **more: Any) -> tuple[float, dict[str, Any]]:
        rows = {**two_towns(), service: [{"code": "a", "geometry": geometry, **more}]}
        result = process.run(
            read_inputs(process.inputs, {"service": service, "as_of": AT}),
            MemoryReader(rows),
        )
        arc = dict(result.reconciliation["arc"])
        return result.rows[-1]["covered"], arc

    area, arc = asked("base_station", "POINT (500 500)", range_m=100.0)
    assert arc["area_bias"] == 0.0
    assert area == pytest.approx(math.pi * 100**2, rel=1e-7)
    # a park of 100 m square, 50 m around it: four straight sides and one disc
    square = "POLYGON ((400 400, 500 400, 500 500, 400 500, 400 400))"
    area, arc = asked("park", square, service_radius_m=50.0, area_m2=1e4)
    assert arc["area_bias_of"] == "round parts"
    disc = math.pi * 50**2 * (1 + arc["area_bias"])
    assert area == pytest.approx(100**2 + 4 * 100 * 50 + disc, rel=1e-7)
    half = coverage(model="network", radius_m=300, width_m=20)
    stated = half.reconciliation["arc"]["area_bias"]
    disc = math.pi * 20**2 * (1 + stated)
    assert half.rows[0]["covered"] == pytest.approx(400 * 40 + disc / 2, rel=1e-5)
