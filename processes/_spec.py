"""Process, Inputs, Result: the shape of a process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import orjson
import shapely
from pydantic import BaseModel, ConfigDict, ValidationError
from shapely.geometry.base import BaseGeometry

from layers import Disclosure, Title
from processes._errors import InvalidInput
from processes._ports import Reader

GEOJSON = "application/geo+json"
JSON = "application/json"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Inputs(BaseModel):
    """Base of every process's inputs: frozen, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class ZoneOutlines:
    """Where the outlines of a result's rows are read when a client wants them.

    Parameters
    ----------
    layer : zone layer whose codes are the ids of the rows
    as_of : date at which the outlines are valid; None means today
    """

    layer: str
    as_of: date | None


Lookup = Callable[[], Sequence[BaseGeometry | None]]


@dataclass(frozen=True)
class Result:
    """One answer: rows, their geometry, and all that is needed to recompute them.

    Parameters
    ----------
    process, version : what computed it
    inputs : the question, as JSON values, defaults filled in
    id_column : the column of `rows` that identifies a row
    rows : flat records, JSON values
    geometry : (n,) shapely geometries in the working CRS, aligned with `rows`
    srid : EPSG code of the working CRS of `geometry`
    outlines : where the geometry of rows that are zones is read
    lookup : reads that geometry, aligned with `rows`; set by whoever has a Reader
    reconciliation : versions, model, parameters, datum, hash
    body : the JSON answer of a process whose answer is not one table
    notes : remarks in both languages
    """

    process: str
    version: str
    inputs: Mapping[str, Any]
    id_column: str = "id"
    rows: tuple[Mapping[str, Any], ...] = ()
    geometry: tuple[BaseGeometry | None, ...] | None = None
    srid: int | None = None
    outlines: ZoneOutlines | None = None
    lookup: Lookup | None = field(default=None, compare=False)
    reconciliation: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    notes: tuple[Mapping[str, str], ...] = ()

    def with_lookup(self, lookup: Lookup) -> Result:
        """The same answer that can read the geometry of its rows when wanted."""
        return replace(self, lookup=lookup)

    def to_text(self) -> str:
        """The answer as text that `from_text` reads back without loss."""
        wkb = None
        if self.geometry is not None:
            array = np.array(self.geometry, dtype=object)
            wkb = shapely.to_wkb(array, hex=True).tolist()
        outlines = None
        if self.outlines is not None:
            outlines = [self.outlines.layer, self.outlines.as_of]
        return orjson.dumps(
            {
                "process": self.process,
                "version": self.version,
                "inputs": self.inputs,
                "id_column": self.id_column,
                "rows": self.rows,
                "geometry": wkb,
                "srid": self.srid,
                "outlines": outlines,
                "reconciliation": self.reconciliation,
                "body": self.body,
                "notes": self.notes,
            }
        ).decode()

    @classmethod
    def from_text(cls, text: str) -> Result:
        """The answer that `to_text` wrote."""
        kept = orjson.loads(text)
        geometry = kept["geometry"]
        if geometry is not None:
            geometry = tuple(shapely.from_wkb(np.array(geometry, dtype=object)))
        outlines = kept["outlines"]
        if outlines is not None:
            at = outlines[1]
            outlines = ZoneOutlines(outlines[0], date.fromisoformat(at) if at else None)
        return cls(
            process=kept["process"],
            version=kept["version"],
            inputs=kept["inputs"],
            id_column=kept["id_column"],
            rows=tuple(kept["rows"]),
            geometry=geometry,
            srid=kept["srid"],
            outlines=outlines,
            reconciliation=kept["reconciliation"],
            body=kept["body"],
            notes=tuple(kept["notes"]),
        )


Run = Callable[[Any, Reader], Result]
Split = Callable[[Any, Reader], Sequence[Inputs]]
Coarse = Callable[[Any, Reader, Disclosure], Result]
Join = Callable[[Any, Sequence[Result], Reader], Result]


@dataclass(frozen=True)
class Process:
    """One process: what it asks, what it answers, how it runs.

    Parameters
    ----------
    id : the id in URLs, hyphens between words
    version : raised whenever a figure may change
    inputs : model of the inputs; its descriptions become the API's
    run : inputs and reader to result; stateless
    media_types : what an answer can be written as, the default first
    reads : the layers that an answer depends on
    split : the smaller questions that an answer is joined from, each of which may be
        kept on its own; no smaller ones: the question is answered by `run`
    coarse : answers for those who may not see the service, within a layer's rule
    join : the answer from the answers to the smaller questions
    kept : whether an answer may be kept and given again
    quick : whether it answers at once, so that it is no job for the background
    repeatable : whether it only reads (or writes what a second run writes just the
        same), so that it may be run again after a crash
    """

    id: str
    version: str
    title: Title
    description: Title
    inputs: type[Inputs]
    run: Run
    media_types: tuple[str, ...]
    reads: Callable[[Any, Reader], Sequence[str]]
    coarse: Coarse | None = None
    split: Split | None = None
    join: Join | None = None
    kept: bool = True
    quick: bool = False
    repeatable: bool = True


def read_inputs[T: Inputs](model: type[T], given: Mapping[str, object]) -> T:
    """Inputs validated against a process's model.

    Raises
    ------
    InvalidInput : for the first input that is not usable
    """
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"]) or "inputs"
        if first["type"] == "extra_forbidden":
            known = ", ".join(model.model_fields)
            allowed = f"there is no such input; the inputs are {known}"
        elif first["type"] == "missing":
            raise InvalidInput(path, "nothing", "it is required") from error
        else:
            allowed = first["msg"].removeprefix("Value error, ")
            allowed = allowed.replace("Input should be", "must be")
        raise InvalidInput(path, first.get("input"), allowed) from error


def digest(value: object) -> str:
    """sha256 of a JSON value, keys sorted: equal for equal values anywhere.

    Examples
    --------
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    return hashlib.sha256(orjson.dumps(value, option=options)).hexdigest()
