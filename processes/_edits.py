"""What a request adds, moves and removes: checked, and as the ground that changes.

An asset that is there and that the model (or `where`) does not count may be named too:
without it nothing changes, and it counts once it is moved, to where it is perhaps, with
the properties that it lacked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers import Features
from processes._conditions import (
    Condition,
    conditions_of,
    contradicted,
    fulfilled,
    is_read,
)
from processes._errors import InvalidInput
from processes._hypothetical import code_of, geojson_features, thought_of
from processes._ports import Reader
from processes._services import service_columns, service_of
from processes._standing import City
from processes.kernels.arrays import GeometryArray, IntArray

Properties = Mapping[str, Any]
GeoJSON = dict[str, Any] | list[dict[str, Any]]


@dataclass(frozen=True)
class Edits:
    """What changes.

    Parameters
    ----------
    gone : positions among the city's assets
    ground : polygons that come [m]
    counts : how many edits there are of each kind, and how many change nothing
    """

    gone: IntArray
    ground: GeometryArray
    counts: Mapping[str, int]


def asked_edits(
    read: Reader,
    city: City,
    add: GeoJSON | None,
    move: GeoJSON | None,
    remove: Sequence[str],
) -> Edits:
    """The edits of a request to a city.

    Parameters
    ----------
    add : new assets, with columns of the layer as properties
    move : those whose id is the code of an asset: where it is to be, and what changes
    remove : codes of assets

    Raises
    ------
    InvalidInput : none at all; a code that is not there, is taken or is named twice; a
        geometry or property that the layer cannot hold
    """
    adds, moves = _features(add, "add"), _features(move, "move")
    if not (adds or moves or remove):
        raise InvalidInput("add", "nothing", "must be given, or move, or remove")
    moved = [_code(feature, f"move.{i}") for i, feature in enumerate(moves)]
    named = [*moved, *remove]
    idle = _idle(read, city, [code for code in named if code not in city.row])
    for code, times in Counter(named).items():
        name = "move" if code in moved else "remove"
        if code not in city.row and code not in idle:
            raise InvalidInput(name, code, "must be the code of an asset that is there")
        if times > 1:
            raise InvalidInput(name, code, "must be edited once only")
    _check_new(adds, city)
    _check_told(read, city, [code for code in moved if code in idle])
    before = [idle[code] if code in idle else _stored(city, code) for code in moved]
    asked = _conditions(read, city)
    added = [contradicted(asked, _given(feature)) is None for feature in adds]
    kept = [
        fulfilled(asked, {**was, **_given(feature)})
        if code in idle
        else contradicted(asked, _given(feature)) is None
        for code, feature, was in zip(moved, moves, before, strict=True)
    ]
    ground = np.concatenate(
        [
            _ground(read, city, adds, added, "add", None),
            _ground(read, city, moves, kept, "move", before),
        ]
    )
    at = [city.row[code] for code in named if code in city.row]
    removed = [code in city.row for code in remove]
    counts = {
        "added": len(adds),
        "moved": len(moves),
        "removed": len(remove),
        "not_counted": [*added, *kept, *removed].count(False),
        "shapes_added": len(ground),
    }
    return Edits(np.array(at, np.int64), ground, counts)


def _features(given: GeoJSON | None, name: str) -> Sequence[Mapping[str, Any]]:
    return [] if given is None else geojson_features(given, name)


def _conditions(read: Reader, city: City) -> tuple[Condition, ...]:
    asked = city.question
    return conditions_of(read.catalogue[asked.service], asked.where)


def _given(feature: Mapping[str, Any]) -> Properties:
    return feature.get("properties") or {}


def _code(feature: Mapping[str, Any], name: str) -> str:
    code = code_of(feature)
    if code is None:
        raise InvalidInput(name, "no id", "must be the code of an asset")
    return code


def _ground(
    read: Reader,
    city: City,
    features: Sequence[Mapping[str, Any]],
    counted: Sequence[bool],
    name: str,
    like: Sequence[Properties] | None,
) -> GeometryArray:
    """What those features that are counted cover; all of them are checked."""
    if not features:
        return np.empty(0, dtype=object)
    question = city.question
    layer = read.catalogue[question.service]
    thought = thought_of(read, layer, features, name, like=like)
    some = thought.take(np.array(counted, np.bool_))
    return service_of(
        read, some, as_of=question.as_of, parameters=question.parameters
    ).shape


def _idle(read: Reader, city: City, codes: Sequence[str]) -> dict[str, Properties]:
    """Those of some codes whose assets are there and not counted; their properties."""
    if not codes:
        return {}
    layer = read.catalogue[city.question.service]
    asked = _conditions(read, city)
    columns = (*service_columns(layer), *(one.column for one in asked))
    listed = ", ".join("'" + code.replace("'", "''") + "'" for code in codes)
    found = read.features(
        layer.id,
        columns=tuple(dict.fromkeys(columns)),
        where=f"code IN ({listed})",
        as_of=city.question.as_of,
        geometry=False,
    )
    return {str(code): _row(found, i) for i, code in enumerate(found.code)}


def _stored(city: City, code: str) -> Properties:
    """What is stored of an asset that is counted, as far as its model reads it."""
    return _row(city.service.features, city.row[code])


def _row(features: Features, i: int) -> Properties:
    """One feature's cells; None for what is not known."""
    cells = ((name, column[i]) for name, column in features.columns.items())
    return {name: cell if cell == cell else None for name, cell in cells}


def _check_told(read: Reader, city: City, idle: Sequence[str]) -> None:
    """Refuse to move assets of which nobody can say whether they will be counted.

    Raises
    ------
    InvalidInput : `where` asks more than conditions tell
    """
    asked = city.question
    if idle and not is_read(read.catalogue[asked.service], asked.where):
        allowed = "must be an asset that is counted, or `where` simple comparisons"
        raise InvalidInput("move", idle[0], allowed)


def _check_new(add: Sequence[Mapping[str, Any]], city: City) -> None:
    """Refuse new assets under a code that is taken.

    Raises
    ------
    InvalidInput : the code of an asset that is counted, or of another new one
    """
    seen: set[str] = set()
    for i, feature in enumerate(add):
        code = code_of(feature)
        if code is None:
            continue
        if code in city.row or code in seen:
            allowed = "must be a new code: an asset that is there is moved"
            raise InvalidInput(f"add.{i}", code, allowed)
        seen.add(code)
