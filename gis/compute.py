"""Runs a process for somebody: validated, within the disclosure rule, kept and re-used.

HTTP and command line both come here. An answer is kept under the process and its
version, the inputs, the versions of every layer it reads and the rule it was answered
under; a change to any of these is another answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
from shapely.geometry.base import BaseGeometry

from gis.disclosure import hidden_words, ruling
from layers import Catalogue, City, Disclosure, Features, Level, Title
from processes import (
    Inputs,
    InvalidInput,
    Ledger,
    NoData,
    Process,
    ProcessError,
    Reader,
    Relief,
    Result,
    Run,
    Snapshot,
    code_version,
    digest,
    keeping_cells,
    read_inputs,
    registry,
    tell,
    within,
)
from processes.scorecard import published_dates

_ATTEMPTS = 3
_RESTLESS = "数据正在更新，请稍后再试 / the data keeps changing; ask again"
_UNREADABLE = "cannot be read: must be CQL2 text over the columns of the layer"

PARTS = Title(zh="分部计算", en="computing part by part")


class ResultStore(Protocol):
    """Where runs are kept: the ledger, and what is not worked out again."""

    def get(self, key: str) -> str | None:
        """The text of the answer kept under a key."""
        ...

    def put(self, run: Run) -> None:
        """Keep a run; the same key always means the same run."""
        ...


def execute(
    process_id: str,
    inputs: Mapping[str, object],
    *,
    reader: Reader,
    level: Level,
    results: ResultStore | None = None,
    today: date | None = None,
) -> Result:
    """The answer of a process, computed or kept from before.

    Parameters
    ----------
    inputs : as the caller gave them
    level : level of access of whoever asks
    results : None computes every time
    today : what "now" means; the clock's date if absent

    Raises
    ------
    UnknownProcess, InvalidInput, Forbidden, NoData
    """
    process = registry[process_id]
    now = today or date.today()  # the city's own calendar
    asked = _dated(read_inputs(process.inputs, inputs), now)
    rule_of = _Rules(process, reader, level, now)
    for _ in range(_ATTEMPTS):
        remembering = _Remembering(reader)
        try:
            answer = _kept(process, asked, remembering, rule_of, results)
        except _Changed:
            continue
        except InvalidInput as error:
            if names_hidden(str(error), process.reads(asked, reader), reader, level):
                raise InvalidInput(error.name, error.value, _UNREADABLE) from None
            raise
        return with_outlines(answer, remembering)
    raise NoData(_RESTLESS)


def admit(
    process_id: str,
    inputs: Mapping[str, object],
    *,
    reader: Reader,
    level: Level,
    today: date | None = None,
) -> Inputs:
    """The inputs as they will be computed later, if they may be asked at all.

    Raises
    ------
    UnknownProcess, InvalidInput, Forbidden : as `execute` would
    """
    process = registry[process_id]
    now = today or date.today()
    asked = _dated(read_inputs(process.inputs, inputs), now)
    _Rules(process, reader, level, now)(asked)
    return asked


class _Rules:
    """Finds the rule under which a question is answered, or refuses it."""

    def __init__(
        self, process: Process, reader: Reader, level: Level, today: date
    ) -> None:
        self._process = process
        self._reader = reader
        self._today = today
        self.level = level

    def __call__(
        self, question: Inputs, level: Level | None = None
    ) -> Disclosure | None:
        return ruling(
            {name: getattr(question, name) for name in type(question).model_fields},
            read_layers=self._process.reads(question, self._reader),
            catalogue=self._reader.catalogue,
            city=self._reader.city,
            level=level or self.level,
            today=self._today,
            published=published_dates() if self._process.id == "scorecard" else (),
        )

    def audience(self, question: Inputs, rule: Disclosure | None) -> Level:
        """The lowest level that would be answered the same."""
        for level in Level:
            if level >= self.level:
                break
            try:
                if self(question, level) == rule:
                    return level
            except ProcessError:
                continue
        return self.level


def names_hidden(
    text: str, layers: Sequence[str], reader: Reader, level: Level
) -> bool:
    """Whether a message names a column of these layers that the level does not see."""
    known = [reader.catalogue[id_] for id_ in layers]
    return any(hidden_words(text, layer, level) for layer in known)


def _dated(asked: Inputs, today: date) -> Inputs:
    """Inputs with today's date where none was given, so that the answer says which.

    A date to come is refused: nobody knows the city of tomorrow.
    """
    as_of = getattr(asked, "as_of", today)
    if as_of is None:
        return asked.model_copy(update={"as_of": today})
    if as_of > today:
        raise InvalidInput("as_of", as_of, f"must not be after {today}")
    return asked


def _kept(
    process: Process,
    asked: Inputs,
    reader: Reader,
    rule_of: _Rules,
    results: ResultStore | None,
    whole: list[str] | None = None,
) -> Result:
    """An answer from the ledger of runs, else computed and put there.

    Parameters
    ----------
    whole : takes the key, where this is a part of another answer
    """
    rule = rule_of(asked)
    parts: list[str] = []
    if results is None or not process.kept:
        return _computed(process, asked, reader, rule_of, results, parts)
    layers = {id_: reader.version(id_) for id_ in process.reads(asked, reader)}
    key = digest(
        {
            "process": process.id,
            "version": process.version,
            "code": code_version(),
            "inputs": asked.model_dump(mode="json"),
            "layers": layers,
            "rule": None if rule is None else rule.model_dump(mode="json"),
        }
    )
    if whole is not None:
        whole.append(key)
    text = results.get(key)
    if text is not None:
        return Result.from_text(text)
    began = time.perf_counter()
    cells = None
    if rule is None and _has_cells(process, asked):
        with keeping_cells() as kept:
            answer = _computed(process, asked, reader, rule_of, results, parts)
        cells = kept.at_depth(getattr(asked, "depth", 1))
    else:
        answer = _computed(process, asked, reader, rule_of, results, parts)
    results.put(
        Run(
            key,
            answer,
            layers,
            rule,
            rule_of.level,
            rule_of.audience(asked, rule),
            time.perf_counter() - began,
            tuple(parts),
            whole is not None,
            cells,
        )
    )
    return answer


def _has_cells(process: Process, asked: Inputs) -> bool:
    """Whether cells stand behind the figure: the ground of the whole city."""
    return process.id == "coverage" and not (
        asked.within or asked.demand or asked.of != "area"  # type: ignore[attr-defined]  # its inputs have them
    )


def _computed(
    process: Process,
    asked: Inputs,
    reader: Reader,
    rule_of: _Rules,
    results: ResultStore | None,
    keys: list[str],
) -> Result:
    """An answer joined from smaller ones, each of which may be kept, or run.

    Parameters
    ----------
    keys : takes those of the smaller answers
    """
    if process.split is not None and process.join is not None:
        parts = process.split(asked, reader)
        if len(parts) > 1:
            answers = []
            for i, part in enumerate(parts):
                with within(i / len(parts), (i + 1) / len(parts)):
                    tell(0.0, PARTS)
                    answers.append(_kept(process, part, reader, rule_of, results, keys))
            return process.join(asked, answers, reader)
    rule = rule_of(asked)
    if rule is not None and process.coarse is not None:
        return process.coarse(asked, reader, rule)
    return process.run(asked, reader)


def with_outlines(answer: Result, reader: Reader) -> Result:
    """The answer, able to read the outlines of its zones when a client wants them."""
    place = answer.outlines
    if place is None:
        return answer

    def lookup() -> Sequence[BaseGeometry | None]:
        zones = reader.features(place.layer, as_of=place.as_of)
        outline = dict(zip(zones.code, zones.geometry, strict=True))
        return [outline.get(row[answer.id_column]) for row in answer.rows]

    return answer.with_lookup(lookup)


class _Changed(Exception):
    """A layer has another version than when the answer was begun."""


class _Remembering:
    """A Reader that reads the same features once, for the length of one answer.

    All features of a layer come from one version, the one that the answer names.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read: dict[Any, Features] = {}
        self._versions: dict[str, int] = {}

    @property
    def catalogue(self) -> Catalogue:
        """What the city keeps."""
        return self._reader.catalogue

    @property
    def city(self) -> City:
        """The city's choices."""
        return self._reader.city

    @property
    def level(self) -> Level:
        """Level of whoever asks."""
        return self._reader.level

    def version(self, layer: str) -> int:
        """Version of a layer's table."""
        if layer not in self._versions:
            self._versions[layer] = self._reader.version(layer)
        return self._versions[layer]

    def snapshot(self, layer: str, as_of: date | None) -> Snapshot:
        """Which rows of a layer are valid at a date, of the version of this answer."""
        found = self._reader.snapshot(layer, as_of)
        if self._versions.setdefault(layer, found.version) != found.version:
            raise _Changed
        return found

    def features(
        self,
        layer: str,
        *,
        columns: Sequence[str] = (),
        where: str | None = None,
        as_of: date | None = None,
        codes: Sequence[str] | None = None,
        geometry: bool = True,
    ) -> Features:
        """Features as the Reader gives them, with read-only arrays."""
        asked = tuple(dict.fromkeys(columns))
        wanted = None if codes is None else tuple(codes)
        key = (layer, asked, where, as_of, wanted, geometry)
        if key not in self._read:
            found = self._reader.features(
                layer,
                columns=asked,
                where=where,
                as_of=as_of,
                codes=wanted,
                geometry=geometry,
            )
            if self._versions.setdefault(layer, found.version) != found.version:
                raise _Changed
            _freeze([found.code, *found.columns.values()])
            if isinstance(found.shapes, np.ndarray):
                _freeze([found.shapes])
            self._read[key] = found
        return self._read[key]

    def locate(
        self, x: float, y: float, *, as_of: date | None = None
    ) -> Mapping[str, Mapping[str, object]]:
        """Zones that hold a point."""
        return self._reader.locate(x, y, as_of=as_of)

    def relief(
        self,
        layer: str,
        x: float,
        y: float,
        reach_m: float,
        *,
        as_of: date | None = None,
    ) -> Relief | None:
        """Heights around a point, of the version of this answer."""
        found = self._reader.relief(layer, x, y, reach_m, as_of=as_of)
        if found is not None and found.version != self.version(layer):
            raise _Changed
        return found

    def codes(self, table: str) -> Mapping[str, Mapping[str, str]]:
        """Rows of a code table."""
        return self._reader.codes(table)

    @property
    def ledger(self) -> Ledger | None:
        """Runs of the past."""
        return self._reader.ledger


def _freeze(arrays: Sequence[np.ndarray[Any, Any]]) -> None:
    """Make arrays read-only: they are shared."""
    for array in arrays:
        array.flags.writeable = False
