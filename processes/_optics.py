"""What a register tells of cameras, made into what the sweep reads.

One policy for everything that is not known: a direction that is missing is a whole disc
or nothing, optics that are missing are taken by the camera's kind from a declared table
or leave it out; both are counted. A camera that turns (PTZ) counts at its guard
position, the direction in the register; what it can reach otherwise is told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely

from layers import CodeTable, Features, Layer, Sector
from processes._errors import InvalidInput
from processes.kernels import optics
from processes.kernels.arrays import BoolArray, CodeArray, FloatArray
from processes.kernels.visibility import Cameras
from processes.kernels.visibility.optics import Reach, sector_reach

_PANORAMIC_DEG = 180.0
_ASSUMED_OF = ("resolution_px", "hfov_deg", "height_m", "tilt_deg")
_WHATEVER_KIND = "other"
Policy = Literal["disc", "exclude"]
Codes = Callable[[str], CodeTable]


@dataclass(frozen=True, eq=False)
class Optics:
    """Cameras with every figure filled in, and how it came to be.

    Parameters
    ----------
    code : (n,)
    cameras : place, direction, opening; a lost direction under the policy `disc` opens
        the full circle
    lens_deg : (n,) opening of the lens itself
    resolution_px, vfov_deg, height_m, tilt_deg, max_view_m : (n,), nan where unknown
    lost : (n,) the direction is unknown
    assumed : (n,) a figure stands there by assumption, or the register says so
    turns : (n,) the camera can be turned by its operator
    source : (n,) where its figures come from: surveyed, datasheet, assumed
    """

    code: CodeArray
    cameras: Cameras
    lens_deg: FloatArray
    resolution_px: FloatArray
    vfov_deg: FloatArray
    height_m: FloatArray
    tilt_deg: FloatArray
    max_view_m: FloatArray
    lost: BoolArray
    assumed: BoolArray
    turns: BoolArray
    source: CodeArray

    def __len__(self) -> int:
        """Number of cameras."""
        return len(self.code)


def optics_columns(layer: Layer) -> tuple[str, ...]:
    """Columns that the optics of a layer's cameras are read from."""
    model = layer.coverage
    if not isinstance(model, Sector):
        return ()
    named = [model.azimuth, model.hfov, model.height, model.range.resolution]
    named += [c for c in (model.vfov, model.tilt, model.kind) if c]
    also = ("focal_mm", "sensor_mm", "max_view_m", "geometry_source")
    return tuple(dict.fromkeys([*named, *(c for c in also if c in layer.columns)]))


def read_optics(
    features: Features, model: Sector, codes: Codes, *, policy: Policy
) -> Optics:
    """Optics of cameras, with the columns of `optics_columns`.

    Parameters
    ----------
    codes : gives the rows of a code table by its name
    policy : what a camera without direction covers: its whole disc or nothing
    """
    n = len(features)
    column = features.columns
    nothing = np.full(n, np.nan)
    text = np.full(n, None, dtype=object)

    def numbers(name: str | None) -> FloatArray:
        found = column.get(name) if name else None
        return nothing if found is None else found.astype(np.float64)

    kind = column.get(model.kind, text) if model.kind else text
    resolution = numbers(model.range.resolution)
    hfov = numbers(model.hfov)
    focal, sensor = numbers("focal_mm"), numbers("sensor_mm")
    with np.errstate(divide="ignore", invalid="ignore"):
        lens = optics.field_of_view(focal, sensor)
    hfov = np.where(np.isnan(hfov) & (lens > 0.0), lens, hfov)
    height, tilt = numbers(model.height), numbers(model.tilt)
    assumed = np.zeros(n, dtype=np.bool_)
    if model.assumed and model.unknown_optics == "assume":
        told = [resolution, hfov, height, tilt]
        filled, assumed = _filled(told, kind, codes(model.assumed))
        resolution, hfov, height, tilt = filled
    hfov = np.where(hfov > 0.0, hfov, np.nan)
    vfov = numbers(model.vfov)
    flat = hfov < _PANORAMIC_DEG
    by_lens = optics.vertical_view(np.where(flat, hfov, 90.0))
    vfov = np.where(np.isnan(vfov) & flat, by_lens, vfov)
    azimuth = numbers(model.azimuth)
    lost = np.isnan(azimuth) & ~(hfov >= 360.0)
    opening = np.where(lost & (policy == "disc"), 360.0, hfov)
    points = features.geometry
    source = column.get("geometry_source", text)
    kinds = codes("camera_kind")
    turning = {code for code, row in kinds.items() if row.get("ptz") == "true"}
    return Optics(
        code=features.code,
        cameras=Cameras(shapely.get_x(points), shapely.get_y(points), azimuth, opening),
        lens_deg=hfov,
        resolution_px=resolution,
        vfov_deg=vfov,
        height_m=height,
        tilt_deg=tilt,
        max_view_m=numbers("max_view_m"),
        lost=lost,
        assumed=assumed | (source == "assumed"),
        turns=np.array([one in turning for one in kind], dtype=np.bool_),
        source=np.where(assumed, "assumed", source),
    )


def _filled(
    told: Sequence[FloatArray], kind: CodeArray, table: Mapping[str, Mapping[str, str]]
) -> tuple[list[FloatArray], BoolArray]:
    """The figures, those that are missing by kind; whether one was missing."""
    rows = [table.get(str(k)) or table[_WHATEVER_KIND] for k in kind]
    assumed = np.zeros(len(kind), dtype=np.bool_)
    filled = []
    for name, values in zip(_ASSUMED_OF, told, strict=True):
        lacking = np.isnan(values)
        usual = np.array([float(row[name]) for row in rows], np.float64)
        filled.append(np.where(lacking, usual, values))
        assumed |= lacking
    return filled, assumed


def densities(codes: Codes, table: str, levels: Sequence[str]) -> FloatArray:
    """(l,) pixels per metre that levels of purpose need.

    Raises
    ------
    InvalidInput : a level that the table does not hold
    """
    known = codes(table)
    for level in levels:
        if level not in known:
            allowed = f"must be one of {', '.join(known)}"
            raise InvalidInput("parameters.level", level, allowed)
    return np.array([float(known[level]["pixels_per_m"]) for level in levels])


def ground_reach(
    seen: Optics, density_px_m: FloatArray, *, target_height_m: float
) -> Reach:
    """Near and far ranges on the ground, model `sector`, within the register's limit.

    A panorama and a camera whose tilt nobody knows have no dead zone and no upper edge.
    """
    whole = np.isnan(seen.tilt_deg) | np.isnan(seen.vfov_deg)
    whole |= seen.lens_deg >= _PANORAMIC_DEG
    # looking straight down with a wide picture: neither edge of it comes into play
    tilt = np.where(whole, 0.0, seen.tilt_deg)
    vfov = np.where(whole, 180.0, seen.vfov_deg)
    reach = sector_reach(
        seen.resolution_px, seen.lens_deg, vfov, seen.height_m, tilt, density_px_m,
        target_height_m=target_height_m,
    )  # fmt: skip
    far = np.fmin(reach.far_m, seen.max_view_m[:, None])
    # an opening of no size, or a camera that nothing is known of
    unknown = np.isnan(seen.cameras.hfov_deg) | np.isnan(reach.near_m)
    far = np.where(np.isnan(reach.far_m) | unknown[:, None], np.nan, far)
    return Reach(np.maximum(reach.near_m, 0.0), far)


def optics_facts(seen: Optics, far_m: FloatArray) -> dict[str, Any]:
    """What of the cameras was unknown, assumed or left out; for one level's ranges."""
    n = max(len(seen), 1)
    gone = np.isnan(seen.cameras.azimuth_deg) & (seen.cameras.hfov_deg < 360.0)
    sources, counts = np.unique(
        np.array([s or "unknown" for s in seen.source], dtype=str), return_counts=True
    )
    return {
        "unknown_direction_share": float(np.count_nonzero(seen.lost)) / n,
        "assumed_share": float(np.count_nonzero(seen.assumed)) / n,
        "optics_source": {str(s): int(c) for s, c in zip(sources, counts, strict=True)},
        "turning_cameras": int(np.count_nonzero(seen.turns)),
        "excluded": {
            "optics_unknown": int(np.count_nonzero(np.isnan(far_m))),
            "direction_unknown": int(np.count_nonzero(gone)),
            "too_high_to_see_the_ground": int(np.count_nonzero(far_m == 0.0)),
        },
    }
