"""Cameras that are only thought of, as features of the camera layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from pydantic import Field

from layers import Features, transformer
from processes._errors import InvalidInput
from processes._optics import optics_columns
from processes._ports import Reader
from processes._spec import Inputs

# Inputs have words of their own: the register's columns are not for every level.
_FIELD = {
    "azimuth_deg": "facing_deg",
    "hfov_deg": "opening_deg",
    "vfov_deg": "upright_deg",
    "focal_mm": "focal_length_mm",
    "sensor_mm": "chip_width_mm",
    "resolution_px": "pixels_across",
    "height_m": "mount_m",
    "tilt_deg": "down_deg",
    "max_view_m": "used_to_m",
}


class DrawnCamera(Inputs):
    """One camera: where it is to stand, and its optics as far as they are known."""

    lon: float = Field(ge=-180, le=180, description="longitude in degrees (CGCS2000)")
    lat: float = Field(ge=-90, le=90, description="latitude in degrees")
    code: str | None = Field(
        None, max_length=60, pattern=r"^\S+$", description="how the answer names it"
    )
    kind: str | None = Field(None, description="code of the table camera_kind")
    facing_deg: float | None = Field(
        None, ge=0, le=360, description="direction of the axis, clockwise from north"
    )
    opening_deg: float | None = Field(None, gt=0, le=360, description="opening")
    upright_deg: float | None = Field(
        None, gt=0, le=180, description="opening, upright"
    )
    focal_length_mm: float | None = Field(
        None, gt=0, le=2000, description="focal length"
    )
    chip_width_mm: float | None = Field(
        None, gt=0, le=100, description="width of sensor"
    )
    pixels_across: float | None = Field(
        None, ge=16, le=100_000, description="pixels across the recorded picture"
    )
    mount_m: float | None = Field(None, ge=0, le=500, description="lens above ground")
    down_deg: float | None = Field(
        None, ge=-90, le=90, description="axis below the horizon"
    )
    used_to_m: float | None = Field(
        None, gt=0, le=20_000, description="farthest it is used for"
    )


def drawn_features(read: Reader, layer: str, drawn: Sequence[DrawnCamera]) -> Features:
    """Cameras as features of a layer, with the columns of its optics.

    Raises
    ------
    InvalidInput : a kind that the table does not hold, two cameras of one code
    """
    names = optics_columns(read.catalogue[layer])
    codes = np.empty(len(drawn), dtype=object)
    for i, camera in enumerate(drawn):
        codes[i] = camera.code or f"drawn-{i + 1}"
        known = read.codes("camera_kind")
        if camera.kind is not None and camera.kind not in known:
            allowed = f"must be one of {', '.join(known)}"
            raise InvalidInput(f"drawn.{i}.kind", camera.kind, allowed)
    if len(set(codes)) < len(codes):
        twice = next(c for c in codes if list(codes).count(c) > 1)
        raise InvalidInput("drawn", twice, "must be a code of one camera only")
    stored, working = read.city.stored_srid, read.city.working_srid
    x, y = transformer(stored, working).transform(
        [camera.lon for camera in drawn], [camera.lat for camera in drawn]
    )
    columns = {}
    for name in names:
        cells = [getattr(camera, _FIELD.get(name, name), None) for camera in drawn]
        if read.catalogue[layer].columns[name].type in ("integer", "number"):
            numbers = [np.nan if c is None else float(c) for c in cells]
            columns[name] = np.array(numbers, np.float64)
        else:
            columns[name] = np.array(cells, dtype=object)
    return Features(
        layer=layer,
        srid=working,
        version=read.version(layer),
        code=codes,
        geometry=np.asarray(shapely.points(np.asarray(x), np.asarray(y)), dtype=object),
        columns=columns,
    )
