"""What results may tell of a layer to those who may not see it: one pure decision.

The uncovered ground of a hidden layer is its negative, and a tiny zone, a moved
parameter, a filter or the difference of two dates finds a single asset. So whoever may
not see where the assets of a layer are gets answers about it only

- with the parameters that its file declares, at published dates or today,
- for the city's own divisions, without filters and free weights,
- exact down to the level its file names, below that in classes over joined cells,
- as whole cells instead of exact gaps.

Levels above public are trusted with free questions; they still see no hidden column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from layers import Attribute, Catalogue, City, Disclosure, Layer, Level, Sector
from processes import Forbidden, InvalidInput
from processes._targets import load_targets

_USUAL_PEOPLE = "population_point"
_WORD = re.compile(r"[^\W\d]\w*")


def ruling(
    asked: Mapping[str, Any],
    *,
    read_layers: Iterable[str],
    catalogue: Catalogue,
    city: City,
    level: Level,
    today: date,
    published: Iterable[str] = (),
) -> Disclosure | None:
    """Under which rule a question is answered; None: exactly, as it was asked.

    Parameters
    ----------
    asked : validated inputs of the process, as values
    read_layers : layers that the answer depends on
    today : the date that counts as "now"
    published : further dates (ISO) at which answers are published

    Raises
    ------
    InvalidInput : a filter or weight names a column that the level does not see, or a
        layer is named that does not exist for it
    Forbidden : the answer could tell where a hidden asset is
    """
    _check_columns(asked, catalogue, level)
    hidden = [
        id_
        for id_ in read_layers
        if id_ in catalogue and _is_hidden(catalogue[id_], level)
    ]
    if level >= Level.STAFF or not hidden:
        return None
    service = asked.get("service")
    rules = [catalogue[id_].disclosure or Disclosure() for id_ in hidden]
    rule = rules[0]
    if service is not None:
        if hidden != [service]:
            others = ", ".join(id_ for id_ in hidden if id_ != service)
            known = ", ".join(catalogue.visible_at(level))
            raise InvalidInput("demand", others, f"must be one of {known}")
        rule = catalogue[service].disclosure or Disclosure()
        _check_question(asked, catalogue[service], city)
    allowed = {day for one in rules for day in one.dates} | set(published)
    _check_date(asked.get("as_of"), allowed, today)
    return rule


def _is_hidden(layer: Layer, level: Level) -> bool:
    """Whether a level may not see where the layer's features are."""
    if layer.geometry == "none":
        return not layer.visible_at(level)
    return not layer.geometry_at(level)


def _check_question(asked: Mapping[str, Any], service: Layer, city: City) -> None:
    """Refuse what would single out an asset of a hidden service."""
    if asked.get("zones") not in city.zones:
        own = ", ".join(city.zones)
        raise Forbidden(
            f"zones：该服务只按城市自身的区划公开（{own}）",
            f"zones: this service is told for the city's own divisions only ({own})",
        )
    for name in ("where", "demand_where", "weight"):
        if asked.get(name) is not None:
            raise Forbidden(
                f"{name}：该服务不接受自由筛选或加权，登录后可用",
                f"{name}: free filters and weights of this service need a sign-in",
            )
    if asked.get("share_min") and not _is_of_target(asked, service):
        raise Forbidden(
            "share_min：该服务只按公布的参数公开，登录后可改",
            "share_min: this service is told with its declared parameters only",
        )
    if asked.get("of") == "population" and asked.get("demand") not in (
        None,
        _USUAL_PEOPLE,
    ):
        raise Forbidden(
            f"demand：该服务的人口覆盖只按 {_USUAL_PEOPLE} 公开",
            f"demand: people are counted by {_USUAL_PEOPLE} only for this service",
        )
    declared = _declared(service)
    free: dict[str, Any] = asked.get("parameters") or {}
    if any(name not in declared or declared[name] != free[name] for name in free):
        raise Forbidden(
            f"parameters：该服务只按公布的参数公开（{declared}），登录后可改",
            f"parameters: this service is told with its declared parameters only "
            f"({declared}); others need a sign-in",
        )


def _is_of_target(asked: Mapping[str, Any], service: Layer) -> bool:
    """Whether a target of the plan, which is published, measures just this."""
    for target in load_targets().values():
        measure = target.measure
        if measure is None or measure.demand is None or len(measure.services) > 1:
            continue
        if (measure.of, measure.demand.layer, measure.demand.share_min) == (
            asked.get("of"),
            asked.get("demand"),
            asked.get("share_min"),
        ) and measure.services[0].layer == service.id:
            return True
    return False


def _declared(service: Layer) -> dict[str, Any]:
    """Parameters as the layer's file declares them."""
    model = service.coverage
    if model is None or isinstance(model, Attribute):
        return {}
    if isinstance(model, Sector):
        return {
            "level": model.range.level,
            "target_height_m": 0.0,
            "unknown_direction": model.unknown_direction,
            "occlusion": "buildings",
            "footprint": "sector",
        }
    radius = getattr(model, "radius_m", None)
    own = getattr(model, "radius_column", None)
    return {} if radius is None or own else {"radius_m": radius}


def _check_date(as_of: object, published: set[str], today: date) -> None:
    """Refuse dates between the published ones: two of them differ by single assets."""
    if as_of is None or as_of == today or str(as_of) in published:
        return
    dates = ", ".join([*sorted(published), today.isoformat()])
    raise Forbidden(
        f"as_of：{as_of} 未公布，可用日期：{dates}",
        f"as_of: {as_of} is not published; the dates are {dates}",
    )


def _check_columns(
    asked: Mapping[str, Any], catalogue: Catalogue, level: Level
) -> None:
    """Refuse filters and weights over what the level does not see."""
    demand = asked.get("demand") or (
        _USUAL_PEOPLE if asked.get("of") == "population" else asked.get("service")
    )
    _check_seen("zones", asked.get("zones"), catalogue, level)
    if asked.get("demand") != asked.get("service"):
        _check_seen("demand", asked.get("demand"), catalogue, level)
    for name, layer_id in (
        ("where", asked.get("service")),
        ("demand_where", demand),
        ("weight", demand),
    ):
        text = asked.get(name)
        if not isinstance(text, str) or str(layer_id) not in catalogue:
            continue
        layer = catalogue[str(layer_id)]
        if not layer.visible_at(level):
            raise Forbidden(
                f"{name}：该图层不接受自由筛选或加权，需要更高的权限",
                f"{name}: free filters and weights of this layer need a higher level",
            )
        for word in hidden_words(text, layer, level):
            seen = ", ".join(layer.columns_at(level))
            raise InvalidInput(name, word, f"must use columns of {seen}")


def _check_seen(
    name: str, layer_id: object, catalogue: Catalogue, level: Level
) -> None:
    """Refuse a layer that the level does not see, like one that does not exist."""
    seen = catalogue.visible_at(level)
    if layer_id is not None and layer_id not in seen:
        known = ", ".join(seen)
        raise InvalidInput(name, layer_id, f"must be one of {known}")


def hidden_words(text: str, layer: Layer, level: Level) -> list[str]:
    """Columns of a layer that a text mentions and a level does not see.

    Notes
    -----
    Every word counts, also inside a literal: whatever grammar reads the text later,
    it cannot name a column that is not spelled out here.

    Examples
    --------
    >>> from layers import load_catalogue
    >>> hidden_words("manager = 'x'", load_catalogue()["unit_grid"], Level.PUBLIC)
    ['manager']
    """
    hidden = set(layer.all_columns) - set(layer.columns_at(level))
    if not layer.geometry_at(level):
        hidden |= {"geom", "geom_m"}
    return sorted(hidden & set(_WORD.findall(text)))
