"""A figure that follows its layer: measured once, then only where assets changed.

The figures are those that `coverage` gives for the same question, to the bit: edits go
through the same kernel (`kernels/exact/standing.py`), and the sums are made in the same
order. What cannot follow (other zones, other people, another day) is measured anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from processes._engine import near_parts
from processes._measure import USUAL_DEMAND, Demand, Of, ratio
from processes._ports import Reader
from processes._services import service_columns, service_of, service_reads
from processes._standing import City, Question, city_of, figures_of
from processes._zones import computed_at
from processes.kernels.arrays import GeometryArray
from processes.kernels.exact import Refused

#: Changed assets above which the whole is measured anew.
MOST_CODES = 500
_WORN = 4_000_000  # vertices that edits have added


@dataclass(frozen=True)
class LiveRow:
    """The figure of one zone, as `coverage` gives it."""

    zone_layer: str
    zone_id: str
    zone_name: str | None
    covered: float
    total: float
    unit: str
    coverage_ratio: float | None


@dataclass(frozen=True)
class LiveQuestion:
    """What is kept current: a service by its declared model, at several levels."""

    service: str
    zones: tuple[str, ...]
    of: Of
    as_of: date

    @property
    def demand(self) -> Demand:
        """What is to be covered."""
        return Demand(of=self.of, layer=USUAL_DEMAND.get(self.of))

    def reads(self, read: Reader) -> tuple[str, ...]:
        """Layers that the figures depend on."""
        named: list[str | None] = [
            *service_reads(read, self.service),
            *self.zones,
            *(computed_at(read, zones) for zones in self.zones),
            self.demand.layer,
        ]
        return tuple(
            dict.fromkeys(id_ for id_ in named if id_ and id_ in read.catalogue)
        )


class LiveCity:
    """A measured city and where the ground of each asset stands in it."""

    def __init__(self, read: Reader, question: LiveQuestion) -> None:
        """Measure it.

        Raises
        ------
        NoData, InvalidInput : as `coverage` would
        """
        self.question = question
        self._city: City = city_of(
            read,
            Question(
                question.service,
                question.zones,
                question.demand,
                None,
                question.as_of,
                {},
            ),
        )
        service = self._city.service
        self._shapes = len(service.shape)
        self._at: dict[str, list[int]] = {}
        for position, asset in enumerate(service.asset.tolist()):
            code = str(service.features.code[asset])
            self._at.setdefault(code, []).append(position)

    def follow(self, read: Reader, codes: Sequence[str]) -> bool:
        """Take in that assets came, went or changed; False: measure the whole anew.

        Parameters
        ----------
        codes : of every asset that may have changed; each is read again
        """
        if len(codes) > MOST_CODES:
            return False
        layer = read.catalogue[self.question.service]
        model = layer.coverage
        own = getattr(model, "where", None)
        named = ", ".join("'" + code.replace("'", "''") + "'" for code in codes)
        where = f"code IN ({named})" + (f" AND ({own})" if own else "")
        features = read.features(
            layer.id,
            columns=service_columns(layer),
            where=where,
            as_of=self.question.as_of,
        )
        service = service_of(read, features, as_of=self.question.as_of, where=where)
        shape, of = service.shape, service.asset
        held = near_parts(self._city.levels[0].zones.part, shape)
        shape, of = shape[held], of[held]
        gone = [at for code in codes for at in self._at.get(code, ())]
        return self._edited(codes, gone, shape, features.code[of].tolist())

    def _edited(
        self,
        codes: Sequence[str],
        gone: Sequence[int],
        shape: GeometryArray,
        of: Sequence[str],
    ) -> bool:
        removed = np.array(gone, np.int64)
        try:
            standing = tuple(one.edited(removed, shape) for one in self._city.standing)
        except Refused:
            return False
        self._city = replace(self._city, standing=standing)
        for code in codes:
            self._at.pop(code, None)
        for i, code in enumerate(of):
            self._at.setdefault(str(code), []).append(self._shapes + i)
        self._shapes += len(shape)
        return True

    def warm(self, read: Reader) -> None:
        """Take in one asset that has not changed, so that the next edit is quick.

        Notes
        -----
        The part of the kernel that follows edits is compiled or read at its first use,
        and the buildings that hide are indexed.
        """
        for code in list(self._at)[:1]:
            self.follow(read, [code])

    @property
    def is_worn(self) -> bool:
        """Whether edits have left so much behind that it is to be measured anew."""
        return max(one.worn for one in self._city.standing) > _WORN

    def rows(self) -> Iterator[LiveRow]:
        """The figures of every zone."""
        unit = self.question.demand.unit
        pairs = zip(self._city.levels, figures_of(self._city), strict=True)
        for level, figures in pairs:
            zones = level.zones
            for code, name, covered, total in zip(
                zones.code.tolist(),
                zones.name.tolist(),
                figures.covered.tolist(),
                figures.total.tolist(),
                strict=True,
            ):
                yield LiveRow(
                    zones.layer, code, name, covered, total, unit, ratio(covered, total)
                )

    def facts(self) -> dict[str, Any]:
        """Model, parameters and counts of the service."""
        return dict(self._city.service.facts)
