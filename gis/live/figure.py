"""One standing result: measured, followed, compared with what is stored, written."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.standing import (
    Figure,
    Stand,
    Watch,
    is_away,
    read_figures,
    write_problem,
    write_stand,
)
from gis.disclosure import ruling
from gis.live.patience import Patience
from gis.operation import StandingQuestion
from layers import Level
from processes import ProcessError, code_version
from processes._live import MOST_CODES, LiveCity, LiveQuestion, LiveRow

log = logging.getLogger("citygrid.live")

_MOST_TOLD = 200  # zones of one event; the rest is counted
_ATTEMPTS = 5
_EMPTY_GROUND = "区划面积为 0 / the zone has no area"

Key = tuple[str, str]


class LiveFigure:
    """Keeps one declared figure current."""

    def __init__(
        self, database: Database, reader: DatabaseReader, declared: StandingQuestion
    ) -> None:
        self._database = database
        self._reader = reader
        self._declared = declared
        self.standing_id = f"standing-{declared.service}-{declared.of}"
        self._city: LiveCity | None = None
        self._versions: Mapping[str, int] = {}
        self._rows: dict[Key, Figure] = {}
        self._unchanged: Mapping[str, int] | None = None
        self._audiences: dict[str, Level] = {}
        self._patience = Patience()

    @property
    def is_failing(self) -> bool:
        """Whether the last try failed."""
        return self._patience.failures > 0

    def keep(self, watch: Watch, today: date) -> bool:
        """As `refresh`, but what fails is this figure's own: written down, tried later.

        Returns
        -------
        Whether it was tried and there was something to do.

        Raises
        ------
        psycopg.Error, ClusterError : the database is away; nothing was written
        """
        if not self._patience.is_over:
            return False
        try:
            done = self.refresh(watch, today)
        except Exception as error:
            if is_away(error):
                raise
            self._failed(error)
            return True
        self._patience.succeeded()
        return done

    def _failed(self, error: Exception) -> None:
        """Say in the log what happened, in the database that it did."""
        pause_s = self._patience.failed()
        log.error(
            "%s failed, tried again in %.0f s",
            self.standing_id,
            pause_s,
            exc_info=error,
        )
        problem = f"出错 / failed: {type(error).__name__}"
        try:
            write_problem(self._database, self.standing_id, problem, again_s=pause_s)
        except Exception as unwritten:
            if is_away(unwritten):
                raise
            log.exception("%s: that it failed could not be written", self.standing_id)

    def refresh(self, watch: Watch, today: date) -> bool:
        """Bring the figure up to date; whether there was something to do.

        Raises
        ------
        Exception : what could not be asked, measured or written; nothing was written
        """
        question = LiveQuestion(
            self._declared.service, self._declared.zones, self._declared.of, today
        )
        layers = question.reads(self._reader)
        versions = watch.versions(layers)
        same_day = self._city is not None and self._city.question == question
        if versions == (self._versions if same_day else self._unchanged):
            return False
        began = time.perf_counter()
        try:
            whole = self._measured(watch, question, versions, same_day=same_day)
            self._write(whole, time.perf_counter() - began)
        except ProcessError as error:
            # nothing can be measured until a layer changes
            self._city = None
            write_problem(self._database, self.standing_id, str(error), again_s=None)
            self._unchanged = versions
            log.info("%s: %s", self.standing_id, error)
        except Exception:
            # what is not written does not stand: it is measured anew
            self._city = None
            raise
        return True

    def _measured(
        self,
        watch: Watch,
        question: LiveQuestion,
        versions: Mapping[str, int],
        *,
        same_day: bool,
    ) -> bool:
        """Measure what changed, or the whole; whether it was the whole.

        All that is read is of the versions that are written beside it: where a layer
        moves meanwhile it is measured again.
        """
        whole, city = False, self._city if same_day else None
        for _ in range(_ATTEMPTS):
            if city is None or not self._follows(watch, city, versions):
                whole, city = True, LiveCity(self._reader, question)
                city.warm(self._reader)
            self._city, self._versions = city, versions
            latest = watch.versions(list(versions))
            if latest == versions:
                break
            versions = latest
        return whole

    def _follows(
        self, watch: Watch, city: LiveCity, versions: Mapping[str, int]
    ) -> bool:
        """Take in the edits of the service; False where that is not enough."""
        service = self._declared.service
        moved = {id_ for id_ in versions if versions[id_] != self._versions.get(id_)}
        if moved - {service} or city.is_worn:
            return False
        codes = watch.changed_codes(
            service, self._versions[service], versions[service], MOST_CODES
        )
        if codes is None:
            return False
        return not codes or city.follow(self._reader, codes)

    def _write(self, whole: bool, seconds: float) -> None:
        city = self._city
        if city is None:
            return
        facts = city.facts()
        stand = Stand(
            standing_id=self.standing_id,
            service=self._declared.service,
            measure=self._declared.of,
            demand=city.question.demand.layer,
            model=facts.get("model"),
            parameters=facts.get("parameters") or {},
            as_of=city.question.as_of,
            versions=dict(self._versions),
            code_version=code_version(),
            whole=whole,
            seconds=seconds,
        )
        found = {(r.zone_layer, r.zone_id): self._figure(r) for r in city.rows()}
        stored = read_figures(self._database, stand) if whole else self._rows
        if stored.keys() != found.keys():
            stored = {}
        changed = [row for key, row in found.items() if stored.get(key) != row]
        events = self._events(stand, stored, changed) if stored else []
        catalogue = self._reader.catalogue
        write_stand(self._database, catalogue, stand, stored, changed, events)
        self._rows = found
        log.info(
            "%s: %s, %d zones changed, %.0f ms",
            self.standing_id,
            "measured" if whole else "followed",
            len(changed),
            1000 * seconds,
        )

    def _figure(self, row: LiveRow) -> Figure:
        demand = LiveQuestion(
            self._declared.service, self._declared.zones, self._declared.of, date.min
        ).demand.layer
        reason = None
        if row.coverage_ratio is None:
            reason = _EMPTY_GROUND
            if demand is not None:
                reason = f"区划内没有 {demand} / no {demand} in this zone"
        return Figure(
            row.zone_layer,
            row.zone_id,
            row.zone_name,
            row.covered,
            row.total,
            row.unit,
            row.coverage_ratio,
            reason,
            self._audience(row.zone_layer).label,
        )

    def _audience(self, zones: str) -> Level:
        """The lowest level that `coverage` would give these very figures.

        Notes
        -----
        Of a hidden service the ground is told exactly down to the level that its file
        names; people, and finer zones, are told in classes and so stand for staff.
        """
        known = self._audiences.get(zones)
        if known is None:
            known = self._audiences[zones] = self._found_audience(zones)
        return known

    def _found_audience(self, zones: str) -> Level:
        read, today = self._reader, date.today()
        question = LiveQuestion(
            self._declared.service, (zones,), self._declared.of, today
        )
        asked = {
            "service": question.service,
            "zones": zones,
            "of": question.of,
            "as_of": today,
        }
        levels: Sequence[str] = read.city.zones
        for level in Level:
            try:
                rule = ruling(
                    asked,
                    read_layers=question.reads(read),
                    catalogue=read.catalogue,
                    city=read.city,
                    level=level,
                    today=today,
                )
            except ProcessError:
                continue
            if rule is None:
                return level
            ground = question.demand.layer is None
            finest = levels.index(rule.exact_down_to)
            if ground and zones in levels and levels.index(zones) >= finest:
                return level
        return Level.RESTRICTED

    def _events(
        self,
        stand: Stand,
        stored: Mapping[Key, Figure],
        changed: Sequence[Figure],
    ) -> list[tuple[str, dict[str, Any]]]:
        """What subscribers of each level are told of the rows that changed."""
        told: dict[str, list[dict[str, Any]]] = {}
        for figure in changed:
            before = stored[figure.zone_layer, figure.zone_id]
            told.setdefault(figure.audience, []).append(
                {
                    "zone_layer": figure.zone_layer,
                    "zone_id": figure.zone_id,
                    "zone_name": figure.zone_name,
                    "covered": figure.covered,
                    "total": figure.total,
                    "unit": figure.unit,
                    "coverage_ratio": figure.coverage_ratio,
                    "before": before.covered,
                }
            )
        return [
            (
                audience,
                {
                    "run": stand.standing_id,
                    "service": stand.service,
                    "of": stand.measure,
                    "as_of": stand.as_of.isoformat(),
                    "version": stand.versions[stand.service],
                    # the coarsest first: whatever is left out is the finest
                    "zones": _coarsest_first(zones)[:_MOST_TOLD],
                    "more": max(0, len(zones) - _MOST_TOLD),
                },
            )
            for audience, zones in told.items()
        ]


def _coarsest_first(zones: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(zones, key=lambda zone: (len(zone["zone_id"]), zone["zone_id"]))
