"""The stored views of cameras: drawn whole, or where a camera or a building changed.

Whoever writes cameras or buildings leaves a note of it (ledger.view_change); `refresh`
takes the notes in. What it writes is the same to the byte, whichever way it goes: the
views of every camera version in force, at the four levels of EN 62676-4:2015, behind
the buildings of the day, by the definition that all processes use.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import psycopg
import shapely
from psycopg import sql

from gis.db.copy_rows import (
    HEADER,
    TRAILER,
    Field,
    date_field,
    flag_field,
    geometry_field,
    number_field,
    rows_of,
    text_field,
)
from gis.db.pool import Connection, Database
from gis.db.statements import statement
from layers import Catalogue, Features, Layer, Sector, load_codes, transformer
from processes import Optics, densities, ground_reach, optics_columns, read_optics
from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility import (
    BuildingIndex,
    Views,
    ViewState,
    build_index,
    camera_views,
    dependency_views,
)
from processes.kernels.visibility.optics import Reach
from processes.kernels.visibility.placed import expansion, placed, stencil

log = logging.getLogger(__name__)
LEVELS = ("detect", "observe", "recognise", "identify")
LAYERS = ("camera", "building")
_CAMERA, _VIEW = "camera", "camera_view"
_TEXTS = ("code", "name", "valid_from", "valid_to", "source", "synthetic", "state")
_SPARE_M = 2.0
_MOST_SHARE = 0.2  # of the cameras: above it the whole is drawn anew
_STENCIL_M = 300.0


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: `whole`, cameras drawn, rows written."""

    whole: bool
    cameras: int
    rows: int


def refresh(
    database: Database,
    catalogue: Catalogue,
    *,
    day: date | None = None,
    whole: bool = False,
) -> Refreshed:
    """Bring the stored views up to date, in one transaction.

    Parameters
    ----------
    day : whose buildings hide; today if absent
    whole : draw every view, whatever is noted
    """
    if not {_CAMERA, _VIEW, "building"} <= set(catalogue):
        return Refreshed(whole=False, cameras=0, rows=0)
    layer, today = catalogue[_CAMERA], day or date.today()
    with database.owner(autocommit=True) as connection:
        connection.execute(statement("view_lock"))
        with connection.transaction():
            # one snapshot: notes that come meanwhile stay for the next time
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            done = _follow(connection, layer, today, whole=whole)
    return done


def follow(
    database: Database,
    catalogue: Catalogue,
    layer: str,
    tell: Callable[[str, int, int], None] | None = None,
) -> None:
    """Take in what a load, an undoing or a retirement of a layer changed.

    It is written already: where the views cannot be drawn now, the note of it stays
    and they are drawn the next time.
    """
    if layer not in LAYERS:
        return
    if tell:
        tell("可视域 drawing views", 0, 0)
    try:
        refresh(database, catalogue)
    except psycopg.Error as error:
        log.warning("camera views wait for citygrid views refresh: %s", error)


def _follow(
    connection: Connection, layer: Layer, day: date, *, whole: bool
) -> Refreshed:
    state = connection.execute(statement("view_state")).fetchone()
    if state is not None and state[0] < day:
        connection.execute(statement("view_turned"), {"old": state[0], "day": day})
    noted = connection.execute(statement("view_changes")).fetchone()
    count, everything, codes = noted or (0, False, None)
    if state is None or whole or everything:
        done = draw_all(connection, layer, day)
    elif count:
        affected = connection.execute(statement("view_affected")).fetchall()
        codes = sorted({str(code) for (code,) in affected} | set(codes or ()))
        done = draw(connection, layer, day, codes)
    else:
        done = Refreshed(whole=False, cameras=0, rows=0)
    if count or state is None or state[0] != day or whole:
        connection.execute(statement("view_seen"))
        connection.execute(statement("view_close"), {"day": day})
    return done


def draw_all(connection: Connection, layer: Layer, day: date) -> Refreshed:
    """Every view anew."""
    rows = connection.execute(statement("view_cameras"), _of(day, None)).fetchall()
    cameras = _Cameras(rows, layer)
    buildings = connection.execute(statement("view_buildings"), {"day": day})
    index = _index(buildings.fetchall())
    connection.execute(statement("view_empty"))
    with _without_indexes(connection):
        return _write(connection, cameras, index, whole=True)


def draw(
    connection: Connection, layer: Layer, day: date, codes: Sequence[str]
) -> Refreshed:
    """The views of some cameras anew; all of them where that is less work."""
    rows = connection.execute(statement("view_cameras"), _of(day, codes)).fetchall()
    if len(rows) > 1000:
        total = connection.execute(statement("view_count")).fetchone()
        if total and len(rows) > _MOST_SHARE * total[0]:
            return draw_all(connection, layer, day)
    cameras = _Cameras(rows, layer)
    views = [f"{code}/{level}" for code in codes for level in LEVELS]
    connection.execute(statement("view_drop"), {"views": views, "codes": list(codes)})
    if not rows:
        return Refreshed(whole=False, cameras=0, rows=0)
    box = cameras.boxes()
    near = connection.execute(
        statement("view_buildings_near"),
        {
            "day": day, "srid": _srids(connection)[1],
            "xmin": box[:, 0].tolist(), "ymin": box[:, 1].tolist(),
            "xmax": box[:, 2].tolist(), "ymax": box[:, 3].tolist(),
        },
        binary=True,
    )  # fmt: skip
    return _write(connection, cameras, _index(near.fetchall()), whole=False)


def _of(day: date, codes: Sequence[str] | None) -> dict[str, Any]:
    return {"day": day, "codes": None if codes is None else list(codes)}


class _Cameras:
    """Cameras as read, with their ranges."""

    def __init__(self, rows: Sequence[Sequence[Any]], layer: Layer) -> None:
        table = list(zip(*rows, strict=True)) or [()] * 20
        self.text = dict(zip(_TEXTS, table, strict=False))
        kind, source, *numbers, x, y = table[len(_TEXTS) :]
        columns: dict[str, Any] = {"kind": _texts(kind)}
        columns["geometry_source"] = _texts(source)
        names = (
            "resolution_px", "focal_mm", "sensor_mm", "hfov_deg", "vfov_deg",
            "height_m", "tilt_deg", "azimuth_deg", "max_view_m",
        )  # fmt: skip
        columns |= {
            n: np.array(v, np.float64) for n, v in zip(names, numbers, strict=True)
        }
        model = layer.coverage
        assert isinstance(model, Sector)  # noqa: S101  # cameras are declared as such
        wanted = {name: columns[name] for name in optics_columns(layer)}
        points = shapely.points(np.array(x, np.float64), np.array(y, np.float64))
        features = Features(
            layer.id, 0, 0, _texts(self.text["code"]),
            np.asarray(points, dtype=object), wanted,
        )  # fmt: skip
        self.optics: Optics = read_optics(
            features, model, load_codes, policy=model.unknown_direction
        )
        density = densities(load_codes, model.range.table, LEVELS)
        self.reach: Reach = ground_reach(self.optics, density, target_height_m=0.0)

    def __len__(self) -> int:
        """Number of camera versions."""
        return len(self.optics)

    @property
    def far_m(self) -> FloatArray:
        """(n,) greatest range of any level; 0 where there is none."""
        return np.asarray(np.nan_to_num(self.reach.far_m).max(axis=1, initial=0.0))

    def boxes(self) -> FloatArray:
        """(n, 4) around everything that may matter to a camera."""
        # the dependency polygon reaches a little beyond the range
        reach = self.far_m * 1.001 + _SPARE_M
        x, y = self.optics.cameras.x, self.optics.cameras.y
        box = np.column_stack([x - reach, y - reach, x + reach, y + reach])
        kept: FloatArray = box[np.isfinite(box).all(axis=1)]
        return kept


def _texts(values: Sequence[Any]) -> Any:  # noqa: ANN401  # array of objects
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def _index(rows: Sequence[Sequence[Any]]) -> BuildingIndex:
    """Buildings as the sweep reads them, ordered by code."""
    if not rows:
        return build_index(np.empty(0, dtype=object))
    shapes, heights, opaque = zip(*rows, strict=True)
    return build_index(
        shapely.from_wkb(_texts(shapes)),
        np.array(heights, np.float64),
        np.array([flag is not False for flag in opaque], np.bool_),
    )


def _write(
    connection: Connection, cameras: _Cameras, index: BuildingIndex, *, whole: bool
) -> Refreshed:
    """Draw and copy views, and what they depend on."""
    stored, working = _srids(connection)
    found, reach = cameras.optics, cameras.reach
    views = camera_views(index, found.cameras, reach.far_m, reach.near_m, srid=working)
    depend = dependency_views(index, found.cameras, cameras.far_m, srid=working)
    rows = _Rows(cameras, views, stored, working)
    with (
        connection.cursor() as cursor,
        cursor.copy(statement("view_copy")) as copy,
    ):
        copy.write(HEADER)
        for part in rows.parts():
            copy.write(part)
        copy.write(TRAILER)
    with (
        connection.cursor() as cursor,
        cursor.copy(statement("view_copy_dependency")) as copy,
    ):
        copy.write(HEADER)
        for number, buffer in enumerate(depend.buffers):
            which = np.flatnonzero((depend.buffer == number) & (depend.size[:, 0] > 0))
            if len(which):
                shape = geometry_field(
                    buffer, depend.start[which, 0], depend.size[which, 0]
                )
                keys = [rows.camera_code.take(which), rows.valid_from.take(which)]
                copy.write(rows_of([*keys, shape]))
        copy.write(TRAILER)
    return Refreshed(whole, len(cameras), views.state.size)


class _Rows:
    """Rows of the layer, a buffer of the kernel at a time."""

    def __init__(
        self, cameras: _Cameras, views: Views, stored: int, working: int
    ) -> None:
        text, found = cameras.text, cameras.optics
        self._views = views
        self._srid = stored
        self.camera_code = text_field(text["code"])
        self.valid_from = date_field(np.array(text["valid_from"], "datetime64[D]"))
        self._of_camera = {
            "name": text_field(text["name"]),
            "valid_to": date_field(np.array(text["valid_to"], "datetime64[D]")),
            "source": text_field(text["source"]),
            "synthetic": flag_field(np.array(text["synthetic"], np.bool_)),
            "camera_state": text_field(text["state"]),
            "near_m": number_field(cameras.reach.near_m),
            "assumed": flag_field(found.assumed),
        }
        levels = len(LEVELS)
        code = [f"{c}/{level}" for c in text["code"] for level in LEVELS]
        self._code = text_field(code)
        self._purpose = text_field(list(LEVELS) * len(cameras))
        labels = {state.value: state.label for state in ViewState}
        self._state = text_field([labels[int(s)] for s in views.state.ravel()])
        self._area = number_field(views.area_m2.ravel())
        self._far = number_field(cameras.reach.far_m.ravel())
        self._levels = levels
        at = stencil(views.x, views.y, _STENCIL_M)
        image = transformer(working, stored).transform(at[0].ravel(), at[1].ravel())
        self._terms = [
            expansion(np.asarray(one).reshape(at[0].shape), _STENCIL_M) for one in image
        ]

    def parts(self) -> Iterator[bytes]:
        """Rows of each buffer, all levels of a camera together."""
        views = self._views
        for number, buffer in enumerate(views.buffers):
            camera = np.flatnonzero(views.buffer == number)
            which = np.repeat(camera, self._levels)
            row = (camera[:, None] * self._levels + np.arange(self._levels)).ravel()
            start, size = views.start.ravel()[row], views.size.ravel()[row]
            served = placed(
                buffer, start, size, which, views.x, views.y,
                self._terms[0], self._terms[1], self._srid,
            )  # fmt: skip
            yield rows_of(self._fields(which, row, start, size, buffer, served))

    def _fields(
        self,
        which: IntArray,
        row: IntArray,
        start: IntArray,
        size: IntArray,
        buffer: Any,  # noqa: ANN401  # bytes
        served: Any,  # noqa: ANN401  # bytes
    ) -> list[Field]:
        """Fields in the order of the statement view_copy."""
        of = {name: field.take(which) for name, field in self._of_camera.items()}
        return [
            self._code.take(row), of["name"], self.valid_from.take(which),
            of["valid_to"], of["source"], of["synthetic"],
            self.camera_code.take(which), self._purpose.take(row), of["camera_state"],
            self._state.take(row), self._area.take(row), of["near_m"],
            self._far.take(row), of["assumed"],
            geometry_field(served, start, size), geometry_field(buffer, start, size),
        ]  # fmt: skip


def _srids(connection: Connection) -> tuple[int, int]:
    row = connection.execute(statement("view_srids")).fetchone()
    assert row  # noqa: S101  # two functions give one row
    return int(row[0]), int(row[1])


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Drop the indexes of the empty tables and build them once the rows are in."""
    rows = connection.execute(statement("view_indexes")).fetchall()
    for schema, name, _ in rows:
        connection.execute(
            sql.SQL("DROP INDEX {}").format(sql.Identifier(str(schema), str(name)))
        )
    yield
    for _, _, definition in rows:
        # the database's own description of an index it had
        connection.execute(str(definition).encode())


@dataclass(frozen=True)
class ViewStatus:
    """Rows there are, notes that wait, whether all waits, day and time of the views."""

    rows: int
    waiting: int
    everything: bool
    day: date | None
    refreshed_at: datetime | None


def view_status(database: Database) -> ViewStatus:
    """How far behind the stored views are."""
    with database.owner() as connection:
        row = connection.execute(statement("view_status")).fetchone()
    assert row  # noqa: S101  # aggregates give one row
    return ViewStatus(*row)
