"""A page of items as a file: typed rows -> one file on disk -> its bytes, in parts.

Rows are read as the page's own query orders them and written on a thread; the file
has no name by the time it is sent, so that nothing is left when a client goes away.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from anyio import to_thread
from starlette.responses import Response, StreamingResponse

from gis.db.compose import Query
from gis.errors import QueryError
from gis.serve.formats import FORMATS, build_sheet
from gis.serve.links import Link
from gis.serve.negotiate import Lang
from layers import Layer

_PART = 256 * 1024  # bytes sent at a time

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


@dataclass(frozen=True)
class Page:
    """Rows of a page, and the keys of its last row where another page follows."""

    rows: Sequence[Sequence[Any]]
    keys: bytes | None


def page_of(rows: Sequence[Sequence[Any]], limit: int) -> Page:
    """The page in rows that `Composer.rows` answered, which may hold one more."""
    more = len(rows) > limit
    return Page(rows[:limit], rows[limit - 1][-1] if more else None)


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
    layer: Layer, query: Query, name: str, page: Page, heads: Lang | None
) -> IO[bytes]:
    """The page as an open file that has no name any more.

    Parameters
    ----------
    name : format, a key of `FORMATS`
    heads : language of the column heads; None: the columns' own names
    """
    return await to_thread.run_sync(_written, layer, query, name, page, heads)


def _written(
    layer: Layer, query: Query, name: str, page: Page, heads: Lang | None
) -> IO[bytes]:
    seen = layer.columns_at(query.level)
    chosen = query.output.columns
    columns = {n: seen[n] for n in (seen if chosen is None else chosen)}
    titles: dict[str, str] = {}
    if heads:
        titles = {n: column.title.in_language(heads) for n, column in columns.items()}
        titles |= {n: t for n, t in _PLACES[heads].items() if n not in columns}
    placed = query.output.geometry and layer.geometry_at(query.level)
    sheet = build_sheet(
        layer.id,
        columns,
        page.rows,
        heads=titles,
        srid=query.output.srid,
        geometry=layer.geometry if placed else None,
    )
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / f"{layer.id}.{FORMATS[name].suffix}"
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


def link_header(links: Sequence[Link]) -> str:
    """Links of a page as the value of a `Link` header."""
    return ", ".join(
        f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"'
        for link in links
    )
