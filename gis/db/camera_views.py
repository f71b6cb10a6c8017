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
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter

from gis.db.copy_rows import HEADER, TRAILER
from gis.db.pool import Connection, Database
from gis.db.statements import statement
from gis.db.view_rows import LEVELS, CameraRows, ViewRows
from layers import Catalogue, Layer
from processes.kernels.visibility import (
    BuildingIndex,
    build_index,
    camera_views,
    dependency_views,
)
from processes.kernels.written import written_out

log = logging.getLogger(__name__)
LAYERS = ("camera", "building")
_CAMERA, _VIEW = "camera", "camera_view"
_MOST_SHARE = 0.2  # of the cameras: above it the whole is drawn anew
_FEW = 32  # cameras that are put in their places by one statement
_BLOCK = 4000  # cameras that are drawn while those before are sent


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
    rows = connection.execute(statement("view_cameras"), {"day": day}).fetchall()
    buildings = connection.execute(statement("view_buildings"), {"day": day})
    index = _index(buildings.fetchall())
    connection.execute(statement("view_empty"))
    with without_indexes(connection):
        _write(connection, rows, layer, index)
    return Refreshed(True, len(rows), len(rows) * len(LEVELS))


def draw(
    connection: Connection, layer: Layer, day: date, codes: Sequence[str]
) -> Refreshed:
    """The views of some cameras anew; all of them where that is less work."""
    connection.execute(statement("view_planned"))
    rows = connection.execute(
        statement("view_cameras_of"), {"day": day, "codes": list(codes)}, binary=True
    ).fetchall()
    if len(rows) > 1000:
        total = connection.execute(statement("view_count")).fetchone()
        if total and len(rows) > _MOST_SHARE * total[0]:
            return draw_all(connection, layer, day)
    cameras = CameraRows(rows, layer)
    gone = {
        "views": [f"{code}/{level}" for code in codes for level in LEVELS],
        "codes": list(codes),
    }
    if not 0 < len(rows) <= _FEW:
        connection.execute(statement("view_drop"), gone)
    if not rows:
        return Refreshed(whole=False, cameras=0, rows=0)
    box = cameras.boxes()
    near = connection.execute(
        statement("view_buildings_near"),
        {
            "day": day, "srid": cameras.srids[1],
            "xmin": box[:, 0].tolist(), "ymin": box[:, 1].tolist(),
            "xmax": box[:, 2].tolist(), "ymax": box[:, 3].tolist(),
        },
        binary=True,
    )  # fmt: skip
    index = _index(near.fetchall())
    if len(rows) > _FEW:
        _write(connection, rows, layer, index)
    else:
        few = _drawn(cameras, index).arrays()
        views, grounds = len(few["camera"]), len(few["d_code"])
        moved = connection.execute(statement("view_move"), {**gone, **few}, binary=True)
        if moved.fetchall() != [(views, grounds, grounds)] * views:
            connection.execute(statement("view_put"), {**gone, **few}, binary=True)
    return Refreshed(False, len(cameras), len(cameras) * len(LEVELS))


def _index(rows: Sequence[Sequence[Any]]) -> BuildingIndex:
    """Buildings as the sweep reads them, ordered by code."""
    if not rows:
        return build_index(np.empty(0, dtype=object))
    shapes, heights, opaque = zip(*rows, strict=True)
    return build_index(
        written_out(shapes),
        np.array(heights, np.float64),
        np.array([flag is not False for flag in opaque], np.bool_),
    )


def _write(
    connection: Connection,
    rows: Sequence[Sequence[Any]],
    layer: Layer,
    index: BuildingIndex,
) -> None:
    """Draw and copy views, and what they depend on.

    The database takes in one block of cameras while the next is drawn.
    """
    grounds: list[memoryview] = []

    def views() -> Iterator[memoryview]:
        for first in range(0, len(rows), _BLOCK):
            cameras = CameraRows(rows[first : first + _BLOCK], layer)
            drawn = _drawn(cameras, index)
            yield from drawn.parts()
            grounds.extend(drawn.dependency_parts())

    for name, parts in (("view_copy", views()), ("view_copy_dependency", grounds)):
        with connection.cursor() as cursor:
            writer = QueuedLibpqWriter(cursor)
            with cursor.copy(statement(name), writer=writer) as copy:
                copy.write(HEADER)
                for part in parts:
                    copy.write(part)
                copy.write(TRAILER)


def _drawn(cameras: CameraRows, index: BuildingIndex) -> ViewRows:
    """Views of cameras, and the ground that they depend on."""
    found, reach, srids = cameras.optics, cameras.reach, cameras.srids
    views = camera_views(index, found.cameras, reach.far_m, reach.near_m, srid=srids[1])
    depend = dependency_views(index, found.cameras, cameras.far_m, srid=srids[1])
    return ViewRows(cameras, views, depend, srids)


@contextmanager
def without_indexes(connection: Connection) -> Iterator[None]:
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
