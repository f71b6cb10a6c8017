"""The plan's targets as the map and the scorecard show them."""

from __future__ import annotations

from gis.publish.basemap import Json
from layers import Attribute, Catalogue, Title
from processes._targets import Target, load_scopes, load_targets

SIGNS = {">=": "≥", "<=": "≤"}


def build_targets(catalogue: Catalogue) -> list[Json]:
    """Return the targets in the order of the plan.

    Parameters
    ----------
    catalogue : tells which services draw ground, so that gaps can be shown

    Returns
    -------
    ``id``, titles, ``op``, ``value``, ``unit``, ``goal`` (the target as text),
    ``scope``, ``measured``; ``gap``: inputs of the gap process, None where a target
    has no ground that could be uncovered; ``coverage``: inputs that give its ratio per
    unit grid, None where one service alone does not decide it.
    """
    scopes = load_scopes().scopes
    return [
        _target(target, scopes[target.scope].title, catalogue)
        for target in load_targets().values()
    ]


def _target(target: Target, scope: Title, catalogue: Catalogue) -> Json:
    sign = SIGNS.get(target.op, target.op)
    space = "" if target.unit == "%" else " "
    return {
        "id": target.id,
        "title": _pair(target.title),
        "words": target.words,
        "theme": _pair(target.theme),
        "op": target.op,
        "value": target.value,
        "unit": target.unit.replace("km2", "km²"),
        "goal": f"{sign} {target.value:g}{space}{target.unit.replace('km2', 'km²')}",
        "scope": _pair(scope),
        "due": target.due.isoformat(),
        "measured": target.kind == "measured",
        "basis": target.basis,
        "city_only": target.city_only,
        "gap": _gap(target, catalogue),
        "coverage": _coverage(target),
    }


def _pair(title: Title) -> dict[str, str]:
    return {"zh": title.zh, "en": title.en}


def _gap(target: Target, catalogue: Catalogue) -> Json | None:
    """Inputs of the gap process: one service that draws ground, else None."""
    if target.measure is None or len(target.measure.services) != 1:
        return None
    service = target.measure.services[0]
    layer = catalogue.get(service.layer)
    if layer is None or layer.coverage is None:
        return None
    if isinstance(layer.coverage, Attribute):
        return None
    inputs: Json = {"service": service.layer}
    if service.where is not None:
        inputs["where"] = service.where
    return inputs


def _coverage(target: Target) -> Json | None:
    """Inputs of the coverage process that give the target's ratio per unit grid."""
    measure = target.measure
    if measure is None or target.unit != "%" or len(measure.services) != 1:
        return None
    inputs: Json = {"service": measure.services[0].layer, "of": measure.of}
    if measure.services[0].where is not None:
        inputs["where"] = measure.services[0].where
    if measure.demand is not None:
        demand = measure.demand
        inputs["demand"] = demand.layer
        inputs["share_min"] = demand.share_min
        if demand.where is not None:
            inputs["demand_where"] = demand.where
        if demand.weight is not None:
            inputs["weight"] = demand.weight
    return inputs
