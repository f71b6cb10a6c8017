"""What a request that brings a file says: in its query, its headers, or its form."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from email.message import Message
from urllib.parse import unquote

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gis.errors import LoadError, QueryError
from gis.load.request import MODES, LoadRequest, option_names
from gis.serve.spool import Spool, patient, too_large

#: Options of a load, named as those of `citygrid load`.
FIELDS = (
    "datum", "mapping", "mode", "map", "set", "valid-from", "source", "table",
    "encoding", "header-row", "allow-outside", "dry-run", "filename",
)  # fmt: skip
_SEVERAL = ("map", "set")
_FLAGS: Mapping[str, bool] = {"true": True, "false": False}
_HEADER_ROWS = 1000

#: Media types that say what a body without a name is.
SUFFIXES: Mapping[str, str] = {
    "text/csv": ".csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/geo+json": ".geojson",
    "application/vnd.ogc.fg+json": ".json",
    "application/geopackage+sqlite3": ".gpkg",
    "application/flatgeobuf": ".fgb",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.google-earth.kml+xml": ".kml",
    "application/zip": ".zip",
}


@contextmanager
def refusing() -> Iterator[None]:
    """Say what the loader refuses as the parameter of a request.

    Raises
    ------
    QueryError : in place of a LoadError
    """
    try:
        yield
    except LoadError as error:
        name, _, reason = str(error).removeprefix("--").partition(": ")
        raise QueryError(name, option_names(reason)) from error


def read_fields(request: Request) -> dict[str, list[str]]:
    """Parameters of the query: name -> values."""
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name in FIELDS:
            found.setdefault(name, []).append(value)
    return found


def read_request(layer: str, fields: Mapping[str, list[str]]) -> LoadRequest:
    """The options of a load.

    Raises
    ------
    QueryError : naming the parameter, what was given and what is allowed
    """
    one: dict[str, str] = {}
    for name, values in fields.items():
        if name not in _SEVERAL and len(values) > 1:
            raise QueryError(name, "given twice")
        one[name] = values[-1].strip()
    mode = one.get("mode", "upsert")
    if mode not in MODES:
        raise QueryError("mode", f"{mode!r} given, must be one of {', '.join(MODES)}")
    return LoadRequest(
        layer=layer,
        datum=one.get("datum") or None,
        mapping=one.get("mapping") or None,
        mode=mode,
        maps=_pairs("map", fields),
        sets=_pairs("set", fields),
        valid_from=_day(one.get("valid-from")),
        source=one.get("source") or None,
        table=one.get("table") or None,
        encoding=one.get("encoding") or None,
        header_row=_row(one.get("header-row")),
        allow_outside=_flag("allow-outside", one),
        dry_run=_flag("dry-run", one),
    )


def _pairs(name: str, fields: Mapping[str, list[str]]) -> dict[str, str]:
    found = {}
    for value in fields.get(name, []):
        left, sign, right = value.partition("=")
        if not sign or not left:
            raise QueryError(name, f"{value[:60]!r} given, must be of the form a=b")
        found[left] = right
    return found


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError(
            "valid-from", f"{text[:40]!r} given, must be a day such as 2015-06-30"
        ) from None


def _row(text: str | None) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[1-9]\d{0,3}", text) or int(text) > _HEADER_ROWS:
        raise QueryError(
            "header-row", f"{text[:40]!r} given, must be 1 to {_HEADER_ROWS}"
        )
    return int(text)


def _flag(name: str, one: Mapping[str, str]) -> bool:
    text = one.get(name, "false").lower()
    if text not in _FLAGS:
        raise QueryError(name, f"{text[:40]!r} given, must be true or false")
    return _FLAGS[text]


def is_form(request: Request) -> bool:
    """Whether the body is a form with a file in it."""
    return _media_type(request) == "multipart/form-data"


def _media_type(request: Request) -> str:
    header = request.headers.get("content-type", "")
    return header.partition(";")[0].strip().lower()


def read_name(request: Request, fields: Mapping[str, list[str]]) -> str:
    """Name of a file that is the body itself, whose ending says its format.

    Raises
    ------
    QueryError : neither a name nor a media type that says it
    """
    if given := fields.get("filename"):
        return given[-1]
    header = Message()
    header["content-disposition"] = request.headers.get("content-disposition", "")
    name = header.get_filename()
    if name:
        return unquote(name)
    kind = _media_type(request)
    if kind in SUFFIXES:
        return f"upload{SUFFIXES[kind]}"
    raise QueryError(
        "filename",
        f"Content-Type {kind or 'none'!r} given and no name; state filename=x.csv, or "
        f"a Content-Type of {', '.join(SUFFIXES)}",
    )


async def read_multipart(
    request: Request, spool: Spool, fields: dict[str, list[str]], *, largest: int
) -> int:
    """Write the one file of a form into the spool, its fields beside; its bytes.

    Raises
    ------
    QueryError : no file or several, an unknown field, or no form at all
    HTTPException : 408, 413
    """
    parser = _FormParser(
        request.headers,
        _counted(request, largest),  # type: ignore[arg-type]  # any iterator will do
        max_files=1,
        max_fields=200,
    )
    parser.spool = spool
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise QueryError("body", f"no form with one file: {error.message}") from error
    try:
        sent: UploadFile | None = None
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                sent = value
            elif name in FIELDS:
                fields.setdefault(name, []).append(value)
            else:
                raise QueryError(
                    name[:40], f"unknown field, known are file, {', '.join(FIELDS)}"
                )
        if sent is None or not sent.size:
            raise QueryError("file", "没有文件 the form holds no file, or an empty one")
        spool.name(fields.get("filename", [sent.filename or ""])[-1])
        return sent.size
    finally:
        await form.close()


class _FormParser(MultiPartParser):
    """Writes the form's file where it shall lie, not into memory or /tmp."""

    spool: Spool

    def on_headers_finished(self) -> None:
        """Open the file of a part that is one."""
        super().on_headers_finished()
        part = self._current_part
        if part.file is not None:
            part.file.file.close()
            part.file.file = self.spool.file(part.file.filename or "")


async def _counted(request: Request, largest: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in patient(request.stream()):
        size += len(chunk)
        if size > largest:
            raise too_large(largest)
        yield chunk
