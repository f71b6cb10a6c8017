"""In what shape to answer: language, format, and the base of absolute links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, cast

from starlette.requests import Request

from gis.errors import QueryError
from gis.settings import Settings

Lang = Literal["zh", "en"]

LANGUAGES: tuple[Lang, ...] = ("zh", "en")
LANG_COOKIE = "citygrid_lang"

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")


def lang_of(request: Request) -> Lang:
    """Language by `lang=`, cookie, Accept-Language; Chinese when none decides.

    Raises
    ------
    QueryError : `lang` is neither a form of zh nor of en
    """
    asked = request.query_params.get("lang")
    if asked is not None:
        found = _language(asked)
        if found is None:
            raise QueryError("lang", f"{asked!r} given, must be zh or en")
        return found
    kept = _language(request.cookies.get(LANG_COOKIE, ""))
    if kept is not None:
        return kept
    for tag in by_preference(request.headers.get("accept-language", "")):
        found = _language(tag)
        if found is not None:
            return found
    return "zh"


def _language(tag: str) -> Lang | None:
    """`zh` or `en` of a language tag such as zh-Hans-CN or en_GB."""
    primary = re.split("[-_]", tag.strip().lower(), maxsplit=1)[0]
    return cast(Lang, primary) if primary in LANGUAGES else None


def by_preference(header: str) -> list[str]:
    """Values of an Accept header, the most wanted first, the refused ones left out.

    Examples
    --------
    >>> by_preference("en;q=0.5, zh-CN, fr;q=0")
    ['zh-CN', 'en']
    """
    weighted: list[tuple[float, str]] = []
    for part in header.split(","):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, text = parameter.partition("=")
            if name.strip() == "q" and re.fullmatch(r"[01](\.\d{0,3})?", text.strip()):
                weight = float(text)
        if value and weight > 0:
            weighted.append((weight, value))
    return [value for _, value in sorted(weighted, key=lambda pair: -pair[0])]


def format_of(request: Request, offered: Mapping[str, Iterable[str]]) -> str:
    """Name of the format to answer in: `f=` decides, else Accept, else the first.

    Parameters
    ----------
    offered : format name -> media types that stand for it, the default first

    Raises
    ------
    QueryError : `f` names a format that is not offered here
    """
    asked = request.query_params.get("f")
    if asked is not None:
        if asked not in offered:
            raise QueryError("f", f"{asked!r} given, must be one of {_list(offered)}")
        return asked
    for media_type in by_preference(request.headers.get("accept", "")):
        for name, media_types in offered.items():
            if media_type.lower() in media_types:
                return name
    return next(iter(offered))


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def base_url(request: Request, settings: Settings) -> str:
    """Base of absolute links, without a slash at the end.

    The public URL of the settings when there is one. Else what the request was
    addressed to; forwarded headers count from trusted proxies only, and a host that
    is not well-formed is replaced by the address the server listens on.
    """
    if settings.public_url:
        return settings.public_url
    scheme = request.scope["scheme"]
    host, prefix = request.headers.get("host", ""), ""
    if request.client and request.client.host in settings.trusted_proxies:
        forwarded = {
            name: request.headers.get(f"x-forwarded-{name}", "").split(",")[0].strip()
            for name in ("proto", "host", "prefix")
        }
        if forwarded["proto"] in ("http", "https"):
            scheme = forwarded["proto"]
        host = forwarded["host"] or host
        if _PREFIX.fullmatch(forwarded["prefix"]):
            prefix = forwarded["prefix"].rstrip("/")
    if not _HOST.fullmatch(host):
        return settings.base_url
    return f"{scheme}://{host}{prefix}"


def client_of(request: Request, settings: Settings) -> str:
    """Address of whoever asks: behind trusted proxies, whom the last of them names."""
    address = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "").split(",")
    for named in reversed([part.strip() for part in forwarded if part.strip()]):
        if address not in settings.trusted_proxies:
            break
        address = named
    return address
