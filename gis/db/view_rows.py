"""Cameras as the table has them -> views as the tables take them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import shapely

from gis.db.copy_rows import (
    Field,
    date_field,
    flag_field,
    geometry_field,
    number_field,
    rows_of,
    text_field,
)
from layers import Features, Layer, Sector, load_codes, transformer
from processes import Optics, densities, ground_reach, optics_columns, read_optics
from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility import Views, ViewState
from processes.kernels.visibility.ewkb import ByteArray
from processes.kernels.visibility.optics import Reach
from processes.kernels.visibility.placed import expansion, placed, stencil

#: Levels of purpose that are stored: those of EN 62676-4:2015 that name DORI.
LEVELS = ("detect", "observe", "recognise", "identify")
Srids = tuple[int, int]
_TEXTS = ("code", "name", "valid_from", "valid_to", "source", "synthetic", "state")
_NUMBERS = (
    "resolution_px", "focal_mm", "sensor_mm", "hfov_deg", "vfov_deg", "height_m",
    "tilt_deg", "azimuth_deg", "max_view_m",
)  # fmt: skip
_COLUMNS = len(_TEXTS) + 2 + len(_NUMBERS) + 3
_LABELS = {state.value: state.label for state in ViewState}
_SPARE_M = 2.0
_STENCIL_M = 300.0


def objects(values: Sequence[Any]) -> Any:  # noqa: ANN401  # array of objects
    """Values as an array of objects."""
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


@cache
def _densities(table: str) -> FloatArray:
    """(levels,) pixels per metre of the stored levels."""
    return densities(load_codes, table, LEVELS)


class CameraRows:
    """Cameras as the statement view_cameras gives them, with their ranges."""

    def __init__(self, rows: Sequence[Sequence[Any]], layer: Layer) -> None:
        table = list(zip(*rows, strict=True)) or [()] * _COLUMNS
        self.text = dict(zip(_TEXTS, table, strict=False))
        kind, source, *numbers, x, y, srid = table[len(_TEXTS) :]
        self.srids: Srids = (layer.srid, next((n for n in srid if n), layer.srid))
        columns: dict[str, Any] = {
            "kind": objects(kind), "geometry_source": objects(source),
        }  # fmt: skip
        for name, values in zip(_NUMBERS, numbers, strict=True):
            columns[name] = np.array(values, np.float64)
        model = layer.coverage
        assert isinstance(model, Sector)  # noqa: S101  # cameras are declared as such
        points = shapely.points(np.array(x, np.float64), np.array(y, np.float64))
        features = Features(
            layer.id, 0, 0, objects(self.text["code"]),
            np.asarray(points, dtype=object),
            {name: columns[name] for name in optics_columns(layer)},
        )  # fmt: skip
        self.optics: Optics = read_optics(
            features, model, load_codes, policy=model.unknown_direction
        )
        density = _densities(model.range.table)
        self.reach: Reach = ground_reach(self.optics, density, target_height_m=0.0)

    def __len__(self) -> int:
        """Number of camera versions."""
        return len(self.optics)

    @property
    def far_m(self) -> FloatArray:
        """(n,) greatest range of any level; 0 where there is none."""
        return np.asarray(np.fmax.reduce(self.reach.far_m, axis=1, initial=0.0))

    def boxes(self) -> FloatArray:
        """(n, 4) around everything that may matter to a camera."""
        # the dependency polygon reaches a little beyond the range
        reach = self.far_m * 1.001 + _SPARE_M
        x, y = self.optics.cameras.x, self.optics.cameras.y
        box = np.column_stack([x - reach, y - reach, x + reach, y + reach])
        kept: FloatArray = box[np.isfinite(box).all(axis=1)]
        return kept


class ViewRows:
    """Rows of both tables, all levels of a camera together.

    Parameters
    ----------
    views, depend : of the cameras, in their order
    srids : EPSG codes of the served and of the working geometry
    """

    def __init__(
        self, cameras: CameraRows, views: Views, depend: Views, srids: Srids
    ) -> None:
        self._cameras, self._views, self._depend = cameras, views, depend
        self._srid = srids[0]
        at = stencil(views.x, views.y, _STENCIL_M)
        image = transformer(srids[1], srids[0]).transform(at[0].ravel(), at[1].ravel())
        both = np.hstack([np.reshape(one, at[0].shape) for one in image])
        self._terms = np.split(expansion(both, _STENCIL_M), 2)

    def _served(
        self, buffer: ByteArray, start: IntArray, size: IntArray, camera: IntArray
    ) -> ByteArray:
        """Views of a buffer in the served reference system."""
        views = self._views
        moved: ByteArray = placed(
            buffer, start, size, camera, views.x, views.y, self._terms[0],
            self._terms[1], self._srid,
        )  # fmt: skip
        return moved

    def parts(self) -> Iterator[memoryview]:
        """Rows of the layer for COPY, a buffer of the kernel at a time."""
        views, of_camera, of_row = self._views, self._of_camera(), self._of_row()
        for number, buffer in enumerate(views.buffers):
            camera = np.flatnonzero(views.buffer == number)
            which = np.repeat(camera, len(LEVELS))
            row = (camera[:, None] * len(LEVELS) + np.arange(len(LEVELS))).ravel()
            start, size = views.start.ravel()[row], views.size.ravel()[row]
            cells = {name: field.take(which) for name, field in of_camera.items()}
            cells |= {name: field.take(row) for name, field in of_row.items()}
            served = self._served(buffer, start, size, which)
            cells["geom"] = geometry_field(served, start, size)
            cells["geom_m"] = geometry_field(buffer, start, size)
            yield rows_of([cells[name] for name in _ORDER])

    def dependency_parts(self) -> Iterator[memoryview]:
        """Rows of what the views depend on, likewise."""
        text, depend = self._cameras.text, self._depend
        code = text_field(text["code"])
        begun = date_field(np.array(text["valid_from"], "datetime64[D]"))
        for number, buffer in enumerate(depend.buffers):
            which = np.flatnonzero((depend.buffer == number) & (depend.size[:, 0] > 0))
            if len(which):
                shape = geometry_field(
                    buffer, depend.start[which, 0], depend.size[which, 0]
                )
                yield rows_of([code.take(which), begun.take(which), shape])

    def _of_camera(self) -> dict[str, Field]:
        text = self._cameras.text
        return {
            "name": text_field(text["name"]),
            "valid_from": date_field(np.array(text["valid_from"], "datetime64[D]")),
            "valid_to": date_field(np.array(text["valid_to"], "datetime64[D]")),
            "source": text_field(text["source"]),
            "synthetic": flag_field(np.array(text["synthetic"], np.bool_)),
            "camera_code": text_field(text["code"]),
            "camera_state": text_field(text["state"]),
            "near_m": number_field(self._cameras.reach.near_m),
            "assumed": flag_field(self._cameras.optics.assumed),
        }

    def _of_row(self) -> dict[str, Field]:
        codes = self._cameras.text["code"]
        return {
            "code": text_field([f"{c}/{level}" for c in codes for level in LEVELS]),
            "purpose": text_field(list(LEVELS) * len(codes)),
            "state": text_field([_LABELS[int(s)] for s in self._views.state.ravel()]),
            "area_m2": number_field(self._views.area_m2.ravel()),
            "far_m": number_field(self._cameras.reach.far_m.ravel()),
        }

    def arrays(self) -> dict[str, list[Any]]:
        """The same rows for a few cameras: a list for each column of their own."""
        text, views, depend = self._cameras.text, self._views, self._depend
        n, levels = len(self._cameras), len(LEVELS)

        def each(values: Sequence[Any]) -> list[Any]:
            return [value for value in values for _ in range(levels)]

        found: dict[str, list[Any]] = {
            "camera": each(text["code"]),
            "valid_from": each(text["valid_from"]),
            "purpose": list(LEVELS) * n,
            "state": [_LABELS[s] for s in views.state.ravel().tolist()],
            "area_m2": _numbers(views.area_m2),
            "near_m": each(_numbers(self._cameras.reach.near_m)),
            "far_m": _numbers(self._cameras.reach.far_m),
            "assumed": each(self._cameras.optics.assumed.tolist()),
        }
        found["geom"], found["geom_m"] = [], []
        for i in range(n):
            camera = np.full(levels, i)
            buffer = views.buffers[int(views.buffer[i])]
            served = self._served(buffer, views.start[i], views.size[i], camera)
            for k in range(levels):
                first, size = int(views.start[i, k]), int(views.size[i, k])
                for name, pool in (("geom", served), ("geom_m", buffer)):
                    shape = bytes(pool[first : first + size]) if size else None
                    found[name].append(shape)
        there = [i for i in range(n) if depend.size[i, 0]]
        found["d_code"] = [text["code"][i] for i in there]
        found["d_from"] = [text["valid_from"][i] for i in there]
        found["d_geom"] = [depend.ewkb(i, 0) for i in there]
        return found


def _numbers(values: FloatArray) -> list[float | None]:
    """Numbers as the table has them: none for nan and infinity."""
    return [v if math.isfinite(v) else None for v in values.ravel().tolist()]


#: Columns in the order of the statement view_copy.
_ORDER = (
    "code", "name", "valid_from", "valid_to", "source", "synthetic", "camera_code",
    "purpose", "camera_state", "state", "area_m2", "near_m", "far_m", "assumed", "geom",
    "geom_m",
)  # fmt: skip
