"""The pages for people: map and scorecard, their files, style and catalogue.

A page names its files relative to itself, so that it works below any prefix that a
proxy puts in front. No page holds a script of its own: the policy forbids it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np
import orjson
import shapely
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gis.db.compose import Composer, Query
from gis.errors import NotFound
from gis.publish.mapcatalog import build_catalog
from gis.publish.style import build_style, is_drawn
from gis.publish.targets import build_targets
from gis.publish.theme import (
    THEMES,
    MapConfig,
    build_tokens_css,
    load_map_config,
    load_tokens,
)
from gis.serve.answer import cache_headers, is_unchanged, not_modified, weak_etag
from gis.serve.rows import fetch
from gis.serve.scorecard_page import ScorecardPage
from gis.web import ROOT as WEB
from gis.web.bundle import build_bundle
from gis.web.texts import LOCALES, build_say
from layers import Level, transformer

if TYPE_CHECKING:
    from gis.serve.context import Context

THEME_COOKIE = "citygrid_theme"
_YEAR = 31_536_000
_BOXED_ZONES = 5000


def routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of the pages and of everything below ``/assets``."""
    pages = Pages(context)
    card = ScorecardPage(context, pages.render, pages.is_synthetic)
    return [
        Route("/map", pages.map),
        Route("/map/catalog.json", pages.catalog),
        Route("/map/zones/{layer}.json", pages.zones),
        Route("/styles/map.json", pages.style),
        Route("/scorecard", card.page),
        Route("/assets/{path:path}", pages.asset),
    ]


class Pages:
    """Handlers of the map page and its files."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._config: MapConfig = load_map_config(context.settings.config)
        self._tokens = load_tokens()
        self._bundle = build_bundle(build_tokens_css(self._tokens, self._config))
        self._composer = Composer(context.catalogue, context.city)
        self._zones: dict[str, tuple[int, bytes]] = {}  # the last version of each
        self._counted: dict[tuple[str, Level], tuple[tuple[object, ...], int]] = {}
        self._synthetic: tuple[int, bool] | None = None
        self._templates = Environment(
            loader=FileSystemLoader(WEB / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(
        self,
        request: Request,
        template: str,
        *,
        page: str,
        status: int = 200,
        **values: Any,  # noqa: ANN401  # whatever the template shows
    ) -> Response:
        """Return a page in the language, theme and level of the request.

        Parameters
        ----------
        request : who asks
        template : file in ``gis/web/templates``
        page : which tab is current
        status : HTTP status
        values : what the template names
        """
        context = self._context
        lang = context.lang_of(request)
        level = context.level_of(request)
        other = {
            **request.query_params,
            "lang": "en" if lang == "zh" else "zh",
        }
        html = self._templates.get_template(template).render(
            page=page,
            lang=lang,
            html_lang=LOCALES[lang],
            theme=self._theme(request),
            level=level.label,
            city=context.city.title.in_language(lang),
            app=f"assets/{self._bundle.digest}",
            modules=self._bundle.modules,
            complete=self._bundle.complete,
            other_lang_url=f"{page}?{urlencode(other)}",
            t=build_say(lang),
            **values,
        )
        headers = cache_headers(level, 0) | {"Content-Language": lang}
        return Response(
            html,
            status_code=status,
            media_type="text/html; charset=utf-8",
            headers=headers,
        )

    def _theme(self, request: Request) -> str:
        asked = request.query_params.get("th", "")
        kept = request.cookies.get(THEME_COOKIE, "")
        return next(
            (theme for theme in (asked, kept) if theme in (*THEMES, "auto")), "light"
        )

    async def map(self, request: Request) -> Response:
        """The map page; its state is the query string, read by the page itself."""
        return self.render(request, "map.html", page="map")

    async def catalog(self, request: Request) -> Response:
        """What the map may show at the request's level."""
        context = self._context
        level = context.level_of(request)
        counts = await self._counts(request, level)
        body = build_catalog(
            context.catalogue,
            context.city,
            level=level,
            config=self._config,
            targets=build_targets(context.catalogue),
            counts=counts,
            synthetic=await self.is_synthetic(),
        )
        return self._json(request, body)

    async def _counts(self, request: Request, level: Level) -> Mapping[str, int]:
        """Features of every drawn layer; counted again only when its table changed."""
        context = self._context
        drawn = [
            key for key, layer in context.catalogue.items() if is_drawn(layer, level)
        ]
        composer = self._composer
        versions = await fetch(
            request,
            context.database,
            level,
            [composer.version(key) for key in drawn],
        )
        stamps = {
            key: (row[0] if row else 0, datetime.now(UTC).date())
            for key, row in zip(drawn, versions, strict=True)
        }
        stale = [
            key
            for key in drawn
            if self._counted.get((key, level), ((), 0))[0] != stamps[key]
        ]
        rows = await fetch(
            request,
            context.database,
            level,
            [composer.count(Query(key, level)) for key in stale],
        )
        for key, row in zip(stale, rows, strict=True):
            self._counted[key, level] = (stamps[key], int(row[0]) if row else 0)
        return {key: self._counted[key, level][1] for key in drawn}

    async def is_synthetic(self) -> bool:
        """Whether the zones hold made-up features: the page then says so."""
        reader = self._context.reader_for(Level.PUBLIC)
        zone = self._context.city.zones[-2:][0]
        version = await run_in_threadpool(reader.version, zone)
        if self._synthetic is None or self._synthetic[0] != version:
            found = await run_in_threadpool(
                lambda: reader.features(zone, columns=("synthetic",), geometry=False)
            )
            marks = found.columns["synthetic"].tolist()
            self._synthetic = (version, any(mark is True for mark in marks))
        return self._synthetic[1]

    async def style(self, request: Request) -> Response:
        """The MapLibre style of the request's level, theme and language."""
        context = self._context
        theme = request.query_params.get("theme", "light")
        body = build_style(
            context.catalogue,
            context.city,
            level=context.level_of(request),
            base_url=context.base_url(request),
            lang=context.lang_of(request),
            theme=theme if theme in THEMES else "light",
            config=self._config,
            tokens=self._tokens,
        )
        return self._json(request, body)

    async def zones(self, request: Request) -> Response:
        """Names, label places and boxes of the zones of one level.

        Raises
        ------
        NotFound : not a public zone layer
        """
        context = self._context
        layer_id = request.path_params["layer"]
        layer = context.catalogue.visible_at(context.level_of(request)).get(layer_id)
        if layer is None or layer.zone is None or layer.access > Level.PUBLIC:
            raise NotFound(f"zones {layer_id!r}: not published")
        reader = context.reader_for(Level.PUBLIC)
        version = await run_in_threadpool(reader.version, layer_id)
        known, body = self._zones.get(layer_id, (None, b""))
        if known != version:
            body = await run_in_threadpool(self._read_zones, layer_id)
            self._zones[layer_id] = version, body
        etag = weak_etag(layer_id, version)
        headers = cache_headers(Level.PUBLIC, 300, etag)
        if is_unchanged(request, etag):
            return not_modified(headers)
        return Response(body, media_type="application/json", headers=headers)

    def _read_zones(self, layer_id: str) -> bytes:
        reader = self._context.reader_for(Level.PUBLIC)
        found = reader.features(layer_id, columns=("name",))
        inverse = transformer(
            self._context.city.working_srid, self._context.city.stored_srid
        )
        place = shapely.get_coordinates(shapely.point_on_surface(found.geometry))
        lon, lat = inverse.transform(place[:, 0], place[:, 1])
        body: dict[str, object] = {
            "layer": layer_id,
            "code": found.code.tolist(),
            "name": found.columns["name"].tolist(),
            "lon": np.round(lon, 6).tolist(),
            "lat": np.round(lat, 6).tolist(),
        }
        if len(found) <= _BOXED_ZONES:
            west, south, east, north = shapely.bounds(found.geometry).T
            corners = np.column_stack(
                [*inverse.transform(west, south), *inverse.transform(east, north)]
            )
            body["box"] = np.round(corners, 6).ravel().tolist()
        return orjson.dumps(body)

    async def asset(self, request: Request) -> Response:
        """One browser file: our own for ever under its digest, others by tag.

        Raises
        ------
        NotFound : no such file
        """
        path = request.path_params["path"]
        asset = self._bundle.files.get(path)
        if asset is None:
            raise NotFound(f"asset {path!r}: no such file")
        own = path.startswith(f"{self._bundle.digest}/")
        age = f"max-age={_YEAR}, immutable" if own else "max-age=86400"
        headers = {
            "Cache-Control": f"public, {age}",
            "ETag": f'"{asset.etag}"',
            "Vary": "Accept-Encoding",
        }
        if is_unchanged(request, headers["ETag"]):
            return not_modified(headers)
        encoding, content = asset.encoded(request.headers.get("accept-encoding", ""))
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(content, media_type=asset.media_type, headers=headers)

    def _json(self, request: Request, body: Mapping[str, Any]) -> Response:
        """A JSON document of one level, checked again at every use."""
        content = orjson.dumps(body)
        etag = weak_etag(content)
        headers = cache_headers(self._context.level_of(request), 0, etag)
        if is_unchanged(request, etag):
            return not_modified(headers)
        return Response(content, media_type="application/json", headers=headers)
