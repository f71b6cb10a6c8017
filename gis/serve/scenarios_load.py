"""A scenario as a file that `citygrid load` takes: what comes, what moves, what goes.

One file says all of it, loaded by upsert with datum cgcs2000: a new asset is a row with
a code of its own, a moved one a later version of its row, and one that goes is its own
row with the day on which it ends. After the load `coverage` gives the figures that the
scenario gave as `after`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from gis.db.export import read_layer
from gis.db.pool import Database
from gis.db.scenarios import Scenario
from gis.errors import QueryError
from gis.load.write import SUFFIXES, write_frame
from layers import Layer
from processes._conditions import conditions_of, contradicted
from processes._hypothetical import code_of, geojson_features

#: Formats of the file, and the media types that stand for them.
FILES: Mapping[str, tuple[str, ...]] = {
    "csv": ("text/csv", "text/*", "*/*"),
    "geojson": ("application/geo+json", "application/json", "application/*"),
    "gpkg": ("application/geopackage+sqlite3",),
}
#: How the loader is told that the coordinates are the city's own.
DATUM = "cgcs2000"


def needed_columns(layer: Layer, *filters: str | None) -> dict[str, Any]:
    """Columns whose value decides that an asset counts, as far as filters ask by `=`.

    Parameters
    ----------
    filters : CQL2 texts; one with OR or NOT tells nothing

    Examples
    --------
    For a layer with the text column `state`: ``state = 'online'`` gives
    ``{"state": "online"}``.
    """
    return {
        condition.column: condition.value
        for condition in conditions_of(layer, *filters)
        if condition.sign == "="
    }


def check_counting(layer: Layer, inputs: Mapping[str, Any]) -> None:
    """Refuse an asset that would be loaded and not be counted.

    Raises
    ------
    QueryError : a property contradicts what the model or `where` counts
    """
    asked = conditions_of(layer, inputs.get("where"))
    for kind in ("add", "move"):
        for i, feature in enumerate(_features(inputs, kind)):
            given = feature.get("properties") or {}
            broken = contradicted(asked, given)
            if broken is not None:
                raise QueryError(
                    f"{kind}.{i}.{broken.column}",
                    f"{given[broken.column]!r} given, must be {broken}: others are not "
                    "counted",
                )
            for condition in asked:
                known = kind == "move" or condition.sign == "="
                if not known and given.get(condition.column) is None:
                    raise QueryError(
                        f"{kind}.{i}.{condition.column}",
                        f"nothing given, must be {condition}: others are not counted",
                    )


def load_file(
    database: Database, layer: Layer, scenario: Scenario, form: str, day: date
) -> tuple[str, bytes]:
    """Name and bytes of the file.

    Parameters
    ----------
    form : key of FILES
    day : when the scenario becomes true

    Raises
    ------
    QueryError : an asset cannot be written as a row: which, and why
    """
    frame = build_frame(database, layer, scenario, day)
    name = f"{layer.id}-{scenario.scenario_id}{SUFFIXES[form]}"
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / name
        write_frame(frame, path, form, layer.id)
        return name, path.read_bytes()


def build_frame(
    database: Database, layer: Layer, scenario: Scenario, day: date
) -> geopandas.GeoDataFrame:
    """Rows of the file: every column of the layer, places in the stored CRS."""
    inputs = scenario.inputs
    add, move = _features(inputs, "add"), _features(inputs, "move")
    gone = [str(code) for code in inputs.get("remove") or ()]
    moved = [str(code_of(feature)) for feature in move]
    came = [
        code_of(feature) or f"{scenario.scenario_id}-{i + 1}"
        for i, feature in enumerate(add)
    ]
    stored = read_layer(database, layer, at=day, codes=[*gone, *moved, *came])
    held = {str(row["code"]): row for row in stored.to_dict("records")}
    rows, shapes = [], []
    for i, (code, feature) in enumerate(zip(came, add, strict=True)):
        if code in held:
            raise QueryError(f"add.{i}", f"{code!r} is there already, must be new")
        rows.append(_new_row(layer, scenario, code, feature, i, day))
        shapes.append(_shape(feature, layer))
    for i, (code, feature) in enumerate(zip(moved, move, strict=True)):
        row = _held(held, code, f"move.{i}", day)
        given = feature.get("properties") or {}
        rows.append({**row, **_known(given, layer), "valid_from": day.isoformat()})
        shapes.append(_shape(feature, layer))
    for i, code in enumerate(gone):
        row = _held(held, code, f"remove.{i}", day)
        if row["valid_from"] >= day.isoformat():
            begun = row["valid_from"]
            raise QueryError(
                "on", f"{day} given, must be after {begun}, when {code} begins"
            )
        rows.append({**row, "valid_to": day.isoformat()})
        shapes.append(row["geometry"])
    for row in rows:
        row.pop("geometry", None)
    frame = pd.DataFrame(rows, columns=list(layer.all_columns), dtype=object)
    for name, column in layer.all_columns.items():
        if column.type == "integer":
            frame[name] = frame[name].astype("Int64")
        elif column.type == "number":
            frame[name] = frame[name].astype(np.float64)
        else:
            frame[name] = frame[name].where(frame[name].notna(), None)
    return geopandas.GeoDataFrame(frame, geometry=shapes, crs=layer.srid)


def _new_row(
    layer: Layer,
    scenario: Scenario,
    code: str,
    feature: Mapping[str, Any],
    i: int,
    day: date,
) -> dict[str, Any]:
    """The row of an asset that comes."""
    row: dict[str, Any] = dict.fromkeys(layer.all_columns)
    row |= needed_columns(layer, scenario.inputs.get("where"))
    row |= _known(feature.get("properties") or {}, layer)
    for name, column in layer.columns.items():
        if not column.required or row[name] is not None:
            continue
        if column.type != "text":
            raise QueryError(
                f"add.{i}.{name}", "nothing given, must be a property: is required"
            )
        row[name] = f"{scenario.name} {i + 1}"
    return row | {
        "code": code,
        "valid_from": day.isoformat(),
        "valid_to": None,
        "source": f"what-if {scenario.scenario_id} {scenario.name}",
        "synthetic": False,
    }


def _held(
    held: Mapping[str, dict[str, Any]], code: str, name: str, day: date
) -> dict[str, Any]:
    """The stored row of a code."""
    if code not in held:
        raise QueryError(name, f"{code!r} is not there on {day}: the layer has changed")
    return dict(held[code])


def _known(properties: Mapping[str, Any], layer: Layer) -> dict[str, Any]:
    """Properties that are columns of the layer and say something."""
    return {
        name: value
        for name, value in properties.items()
        if name in layer.columns and value is not None
    }


def _shape(feature: Mapping[str, Any], layer: Layer) -> shapely.Geometry:
    """The place of a feature, of the kind that the layer holds."""
    told = feature["geometry"]
    if layer.geometry == f"Multi{told['type']}":
        told = {"type": layer.geometry, "coordinates": [told["coordinates"]]}
    return shapely.geometry.shape(told)


def _features(inputs: Mapping[str, Any], kind: str) -> Sequence[Mapping[str, Any]]:
    given = inputs.get(kind)
    return [] if given is None else geojson_features(given, kind)
