"""Which unit grid, community, street and district hold a point, and who answers for it.

Question: "where am I?" in any datum that a phone, a map or a register may speak.

Method: the point is brought from its declared datum to CGCS2000 (GCJ-02 and BD-09 by
iterated inverse), projected, and looked up in the zones valid at the date. Nothing is
guessed: a point far outside the city is answered with no zones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from pydantic import Field
from pyproj.exceptions import ProjError

from layers import Level, Title, transformer
from processes._asked import AsOf
from processes._errors import InvalidInput
from processes._ports import Reader
from processes._spec import JSON, Inputs, Process, Result
from processes.kernels import datum as shifts

_GEOGRAPHIC = {"wgs84": 4326, "cgcs2000": 4490}


class LocateInputs(Inputs):
    """One point, and the datum its coordinates are in."""

    x: float = Field(description="longitude in degrees, or x (easting) in metres")
    y: float = Field(description="latitude in degrees, or y (northing) in metres")
    datum: str = Field(
        "wgs84",
        pattern=r"^(wgs84|cgcs2000|gcj02|bd09|\d{4,6})$",
        description="wgs84, cgcs2000, gcj02, bd09 or an EPSG code; x or lon first",
    )
    as_of: AsOf = None


def run(inputs: LocateInputs, read: Reader) -> Result:
    """The zones that hold the point, finest first, and the responsible unit."""
    lon, lat, x, y = positions(inputs.x, inputs.y, inputs.datum, read)
    found = read.locate(x, y, as_of=inputs.as_of)
    zones = {
        layer: _told(layer, found[layer], read)
        for layer in read.city.zones
        if layer in found
    }
    others = {layer: _told(layer, found[layer], read) for layer in found}
    finest = zones.get(read.city.finest_zone, {})
    body: dict[str, Any] = {
        "lon": round(lon, 9),
        "lat": round(lat, 9),
        "crs": f"EPSG:{read.city.stored_srid}",
        "working": {"x": round(x, 3), "y": round(y, 3), "srid": read.city.working_srid},
        "datum": inputs.datum,
        "found": bool(zones),
        "responsible_org": finest.get("responsible_org"),
        "zones": {**zones, **others},
    }
    notes: tuple[Mapping[str, str], ...] = ()
    if not zones:
        notes = ({"zh": "这个点不在任何区划内。", "en": "No zone holds this point."},)
    return Result(
        process=PROCESS.id,
        version=PROCESS.version,
        inputs=inputs.model_dump(mode="json"),
        body=body,
        notes=notes,
    )


def positions(
    x: float, y: float, datum: str, read: Reader
) -> tuple[float, float, float, float]:
    """Longitude, latitude (stored CRS), x, y (working CRS) of a point of any datum.

    Raises
    ------
    InvalidInput : the point is no position of its datum, or the datum is unknown
    """
    stored, working = read.city.stored_srid, read.city.working_srid
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InvalidInput("x", x, "must be a finite number")
    if not datum.isdigit():
        if not -180 <= x <= 180:
            raise InvalidInput("x", x, "must be a longitude of -180 to 180 degrees")
        if not -90 <= y <= 90:
            raise InvalidInput("y", y, "must be a latitude of -90 to 90 degrees")
    if datum in ("gcj02", "bd09"):
        inverse = shifts.gcj02_to_wgs84 if datum == "gcj02" else shifts.bd09_to_wgs84
        lon_array, lat_array = inverse(np.array([x]), np.array([y]))
        x, y, source = float(lon_array[0]), float(lat_array[0]), 4326
    else:
        source = _GEOGRAPHIC.get(datum) or int(datum)
    try:
        lon, lat = transformer(source, stored).transform(x, y, errcheck=True)
        east, north = transformer(stored, working).transform(lon, lat, errcheck=True)
    except ProjError as error:
        raise InvalidInput(
            "datum", datum, "must be a known EPSG code within whose area the point lies"
        ) from error
    return float(lon), float(lat), float(east), float(north)


def _told(
    layer: str,
    zone: Mapping[str, object],
    read: Reader,
) -> dict[str, Any]:
    """The columns of a zone that the caller's level sees."""
    seen = read.catalogue[layer].columns_at(read.level)
    told = {name: value for name, value in zone.items() if name in seen}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in told.items()
    }


def _reads(inputs: LocateInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    return tuple(
        id_
        for id_ in read.city.zones
        if id_ in read.catalogue and read.catalogue[id_].access <= Level.RESTRICTED
    )


PROCESS = Process(
    id="locate",
    version="1",
    title=Title(zh="定位", en="Locate"),
    description=Title(
        zh="一个点（任何坐标基准）所在的单元网格、社区、街道、区县和责任单位。",
        en="The unit grid, community, street, district and responsible unit of a point "
        "in any datum.",
    ),
    inputs=LocateInputs,
    run=run,
    media_types=(JSON,),
    reads=_reads,
    kept=False,
    quick=True,
)
