"""The loop that follows commits: one at a time among all who would."""

from __future__ import annotations

import faulthandler
import logging
import time
from collections.abc import Iterable
from datetime import date
from threading import Event

from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.runs import publish_runs
from gis.db.standing import Watch, drop_stands, is_away
from gis.live.figure import LiveFigure
from gis.live.patience import Patience
from gis.operation import Retention, StandingQuestion
from layers import Catalogue, City

log = logging.getLogger("citygrid.live")

_LOOK_S = 20.0  # without a word: a new day, or a word that was lost
_STEP_S = 0.5  # how soon a stop is seen
_WAIT_S = 1.0  # for the lock, or for the database


class Follower:
    """Keeps the declared figures current and publishes runs, until stopped."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        city: City,
        declared: tuple[StandingQuestion, ...],
        retention: Retention,
        *,
        hang_s: int | None = None,
    ) -> None:
        """Follow for a process.

        Parameters
        ----------
        hang_s : without a sign of life for so long the process is ended, with code 1
            and the stacks of its threads on the standard error, and so lets the lock go
            to another; None: never
        """
        self._database = database
        self._catalogue = catalogue
        self._retention = retention
        reader = DatabaseReader(database, catalogue, city)
        self._figures = [LiveFigure(database, reader, one) for one in declared]
        self._publishing = Patience()
        self._hang_s = hang_s
        self.stopping = Event()

    def run(self) -> None:
        """Follow changes, whatever happens to the database, until `stopping` is set."""
        while not self.stopping.is_set():
            self._live()
            try:
                with Watch(self._database) as watch:
                    if watch.is_mine():
                        log.info("follows changes")
                        self._follow(watch)
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("waits for the database: %s", type(error).__name__)
            self.stopping.wait(_WAIT_S)
        faulthandler.cancel_dump_traceback_later()

    def _live(self) -> None:
        """Give a sign of life: it is looked after by a thread that no lock holds up."""
        if self._hang_s is not None:
            faulthandler.dump_traceback_later(self._hang_s, exit=True)

    def catch_up(self, watch: Watch) -> None:
        """Publish the runs that wait and bring every figure up to date.

        Raises
        ------
        psycopg.Error, ClusterError : the database is away; anything else is logged,
            and what failed is tried again by itself, after a pause
        """
        self._publish()
        self._keep(watch, self._figures)

    def _keep(self, watch: Watch, figures: Iterable[LiveFigure]) -> None:
        today = date.today()
        for figure in figures:
            self._live()
            figure.keep(watch, today)
        self._live()

    def _publish(self) -> None:
        if not self._publishing.is_over:
            return
        try:
            publish_runs(self._database, self._catalogue, self._retention)
        except Exception as error:
            if is_away(error):
                raise
            pause_s = self._publishing.failed()
            log.exception("runs are not published, tried again in %.0f s", pause_s)
        else:
            self._publishing.succeeded()

    def _follow(self, watch: Watch) -> None:
        drop_stands(self._database, [one.standing_id for one in self._figures])
        self.catch_up(watch)
        looked = time.monotonic()
        while not self.stopping.is_set():
            self._live()
            told = watch.wait(_STEP_S)
            late = time.monotonic() - looked > _LOOK_S
            if "citygrid_layer" in told or late:
                looked = time.monotonic()
                self._keep(watch, self._figures)
            else:
                self._keep(watch, [one for one in self._figures if one.is_failing])
            if "citygrid_run" in told or late:
                self._publish()
