"""What cameras see at levels of purpose, behind the buildings of a date.

One definition for every answer: coverage, gaps, the scorecard, the process camera-view
and the stored layer take the same views of the same cameras. Stored or hypothetical
cameras are alike: `seen` takes features that have the columns of a camera layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

import numpy as np

from layers import Features, Layer, Sector
from processes._buildings import Kept, Obstacles, no_obstacles, obstacles, roofs_known
from processes._errors import InvalidInput
from processes._optics import (
    Optics,
    Policy,
    densities,
    ground_reach,
    optics_columns,
    optics_facts,
    read_optics,
)
from processes._ports import Reader
from processes._shapes import Shapes
from processes.kernels import optics
from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray, IntArray
from processes.kernels.exact import mended, mended_bytes
from processes.kernels.visibility import (
    Cameras,
    Mount,
    ViewAreas,
    Views,
    ViewState,
    camera_views,
    views_over_roofs,
)
from processes.kernels.visibility.optics import pinhole_footprints, pinhole_views
from processes.kernels.visibility.views import ARC_STEP_DEG, SAGITTA_M

Footprint = Literal["sector", "pinhole"]
Occlusion = Literal["buildings", "none"]
_FLAT_DEG = 180.0
_KEPT_SHAPES: Kept[tuple[Shapes, dict[str, Any]]] = Kept(3)


@dataclass(frozen=True)
class ViewQuestion:
    """How cameras are looked through.

    Parameters
    ----------
    levels : codes of the table of image purposes
    policy : what a camera without direction covers: its whole disc or nothing
    footprint : `sector`, arcs about the camera, or `pinhole`, the picture's trapezoid
    occlusion : whether buildings hide
    over_roofs : look over buildings lower than the camera; only with `sector`
    """

    levels: tuple[str, ...]
    policy: Policy
    target_height_m: float = 0.0
    footprint: Footprint = "sector"
    occlusion: Occlusion = "buildings"
    over_roofs: bool = False


@dataclass(frozen=True, eq=False)
class Seen:
    """Views of n cameras at l levels.

    Parameters
    ----------
    near_m, far_m : (n,), (n, l) ranges on the ground
    state, area_m2 : (n, l) ViewState, exact area
    drawn : polygons of all, in the working CRS, as the kernel wrote them or as objects
    mount, x, y, host : (n,) where the sweep put each camera, and the building left out
    pinhole : (n,) whose footprint is the trapezoid
    """

    optics: Optics
    near_m: FloatArray
    far_m: FloatArray
    state: IntArray
    area_m2: FloatArray
    drawn: Views | GeometryArray
    mount: IntArray
    x: FloatArray
    y: FloatArray
    host: IntArray
    pinhole: BoolArray
    obstacles: Obstacles

    @cached_property
    def geometry(self) -> GeometryArray:
        """(n, l) polygons in the working CRS, None where nothing is seen."""
        return self.drawn.geometry() if isinstance(self.drawn, Views) else self.drawn


def camera_model(layer: Layer) -> Sector:
    """The coverage model of a layer of cameras.

    Raises
    ------
    InvalidInput : its features are no cameras
    """
    if not isinstance(layer.coverage, Sector):
        raise InvalidInput("layer", layer.id, "must be a layer of cameras")
    return layer.coverage


def seen(
    read: Reader,
    features: Features,
    model: Sector,
    question: ViewQuestion,
    *,
    as_of: date | None,
) -> Seen:
    """What cameras see, stored or hypothetical.

    Parameters
    ----------
    features : with the columns of `optics_columns`
    as_of : date of the buildings

    Raises
    ------
    InvalidInput : an unknown level, or a pinhole that looks over roofs
    """
    if question.over_roofs and question.footprint == "pinhole":
        allowed = "must be sector: only it looks over roofs"
        raise InvalidInput("footprint", question.footprint, allowed)
    density = densities(read.codes, model.range.table, question.levels)
    found = read_optics(features, model, read.codes, policy=question.policy)
    reach = ground_reach(found, density, target_height_m=question.target_height_m)
    hiding = no_obstacles()
    if question.occlusion == "buildings" and model.hidden_by is not None:
        far = np.nan_to_num(reach.far_m).max(axis=1, initial=0.0)
        around = (found.cameras.x, found.cameras.y, _widest(found, density, far))
        hiding = obstacles(read, model.hidden_by, as_of=as_of, around=around)
    near, far_m = reach.near_m, reach.far_m
    srid = read.city.working_srid
    if question.over_roofs:
        over = views_over_roofs(
            hiding.index, found.cameras, found.height_m, far_m, near,
            target_height_m=question.target_height_m,
        )  # fmt: skip
        views: ViewAreas = over
        shapes: Views | GeometryArray = over.geometry
    else:
        swept = camera_views(hiding.index, found.cameras, far_m, near, srid=srid)
        views, shapes = swept, swept
    answer = Seen(
        found, near, far_m, views.state, views.area_m2, shapes, views.mount,
        views.x, views.y, views.host, np.zeros(len(found), np.bool_), hiding,
    )  # fmt: skip
    if question.footprint == "pinhole":
        _through_pinholes(answer, density, question)
    return answer


def _widest(found: Optics, density: FloatArray, far_m: FloatArray) -> FloatArray:
    """(n,) distance around each camera that its views may need, either footprint."""
    depth = optics.purpose_range(
        found.resolution_px, found.lens_deg, float(density.min(initial=np.inf))
    )
    half = np.radians(np.minimum(np.nan_to_num(found.lens_deg), 170.0)) / 2
    return np.fmax(far_m, np.nan_to_num(depth) / np.cos(half))


def _through_pinholes(
    answer: Seen, density: FloatArray, question: ViewQuestion
) -> None:
    """Put trapezoids in the place of sectors, where a camera has a flat picture.

    A panorama, a camera of unknown direction and one without tilt keep their sectors.
    """
    found = answer.optics
    flat = (found.lens_deg < _FLAT_DEG) & np.isfinite(found.cameras.azimuth_deg)
    flat &= np.isfinite(found.tilt_deg) & np.isfinite(found.vfov_deg)
    which = np.flatnonzero(flat)
    if len(which) == 0:
        return
    mine = found.cameras.only(which)
    cameras = Cameras(mine.x, mine.y, mine.azimuth_deg, found.lens_deg[which])
    depth = np.column_stack(
        [
            optics.purpose_range(
                found.resolution_px[which], cameras.hfov_deg, float(pixels)
            )
            for pixels in density
        ]
    )
    depth = np.fmin(depth, found.max_view_m[which][:, None])
    shapes = pinhole_footprints(
        cameras, found.vfov_deg[which], found.height_m[which], found.tilt_deg[which],
        depth, target_height_m=question.target_height_m,
    )  # fmt: skip
    views = pinhole_views(answer.obstacles.index, cameras, shapes)
    answer.state[which], answer.area_m2[which] = views.state, views.area_m2
    answer.geometry[which] = views.geometry
    answer.mount[which], answer.host[which] = views.mount, views.host
    answer.x[which], answer.y[which] = views.x, views.y
    answer.pinhole[which] = True


def view_facts(
    found: Seen, question: ViewQuestion, model: Sector, read: Reader
) -> dict[str, Any]:
    """Model, edition, assumptions and states, as an answer repeats them.

    The counts of what is excluded are those of the first level.
    """
    table = read.codes(model.range.table)
    levels = {
        level: {
            "pixels_per_m": float(table[level]["pixels_per_m"]),
            "standard": table[level]["standard"],
            "edition": table[level]["edition"],
            "basis": table[level]["basis"],
        }
        for level in question.levels
    }
    mounts = {
        mount.name.lower(): int(np.count_nonzero(found.mount == mount))
        for mount in Mount
    }
    first = found.far_m[:, 0] if found.far_m.shape[1] else np.empty(0)
    return {
        "footprint": question.footprint,
        "levels": levels,
        "target_height_m": question.target_height_m,
        "unknown_direction": question.policy,
        "over_roofs": question.over_roofs,
        "occlusion": hiding_facts(found.obstacles),
        "arc": arc_facts(),
        "states": {
            level: {
                state.label: int(np.count_nonzero(found.state[:, i] == state))
                for state in ViewState
            }
            for i, level in enumerate(question.levels)
        },
        "mounts": mounts,
        **optics_facts(found.optics, first),
    }


def hiding_facts(hiding: Obstacles) -> dict[str, Any]:
    """Which buildings hid what."""
    if hiding.layer is None:
        return {"by": "none"}
    return {
        "by": hiding.layer,
        "version": hiding.version,
        "heights_known_share": roofs_known(hiding),
    }


def arc_facts() -> dict[str, Any]:
    """How arcs are drawn: with their vertices on the circle."""
    return {
        "step_deg": ARC_STEP_DEG,
        "sagitta_m": SAGITTA_M,
        "rule": "vertices on the circle",
        "area_bias": -float(np.radians(ARC_STEP_DEG) ** 2 / 6),
    }


def ground_seen(
    read: Reader,
    features: Features,
    model: Sector,
    question: ViewQuestion,
    *,
    as_of: date | None,
    where: str | None = None,
    stored: bool = False,
) -> tuple[Shapes, dict[str, Any]]:
    """(n,) what each camera sees at one level, None for nothing, and the facts of it.

    Parameters
    ----------
    question : with one level
    stored : the features are all that the layer holds under `where` at the date, so
        that the answer may be kept for the next who asks
    """

    def made() -> tuple[Shapes, dict[str, Any]]:
        found = seen(read, features, model, question, as_of=as_of)
        # mended once, not with every measurement
        if isinstance(found.drawn, Views) and not found.pinhole.any():
            shapes: Shapes = mended_bytes(found.drawn.written(0))[0]
        else:
            shapes = mended(found.geometry[:, 0])[0]
        return shapes, view_facts(found, question, model, read)

    if not stored:
        return made()
    hiding = read.snapshot(model.hidden_by, as_of) if model.hidden_by else None
    key = (read.snapshot(features.layer, as_of), where, hiding, question)
    shapes, facts = _KEPT_SHAPES.get(key, made)
    return (shapes, facts) if len(shapes) == len(features) else made()


def levels_of(
    read: Reader, model: Sector, edition: str, wanted: Sequence[str] | None
) -> tuple[str, ...]:
    """Levels of an edition, the least demanding first; or those wanted, checked.

    Raises
    ------
    InvalidInput : an edition that the table does not hold, a level of another
    """
    table = read.codes(model.range.table)
    editions = sorted({row["edition"] for row in table.values()})
    mine = sorted(
        (code for code, row in table.items() if row["edition"] == edition),
        key=lambda code: float(table[code]["pixels_per_m"]),
    )
    if not mine:
        raise InvalidInput("edition", edition, f"must be one of {', '.join(editions)}")
    if wanted is None:
        return tuple(mine)
    for level in wanted:
        if level not in mine:
            raise InvalidInput("levels", level, f"must be one of {', '.join(mine)}")
    return tuple(sorted(set(wanted), key=mine.index))


def read_cameras(
    read: Reader,
    layer: str,
    *,
    where: str | None,
    as_of: date | None,
    also: Sequence[str] = (),
) -> Features:
    """Stored cameras with the columns of their optics."""
    columns = (*optics_columns(read.catalogue[layer]), *also)
    return read.features(layer, columns=columns, where=where, as_of=as_of)
