"""A choropleth of one service or target as one HTML file: folium, nothing linked.

folium's own pages load Leaflet, jQuery, Bootstrap and fonts from the network; here
Leaflet's files are written into the page, and legend, table and marks are our own.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import folium
import jinja2
import numpy as np
import orjson
import shapely
from branca.element import Element

from gis.compute import ResultStore, execute
from gis.publish.theme import MapConfig
from gis.report.page import LEAFLET, OfflineMap, write_inline
from gis.report.scale import Scale, quantity
from layers import Level, transformer
from processes import InvalidInput, Reader, Result
from processes._targets import Target, load_scopes, load_targets

HERE = Path(__file__).resolve().parent
_SIMPLE_M = 15.0
_DECIMALS = 6


@dataclass(frozen=True)
class MapQuestion:
    """What the map shows.

    Parameters
    ----------
    service : the covering layer; not needed with a target
    target : id of a target of the plan, whose value per zone is then shown
    zones, of, demand, as_of : as in the process `coverage`
    """

    service: str | None = None
    target: str | None = None
    zones: str = "district"
    of: str = "area"
    demand: str | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class _Zone:
    """One zone as it is shown; `value` in percent, or in the target's unit."""

    id: str
    name: str
    value: float | None
    covered: float | None
    total: float | None
    unit: str


def build_map(
    question: MapQuestion,
    *,
    reader: Reader,
    level: Level,
    config: MapConfig,
    results: ResultStore | None = None,
    lang: str = "zh",
    leaflet: Path = LEAFLET,
) -> str:
    """HTML of a map that opens with no network.

    Parameters
    ----------
    level : the map tells what this level may know
    config : classes and colours
    leaflet : folder with leaflet.js and leaflet.css

    Raises
    ------
    AssetsMissing : the set-up has not fetched Leaflet
    InvalidInput, Forbidden, NoData : as the processes
    """
    target = _target(question)
    result = _ask(question, target, reader, level, results)
    zones, whole = _zones(result, target)
    outlines = _outlines(question, zones, reader)
    scale = Scale(config, target, lang)
    page = OfflineMap(tiles=None, control_scale=True, attributionControl=False)
    write_inline(page, leaflet)
    _draw(page, zones, outlines, scale)
    root: Any = page.get_root()  # a branca Figure
    root.html.add_child(
        Element(_panel(question, target, result, zones, whole, reader, scale))
    )
    text: str = root.render()
    return text


def _target(question: MapQuestion) -> Target | None:
    if question.target is None:
        if question.service is None:
            raise InvalidInput("service", "nothing", "name a service or a target")
        return None
    targets = load_targets()
    if question.target not in targets:
        known = ", ".join(targets)
        raise InvalidInput("target", question.target, f"must be one of {known}")
    return targets[question.target]


def _ask(
    question: MapQuestion,
    target: Target | None,
    reader: Reader,
    level: Level,
    results: ResultStore | None,
) -> Result:
    """The figures, from the same processes that everybody asks."""
    inputs: dict[str, Any] = {"zones": question.zones, "as_of": question.as_of}
    if target is not None:
        inputs |= {"targets": [target.id], "series": False}
        process = "scorecard"
    else:
        inputs |= {"service": question.service, "of": question.of}
        inputs |= {"demand": question.demand}
        process = "coverage"
    return execute(process, inputs, reader=reader, level=level, results=results)


def _zones(result: Result, target: Target | None) -> tuple[list[_Zone], _Zone]:
    """Zones in order of their codes, and the city."""
    found: list[_Zone] = []
    if target is not None and result.body is not None:
        rows = [*result.body["cells"], *result.body["city"]]
        for row in rows:
            out = row["state"] == "out_of_scope"
            found.append(
                _Zone(
                    row["zone_id"],
                    row["zone_name"] or "",
                    None if out else row["value"],
                    row["numerator"],
                    row["denominator"],
                    row["natural_unit"] or "",
                )
            )
        return found[:-1], found[-1]
    for row in result.rows[:-2]:
        ratio = row["coverage_ratio"]
        value = None if ratio is None else 100.0 * ratio
        found.append(
            _Zone(
                row["zone_id"],
                row["zone_name"] or "",
                value,
                row["covered"],
                row["total"],
                row["unit"],
            )
        )
    city = result.reconciliation["zones"]
    ratio = city["coverage_ratio"]
    value = None if ratio is None else 100.0 * ratio
    unit = result.rows[-1]["unit"]
    return found, _Zone("city", "", value, city["covered"], city["total"], unit)


def _outlines(
    question: MapQuestion, zones: Sequence[_Zone], reader: Reader
) -> dict[str, Any]:
    """GeoJSON outlines in lon, lat by zone; borders stay shared when simplified."""
    kept = reader.features(question.zones, as_of=question.as_of)
    shapes = shapely.coverage_simplify(kept.geometry, _SIMPLE_M)
    city = reader.city
    forward = transformer(city.working_srid, city.stored_srid)

    def project(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        lon, lat = forward.transform(xy[:, 0], xy[:, 1])
        return np.round(np.column_stack([lon, lat]), _DECIMALS)

    texts = shapely.to_geojson(shapely.transform(shapes, project))
    wanted = {zone.id for zone in zones}
    return {
        code: orjson.loads(text)
        for code, text in zip(kept.code, texts, strict=True)
        if code in wanted
    }


def _draw(
    page: folium.Map,
    zones: Sequence[_Zone],
    outlines: Mapping[str, Any],
    scale: Scale,
) -> None:
    """The zones, filled by class, with a label under the pointer."""
    features = [
        {
            "type": "Feature",
            "id": zone.id,
            "properties": {
                "name": html.escape(zone.name),
                "text": scale.text(zone.value),
                "fill": scale.color(zone.value),
            },
            "geometry": outlines[zone.id],
        }
        for zone in zones
        if zone.id in outlines
    ]
    if not features:
        return
    layer = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda feature: {
            "fillColor": feature["properties"]["fill"],
            "fillOpacity": 0.88,
            "color": "#FFFFFF",
            "weight": 1,
        },
        highlight_function=lambda _: {"weight": 3, "color": "#15202B"},
        tooltip=folium.GeoJsonTooltip(fields=["name", "text"], labels=False),
    )
    layer.add_to(page)
    bounds: Any = layer.get_bounds()
    page.fit_bounds(bounds)


def _panel(
    question: MapQuestion,
    target: Target | None,
    result: Result,
    zones: Sequence[_Zone],
    whole: _Zone,
    reader: Reader,
    scale: Scale,
) -> str:
    """Title, figure, legend, table, facts and marks."""
    lang = scale.lang
    counts = np.bincount(
        [place for z in zones if (place := scale.place(z.value)) is not None],
        minlength=len(scale.colors),
    )
    legend = [
        {"color": color, "text": text, "count": int(count)}
        for color, text, count in zip(scale.colors, scale.words(), counts, strict=True)
    ]
    missing = sum(zone.value is None for zone in zones)
    if missing:
        none = {"color": scale.no_data, "text": scale.word("no_data"), "count": missing}
        legend.append(none)
    facts = result.reconciliation
    shown = {
        "date": result.inputs.get("as_of"),
        "model": facts.get("model"),
        "basis": facts.get("basis") or (target.basis if target else None),
        "crs": facts.get("crs"),
        "versions": ", ".join(
            f"{layer} {version}" for layer, version in facts["layer_versions"].items()
        ),
        "hash": str(facts["hash"])[:16],
    }
    city = reader.city
    template = jinja2.Environment(autoescape=True).from_string(
        (HERE / "panel.html").read_text("utf-8")
    )
    return template.render(
        lang=lang,
        word=scale.word,
        synthetic=_is_synthetic(question, result, reader),
        title=_title(question, target, reader, lang),
        subtitle=f"{city.title.in_language(lang)} · "
        f"{reader.catalogue[question.zones].title.in_language(lang)}",
        whole={"text": scale.text(whole.value)},
        scope=load_scopes().scopes[target.scope].title.in_language(lang)
        if target
        else scale.word("city"),
        goal=scale.goal(),
        legend=legend,
        rows=[
            {
                "name": zone.name or zone.id,
                "color": scale.color(zone.value),
                "text": scale.text(zone.value),
                "covered": quantity(zone.covered, zone.unit, lang),
                "total": quantity(zone.total, zone.unit, lang),
            }
            for zone in zones
        ],
        facts=[(scale.word(key), value) for key, value in shown.items() if value],
        notes=[note[lang] for note in result.notes],
        attribution=city.attribution,
        review=city.map_review_number or scale.word("unreviewed"),
    )


def _title(
    question: MapQuestion, target: Target | None, reader: Reader, lang: str
) -> str:
    if target is not None:
        return target.title.in_language(lang)
    layer = reader.catalogue[question.service or ""].title.in_language(lang)
    return f"{layer}覆盖率" if lang == "zh" else f"Coverage: {layer}"


def _is_synthetic(question: MapQuestion, result: Result, reader: Reader) -> bool:
    """Whether anything that the figures were computed from is generated."""
    return any(
        len(
            reader.features(
                layer,
                where="synthetic = TRUE",
                as_of=question.as_of,
                geometry=False,
            )
        )
        for layer in result.reconciliation["layer_versions"]
    )
