"""What is answered: documents, pages, errors, with the headers they share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import QueryError, describe_question
from gis.serve.engine import BASE
from gis.serve.gate import COOKIE
from gis.serve.lanes import Busy
from gis.serve.negotiate import Lang, format_of, lang_of
from layers import Level

if TYPE_CHECKING:
    from gis.serve.context import Context

JSON = "application/json"
GEOJSON = "application/geo+json"
JSON_FG = "application/vnd.ogc.fg+json"
HTML = "text/html; charset=utf-8"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
MVT = "application/vnd.mapbox-vector-tile"

#: Formats of every document: name -> media types that stand for it.
DOCUMENT_FORMATS: Mapping[str, tuple[str, ...]] = {
    "json": (
        JSON,
        GEOJSON,
        SCHEMA,
        OPENAPI.split(";", maxsplit=1)[0],
        "application/*",
        "*/*",
    ),
    "html": ("text/html", "application/xhtml+xml"),
}

VARY = "Accept, Accept-Encoding, Accept-Language, Authorization, Cookie"

#: What an OGC exception code means, for people.
TITLES = {
    "InvalidParameterValue": "A parameter cannot be used",
    "InvalidRequest": "The request cannot be answered",
    "Unauthorized": "No level holds this token.",
    "Forbidden": "This may not be told at your level of access",
    "NotFound": "Nothing is published here for your level of access",
    "NoSuchProcess": "There is no such process",
    "NoSuchJob": "There is no such job",
    "NoSuchRun": "There is no such run",
    "ResultNotReady": "The job is not finished",
    "Dismissed": "The job was dismissed",
    "TooManyRequests": "You have asked for too much at a time",
    "MethodNotAllowed": "This address does not know the method",
    "ContentTooLarge": "The request is too long",
    "NoData": "The city keeps nothing from which to answer",
    "ServerBusy": "Not answered in time",
    "MachinesUnavailable": "The machines that compute cannot be used now",
    "NoApplicableCode": "An error inside the server",
}
#: URIs that OGC API - Processes gives to some errors.
_PROCESSES = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
_TYPES = {
    "NoSuchProcess": f"{_PROCESSES}/no-such-process",
    "NoSuchJob": f"{_PROCESSES}/no-such-job",
    "ResultNotReady": f"{_PROCESSES}/result-not-ready",
}
#: Statuses after which the same may be asked again.
_LATER = (429, 503)
_STATUS_CODES = {404: "NotFound", 405: "MethodNotAllowed", 413: "ContentTooLarge"}


def only(request: Request, known: Iterable[str]) -> None:
    """Refuse query parameters that this address does not know, or given twice.

    Raises
    ------
    QueryError : naming the parameter and those that are known
    """
    allowed = {"f", "lang", *known}
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in allowed:
            known_names = ", ".join(sorted(allowed))
            raise QueryError(name, f"unknown parameter, known are {known_names}")
        if given.count(name) > 1:
            raise QueryError(name, "given twice")


def cache_headers(
    level: Level, seconds: int, etag: str | None = None
) -> dict[str, str]:
    """Caching headers; what a signed-in level sees is never kept by shared caches."""
    scope = "public" if level == Level.PUBLIC else "private"
    headers = {"Cache-Control": f"{scope}, max-age={seconds}", "Vary": VARY}
    if etag:
        headers["ETag"] = etag
    return headers


def weak_etag(*parts: object) -> str:
    """Weak entity tag of everything that an answer depends on."""
    text = "\x1f".join(str(part) for part in parts)
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the client already holds the answer that has this entity tag."""
    return is_held(request.headers.get("if-none-match", ""), etag)


def is_held(tags: str, etag: str) -> bool:
    """Whether an entity tag is among those of `If-None-Match`."""
    held = {tag.strip() for tag in tags.split(",")}
    return etag in held or "*" in held


def not_modified(headers: Mapping[str, str]) -> Response:
    """304 with the headers that the full answer would have."""
    return Response(status_code=304, headers=dict(headers))


def rebased(text: str, base: str) -> str:
    """Pygeoapi's text with the base of this request in place of the stand-in."""
    return (
        text.replace(f'{BASE}"', f'{base}/"')
        .replace(f"{BASE}?", f"{base}/?")
        .replace(BASE, base)
        .replace(f"{base}/TileMatrixSets", f"{base}/tileMatrixSets")
    )


def document_answer(
    context: Context,
    request: Request,
    document: Mapping[str, Any],
    *,
    media_type: str = JSON,
    seconds: int = 60,
) -> Response:
    """A JSON document, its links on the base of the request."""
    text = rebased(
        orjson.dumps(document, default=str).decode(), context.base_url(request)
    )
    headers = cache_headers(context.level_of(request), seconds, weak_etag(text))
    headers["Content-Language"] = context.lang_of(request)
    if is_unchanged(request, headers["ETag"]):
        return not_modified(headers)
    return Response(text, media_type=media_type, headers=headers)


def page_answer(
    context: Context,
    request: Request,
    template: str,
    *,
    status: int = 200,
    **data: Any,  # noqa: ANN401  # whatever the template shows
) -> Response:
    """An HTML page in the language of the request."""
    lang = context.lang_of(request)
    level = context.level_of(request)
    base = context.base_url(request)
    text = context.texts.render(
        template,
        lang,
        base=base,
        level=level.label,
        city=context.city,
        path=request.url.path,
        switch=str(
            request.url.include_query_params(lang="en" if lang == "zh" else "zh").query
        ),
        signed_in=COOKIE in request.cookies and level > Level.PUBLIC,
        **data,
    )
    headers = cache_headers(level, 0) | {"Content-Language": lang}
    return Response(
        rebased(text, base), status_code=status, media_type=HTML, headers=headers
    )


def error_answer(context: Context, request: Request, error: Exception) -> Response:
    """The answer to an error: what is wrong in words, or a reference and no text."""
    extra: dict[str, str] = {}
    if isinstance(error, HTTPException):
        status = error.status_code
        code = _STATUS_CODES.get(status, "InvalidRequest")
        message = f"{request.url.path}: {error.detail}"
        extra |= error.headers or {}
    elif isinstance(error, Busy):
        status, code = 503, "ServerBusy"
        message = "the server is busy; ask again in a few seconds"
    else:
        status, code, message = describe_question(error)
    if status == 401:
        extra["WWW-Authenticate"] = 'Bearer realm="citygrid", error="invalid_token"'
    return problem_answer(context, request, status, code, message, extra)


def problem_answer(
    context: Context,
    request: Request,
    status: int,
    code: str,
    message: str,
    extra: Mapping[str, str] | None = None,
) -> Response:
    """A document or page that says what is wrong.

    Parameters
    ----------
    code : one of TITLES
    extra : headers beside those of every error
    """
    headers = {"Cache-Control": "no-store", "Vary": VARY, **(extra or {})}
    if status in _LATER:
        headers["Retry-After"] = "5"
    if _wants_page(request):
        page = page_answer(
            context,
            request,
            "error.html",
            status=status,
            title=TITLES[code],
            code=code,
            message=message,
        )
        page.headers.update(headers)
        return page
    body = {
        "type": _TYPES.get(code, "about:blank"),
        "title": context.texts.say(_lang_or_default(request), TITLES[code]),
        "status": status,
        "detail": message,
        "code": code,
        "description": message,
    }
    return Response(
        orjson.dumps(body), status_code=status, media_type=JSON, headers=headers
    )


def _lang_or_default(request: Request) -> Lang:
    """The language to refuse in; a wrong `lang` is refused in English."""
    try:
        return lang_of(request)
    except QueryError:
        return "en"


def _wants_page(request: Request) -> bool:
    """Whether an error is shown to a person; a wrong `f` or `lang` gets JSON."""
    try:
        lang = request.query_params.get("lang", "zh")
        shown = format_of(request, DOCUMENT_FORMATS) == "html"
    except QueryError:
        return False
    return shown and lang.lower()[:2] in ("zh", "en")
