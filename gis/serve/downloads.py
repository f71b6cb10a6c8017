"""A page of items as a file: typed rows -> one file on disk -> its bytes, in parts.

Rows are read as the page's own query orders them and written on a thread; the file
has no name by the time it is sent, so that nothing is left when a client goes away.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import IO

import pyarrow as pa
from anyio import to_thread
from starlette.responses import Response, StreamingResponse

from gis.db.compose import Query
from gis.db.pool import AsyncDatabase
from gis.db.wire import Statement
from gis.errors import QueryError
from gis.serve.formats import BATCH, FORMATS, Sheet, build_sheet
from gis.serve.negotiate import Lang
from gis.serve.streams import Progress
from layers import Layer

_PART = 256 * 1024  # bytes sent at a time
#: Bytes that the rows of one file may have as columns in memory.
LARGEST_FILE_BYTES = 256_000_000

#: First of a file's column heads -> where the words come from.
_PLACES: Mapping[str, Mapping[str, str]] = {
    "zh": {"lon": "经度", "lat": "纬度", "x": "东坐标", "y": "北坐标", "wkt": "几何"},
    "en": {
        "lon": "Longitude",
        "lat": "Latitude",
        "x": "Easting",
        "y": "Northing",
        "wkt": "Geometry",
    },
}


def check_format(layer: Layer, query: Query, name: str) -> None:
    """Refuse a format that cannot hold the answer.

    Raises
    ------
    QueryError : FlatGeobuf without places
    """
    placed = query.output.geometry and layer.geometry_at(query.level)
    if name == "fgb" and not placed:
        raise QueryError("f", "fgb holds places only, and none are seen here; try csv")


async def write_page(
    database: AsyncDatabase,
    layer: Layer,
    query: Query,
    name: str,
    statement: Statement | None,
    progress: Progress,
    heads: Lang | None,
) -> IO[bytes]:
    """The page as an open file that has no name any more.

    Rows become Arrow columns part by part: of Python's values only one part is held.

    Parameters
    ----------
    name : format, a key of `FORMATS`
    statement : as `Composer.rows` makes it; None for a file without rows
    progress : kept up to date
    heads : language of the column heads; None: the columns' own names

    Raises
    ------
    QueryError : the rows are more than one file may have
    """
    sheet = _empty(layer, query, heads)
    parts: list[pa.RecordBatch] = []
    if statement is not None:
        async with database.batches(query.level, statement, BATCH) as batches:
            async for rows in batches:
                taken = rows[: progress.take(rows)]
                parts.append(await to_thread.run_sync(sheet.part, taken))
                _check_size(sum(part.nbytes for part in parts), progress.returned)
    return await to_thread.run_sync(_written, sheet.of(parts), name)


def _check_size(size: int, rows: int) -> None:
    if size > LARGEST_FILE_BYTES:
        raise QueryError(
            "limit",
            f"the first {rows} features have {size / 1e6:.0f} MB, at most "
            f"{LARGEST_FILE_BYTES / 1e6:.0f} MB go into a file; ask with limit="
            f"{max(1, rows // 2)}, fewer properties, or skipGeometry=true",
        )


def _empty(layer: Layer, query: Query, heads: Lang | None) -> Sheet:
    """A sheet of the query's columns that has no rows yet."""
    seen = layer.columns_at(query.level)
    chosen = query.output.columns
    columns = {n: seen[n] for n in (seen if chosen is None else chosen)}
    titles: dict[str, str] = {}
    if heads:
        titles = {n: column.title.in_language(heads) for n, column in columns.items()}
        titles |= {n: t for n, t in _PLACES[heads].items() if n not in columns}
    placed = query.output.geometry and layer.geometry_at(query.level)
    return build_sheet(
        layer.id,
        columns,
        heads=titles,
        srid=query.output.srid,
        geometry=layer.geometry if placed else None,
    )


def _written(sheet: Sheet, name: str) -> IO[bytes]:
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / f"{sheet.layer}.{FORMATS[name].suffix}"
        FORMATS[name].write(sheet, path)
        return path.open("rb")


def file_answer(
    file: IO[bytes], layer: Layer, name: str, headers: Mapping[str, str]
) -> Response:
    """The file as an answer, read as it is sent."""
    format_ = FORMATS[name]
    media_type = format_.media_type
    if media_type == "text/csv":
        media_type += "; charset=utf-8; header=present"
    shown = f'attachment; filename="{layer.id}.{format_.suffix}"'
    size = file.seek(0, 2)
    file.seek(0)
    return StreamingResponse(
        _parts(file),
        media_type=media_type,
        headers={
            **headers,
            "Content-Disposition": shown,
            "Content-Length": str(size),
        },
    )


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while part := await to_thread.run_sync(file.read, _PART):
            yield part
