"""/scorecard: the matrix as a page that needs no script, and as JSON, CSV and XLSX."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import QueryError, describe
from gis.publish.basemap import Json
from gis.publish.matrix import (
    CITY,
    Line,
    build_lines,
    by_theme,
    remark,
    summary,
)
from gis.publish.scale import distance_points, figure, is_met, quantity
from gis.publish.targets import build_targets
from gis.publish.theme import load_map_config
from gis.serve.answer import cache_headers
from gis.serve.negotiate import Lang
from gis.web.texts import Say, build_say
from layers import Level
from processes import render

if TYPE_CHECKING:
    from gis.serve.context import Context

MEDIA = {
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
KINDS = ("all", "measured", "reported")


@dataclass(frozen=True)
class View:
    """What the address asks of the page."""

    at: str
    show: str
    theme: str
    kind: str
    unmet: bool
    target: str
    zone: str
    lang: str

    def link(self, **changes: str) -> str:
        """Address of the page with some of its parameters changed."""
        values = {
            "at": self.at,
            "show": "" if self.show == "value" else self.show,
            "theme": self.theme,
            "kind": "" if self.kind == "all" else self.kind,
            "unmet": "1" if self.unmet else "",
            "target": self.target,
            "zone": self.zone,
            "lang": self.lang,
            **changes,
        }
        return "scorecard?" + urlencode({k: v for k, v in values.items() if v})


def read_view(request: Request, lang: str, first_date: str) -> View:
    """Return what the query string asks.

    Raises
    ------
    QueryError
        A date that is none, or a word that is not known.
    """
    query = request.query_params
    at = query.get("at", first_date)
    if at:
        try:
            date.fromisoformat(at)
        except ValueError as error:
            raise QueryError(
                "at", f"{at!r} given, must be a date YYYY-MM-DD"
            ) from error
    show = query.get("show") or "value"
    kind = query.get("kind") or "all"
    if show not in ("value", "distance"):
        raise QueryError("show", f"{show!r} given, must be value or distance")
    if kind not in KINDS:
        raise QueryError("kind", f"{kind!r} given, must be one of {', '.join(KINDS)}")
    if query.get("zones", "district") != "district":
        raise QueryError("zones", "the page shows districts; use the process instead")
    return View(
        at=at,
        show=show,
        theme=query.get("theme", ""),
        kind=kind,
        unmet=query.get("unmet") == "1",
        target=query.get("target", ""),
        zone=query.get("zone", ""),
        lang=lang,
    )


class ScorecardPage:
    """Handler of /scorecard."""

    def __init__(
        self,
        context: Context,
        render_page: Callable[..., Response],
        is_synthetic: Callable[[], Awaitable[bool]],
    ) -> None:
        self._context = context
        self._render = render_page
        self._is_synthetic = is_synthetic
        self._config = load_map_config(context.settings.config)

    async def page(self, request: Request) -> Response:
        """The scorecard in the asked format.

        Raises
        ------
        QueryError
            An unknown format or a parameter that cannot be read.
        """
        context = self._context
        lang = context.lang_of(request)
        level = context.level_of(request)
        view = read_view(request, lang, str(self._config.first["date"]))
        wanted = request.query_params.get("f", "html")
        if wanted != "html" and wanted not in MEDIA:
            raise QueryError("f", f"{wanted!r} given, must be html, json, csv or xlsx")
        inputs: dict[str, Any] = {"zones": "district"}
        if view.at:
            inputs["as_of"] = view.at
        if wanted != "html":
            return await self._download(inputs, level, lang, wanted)
        inputs["series"] = False
        targets = build_targets(context.catalogue)
        body: Mapping[str, Any] = {}
        problem = ""
        try:
            result = await context.execute("scorecard", inputs, level)
            body = result.body or {}
        except Exception as error:  # the page stands even when the figures do not
            status, _, problem = describe(error)
            if status >= 500:
                raise
        synthetic = await self._is_synthetic()
        return self._page(request, view, targets, body, problem, synthetic)

    async def _download(
        self, inputs: Mapping[str, Any], level: Level, lang: Lang, wanted: str
    ) -> Response:
        result = await self._context.execute("scorecard", inputs, level)
        name = f"scorecard-{inputs.get('as_of', 'today')}.{wanted}"
        headers = cache_headers(level, 0)
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        if wanted == "json":
            del headers["Content-Disposition"]
        return Response(
            render(result, MEDIA[wanted], lang),
            media_type=MEDIA[wanted],
            headers=headers,
        )

    def _page(
        self,
        request: Request,
        view: View,
        targets: Sequence[Json],
        body: Mapping[str, Any],
        problem: str,
        synthetic: bool,
    ) -> Response:
        breaks = self._config.distance["breaks"]
        rows = [*body.get("cells", ()), *body.get("city", ())]
        names = {
            item["id"]: item["name"] for item in body.get("zones", {}).get("items", ())
        }
        order = {code: place for place, code in enumerate(self._config.districts)}
        zones = [
            {"code": code, "name": names[code], "short": _short(names[code])}
            for code in sorted(names, key=lambda c: (order.get(c, len(order)), c))
        ]
        lines = build_lines(targets, rows, [zone["code"] for zone in zones], breaks)
        shown = [line for line in lines if self._is_shown(line, view, len(breaks))]
        ledger = self._ledger(view, lines, names, body)
        return self._render(
            request,
            "scorecard.html",
            page="scorecard",
            view=view,
            zones=zones,
            groups=by_theme(shown),
            themes=[theme for theme, _ in by_theme(lines)],
            counts=summary(lines, breaks),
            dates=[*self._config.dates, ""],
            ledger=ledger,
            remark=remark,
            problem=problem,
            synthetic=synthetic,
            hash=str(body.get("reconciliation", {}).get("hash", ""))[:12],
        )

    def _is_shown(self, line: Line, view: View, met: int) -> bool:
        kind = "measured" if line.target["measured"] else "reported"
        return (
            view.theme in ("", line.target["theme"]["zh"])
            and view.kind in ("all", kind)
            and (not view.unmet or line.city.index < met)
        )

    def _ledger(
        self,
        view: View,
        lines: Sequence[Line],
        names: Mapping[str, str],
        body: Mapping[str, Any],
    ) -> Json | None:
        """The terms behind one figure, None when none is asked for or it is unknown."""
        line = next((x for x in lines if x.target["id"] == view.target), None)
        if line is None:
            return None
        say = build_say(view.lang)
        zone = view.zone or CITY
        cells = {cell.zone: cell for cell in (line.city, *line.cells)}
        cell = cells.get(zone, line.city)
        row = cell.row or {}
        card: Json = next(
            (c for c in body.get("targets", ()) if c["id"] == line.target["id"]), {}
        )
        value = row.get("value")
        covered, total = row.get("numerator"), row.get("denominator")
        unit = row.get("natural_unit")
        return {
            "target": line.target,
            "zone": zone,
            "zone_name": names.get(zone)
            or self._context.city.title.in_language(view.lang),
            "text": figure(value, line.target, 2) if value is not None else "",
            "met": value is not None and is_met(value, line.target),
            "words": _distance_words(value, line.target, covered, total, unit, say),
            "bar": Line(line.target, cell).bar,
            "reason": remark(row.get("reason"), view.lang),
            "covered": quantity(covered, unit, view.lang)
            if covered is not None
            else "",
            "total": quantity(total, unit, view.lang) if total is not None else "",
            "ratio": f"{covered / total:.6f}" if covered is not None and total else "",
            "facts": _facts(line.target, row, card, body, view.lang, say),
            "also": _also(row, view.lang),
            "map": _map_link(view, zone),
            "cells": view.link(f="csv"),
        }


def _short(name: str) -> str:
    """A district's name without its last word: 西湖 for 西湖区."""
    for ending in ("区", "县", "市"):
        if name.endswith(ending) and len(name) > 2:
            return name.removesuffix(ending)
    return name


def _map_link(view: View, zone: str) -> str:
    values = {"ind": view.target, "at": view.at, "lang": view.lang}
    if zone != CITY:
        values["sel"] = f"district:{zone}"
    return "map?" + urlencode(values)


def _distance_words(
    value: float | None,
    target: Json,
    covered: float | None,
    total: float | None,
    unit: str | None,
    say: Say,
) -> str:
    """Distance in points and, where the ratio has terms, in natural units."""
    if value is None or target["value"] is None:
        return ""
    if is_met(value, target):
        return say("met")
    points = abs(distance_points(value, target))
    digits = 2 if points >= 0.01 else 6
    kind = "short.points" if target["unit"] == "%" else "short.percent"
    words = say(kind, n=f"{points:.{digits}f}")
    if covered is not None and total and target["unit"] == "%":
        lacking = target["value"] / 100 * total - covered
        lang = "zh" if say("comma") == "、" else "en"
        mark = "，" if lang == "zh" else ", "
        words += mark + say("sc.natural", n=quantity(lacking, unit, lang))
    return words


def _facts(
    target: Json,
    row: Json,
    card: Mapping[str, Any],
    body: Mapping[str, Any],
    lang: str,
    say: Say,
) -> list[tuple[str, str]]:
    """Method, basis, layers with versions, coordinates and hash, as far as known."""
    about = body.get("reconciliation", {})
    ledger = card.get("ledger", {})
    services = ledger.get("services", ())
    scope = target["scope"][lang]
    note = (card.get("scope") or {}).get("note")
    versions = ledger.get("layer_versions", {})
    found = [
        (say("sc.words"), target["words"]),
        (say("sc.scope"), f"{scope}（{note[lang]}）" if note else scope),
        (say("sc.office"), str(row.get("office") or "")),
        (say("sc.received"), str(row.get("reported_on") or "")),
        (say("sc.model"), " · ".join(_model(service) for service in services)),
        (
            say("sc.basis"),
            " · ".join(
                dict.fromkeys(
                    [target["basis"], *(str(s.get("basis", "")) for s in services)]
                )
            ),
        ),
        (say("sc.layers"), " · ".join(f"{key} v{v}" for key, v in versions.items())),
        (say("sc.crs"), f"CGCS2000 · {about.get('crs', '')}" if services else ""),
        (say("sc.hash"), str(about.get("hash", ""))[:16]),
    ]
    return [(name, value) for name, value in found if value]


def _model(service: Mapping[str, Any]) -> str:
    """A service with its model and the numbers of the model."""
    numbers = [
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in service.get("parameters", {}).items()
        if isinstance(value, int | float | str)
    ]
    words = ", ".join(numbers)
    return f"{service['service']}: {service['model']}" + (
        f" ({words})" if words else ""
    )


def _also(row: Json, lang: str) -> list[tuple[str, str]]:
    """Second figures of a row: title, value with numerator and denominator."""
    return [
        (
            one["title"][lang],
            f"{figure(one['value'], None)}% = "
            f"{quantity(one['numerator'], one.get('natural_unit'), lang)} ÷ "
            f"{quantity(one['denominator'], one.get('natural_unit'), lang)}",
        )
        for one in row.get("also", ())
        if one["value"] is not None
    ]
