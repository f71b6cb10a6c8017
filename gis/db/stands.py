"""How the standing results stand: for whoever operates the city."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gis.db.pool import Connection
from gis.db.statements import statement

#: A layer may be ahead of a figure for as long as the whole is measured anew.
LAG = timedelta(minutes=5)
CURRENT, BEHIND, FAILING = STATES = ("current", "behind", "failing")


@dataclass(frozen=True)
class StandState:
    """One standing result.

    Parameters
    ----------
    service : None where it never was measured
    refreshed_at : when it was last measured or followed
    behind_since : when the first change came that it does not hold
    problem : why it is not current; None where nothing failed
    failures : tries that failed one after another
    again_at : when it is tried again; None: once a layer that it reads changes
    """

    standing_id: str
    service: str | None
    refreshed_at: datetime | None
    behind_since: datetime | None
    problem: str | None
    failures: int | None
    failing_since: datetime | None
    again_at: datetime | None

    def state(self, now: datetime) -> str:
        """`failing`, `behind` where nobody takes changes in, or `current`."""
        if self.problem is not None:
            return FAILING
        if self.behind_since is not None and now - self.behind_since > LAG:
            return BEHIND
        return CURRENT


def read_stands(connection: Connection) -> list[StandState]:
    """Every standing result, whether it was measured yet or not."""
    return [StandState(*row) for row in connection.execute(statement("read_stands"))]
