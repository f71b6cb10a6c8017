"""Targets whose values an office reports: the latest one at a date."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from processes._judge import CITY_ID, Rows, blank_row, judged
from processes._ports import Reader
from processes._targets import Target, load_scopes
from processes._zones import Zones

REPORTED_LAYER = "indicator_value"


def reported_rows(
    read: Reader, zones: Zones, target: Target, as_of: date | None
) -> Rows:
    """Rows of a target whose values an office reports, the latest at the date."""
    names = ("target_id", "district_code", "value", "as_of", "office")
    latest: dict[str, dict[str, Any]] = {}
    if REPORTED_LAYER in read.catalogue:
        values = read.features(
            REPORTED_LAYER, columns=names, as_of=as_of, geometry=False
        ).columns
        mine = values["target_id"] == target.id
        if as_of is not None:
            mine = mine & (values["as_of"] <= np.datetime64(as_of))
        for i in np.flatnonzero(mine)[np.argsort(values["as_of"][mine], kind="stable")]:
            latest[values["district_code"][i] or CITY_ID] = {
                **judged(target, float(values["value"][i])),
                "office": values["office"][i],
                "reported_on": str(values["as_of"][i]),
            }
    city = {**blank_row(target, CITY_ID, None), **latest.get(CITY_ID, {})}
    cells: list[dict[str, Any]] = []
    scope = load_scopes().scopes[target.scope]
    by_district = any(zone != CITY_ID for zone in latest)
    if zones.layer == read.city.zones[-1]:
        for code, name in zip(zones.code, zones.name, strict=True):
            row = {**blank_row(target, code, name), **latest.get(code, {})}
            if not scope.holds(code) or not by_district:
                row["state"] = "out_of_scope"
            cells.append(row)
    return Rows(cells, city, {"reported": True})
