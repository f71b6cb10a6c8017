"""What an operator should look at: one pure judgement of a look at the city."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gis.db.drills import Drill
from gis.db.operation import LayerState
from gis.db.stands import BEHIND, FAILING, StandState

GOOD, MIND, BROKEN = "good", "mind", "broken"
MARKS = {GOOD: "●", MIND: "▲", BROKEN: "■"}

BACKUP_AGE = timedelta(hours=26)  # a nightly backup, and two hours' grace
DRILL_AGE = timedelta(days=35)  # a restore is tried every month
LOW_SHARE, LOWEST_SHARE = 0.10, 0.03  # of the disk
SLOW_S = 1.0  # 95 of 100 requests should be answered within it
FAILING_SHARE = 0.01
FEWEST = 100  # requests below which neither is judged

_BUCKET = re.compile(r'^citygrid_request_seconds_bucket\{.*le="([^"]+)"\} (\d+)$')
_TOTAL = re.compile(r'^citygrid_requests_total\{.*status="(\d+)"\} (\d+)$')


@dataclass(frozen=True)
class Finding:
    """One thing to look at: how bad, in words, and where to go."""

    state: str
    zh: str
    en: str
    href: str

    @property
    def mark(self) -> str:
        """Its shape."""
        return MARKS[self.state]


@dataclass(frozen=True)
class Answers:
    """Requests since the server started: how many, how slow, how many failed."""

    count: int
    p95_s: float | None
    failed: int

    @property
    def failed_share(self) -> float:
        """Share of answers with 5xx, 0 to 1."""
        return self.failed / self.count if self.count else 0.0


def read_answers(lines: Iterable[str]) -> Answers:
    """What the counters of /metrics say of all routes together.

    Returns
    -------
    p95_s is the upper end of the class in which the 95th of 100 requests lies [s];
    infinite above the last class, None without a request

    Examples
    --------
    >>> read_answers(['citygrid_requests_total{route="a",status="200"} 3',
    ...               'citygrid_request_seconds_bucket{route="a",le="0.1"} 3'])
    Answers(count=3, p95_s=0.1, failed=0)
    """
    classes: dict[float, int] = {}
    count = failed = 0
    for line in lines:
        if match := _BUCKET.match(line):
            bound = float(match[1].replace("+Inf", "inf"))
            classes[bound] = classes.get(bound, 0) + int(match[2])
        elif match := _TOTAL.match(line):
            count += int(match[2])
            failed += int(match[2]) if match[1].startswith("5") else 0
    p95 = next((b for b in sorted(classes) if classes[b] >= 0.95 * count), None)
    return Answers(count, p95 if count else None, failed)


def judge_backups(drills: Mapping[str, Drill], now: datetime) -> list[Finding]:
    """Whether there is a fresh backup, and whether one was tried lately."""
    found = []
    made, tried = drills.get("create"), drills.get("verify")
    if made is None:
        found.append(Finding(MIND, "还没有备份", "no backup was made yet", "#backup"))
    elif now - made.at > BACKUP_AGE:
        found.append(
            Finding(
                MIND, "备份已旧", "the last backup is more than a day old", "#backup"
            )
        )
    if tried is not None and not tried.whole:
        found.append(
            Finding(BROKEN, "恢复演练失败", "the last restore test failed", "#backup")
        )
    elif tried is None or now - tried.at > DRILL_AGE:
        found.append(
            Finding(
                MIND, "恢复演练逾期", "no restore was tested within 35 days", "#backup"
            )
        )
    return found


def judge_disk(free: int, total: int) -> list[Finding]:
    """Whether the disk has room; bytes."""
    share = free / total if total else 0.0
    if share < LOWEST_SHARE:
        return [Finding(BROKEN, "磁盘将满", "the disk is all but full", "#disk")]
    if share < LOW_SHARE:
        return [
            Finding(MIND, "磁盘空间不足一成", "a tenth of the disk is left", "#disk")
        ]
    return []


def judge_answers(answers: Answers) -> list[Finding]:
    """Whether requests are answered, and soon."""
    found: list[Finding] = []
    if answers.count < FEWEST:
        return found
    if answers.p95_s is not None and answers.p95_s > SLOW_S:
        found.append(Finding(MIND, "应答变慢", "answers are slow", "#answers"))
    if answers.failed_share > FAILING_SHARE:
        found.append(Finding(BROKEN, "应答出错", "answers fail", "#answers"))
    return found


def is_late(state: LayerState, days: float | None, now: datetime) -> bool:
    """Whether a layer should have changed by now."""
    if days is None or state.changed_at is None:
        return False
    return now - state.changed_at > timedelta(days=days)


def judge_layers(
    states: Iterable[LayerState], cycles: Mapping[str, float], now: datetime
) -> list[Finding]:
    """Refused rows that wait, and layers that are late."""
    found = []
    listed = list(states)
    refused = sum(sum(state.refused.values()) for state in listed)
    if refused:
        found.append(
            Finding(
                MIND, f"{refused:,} 行待改", f"{refused:,} refused rows wait", "#layers"
            )
        )
    late = [s.layer for s in listed if is_late(s, cycles.get(s.layer), now)]
    if late:
        found.append(
            Finding(
                MIND, f"{len(late)} 个图层逾期未更新", f"{len(late)} layers are late",
                "#layers",
            )
        )  # fmt: skip
    return found


def judge_figures(figures: Iterable[StandState], now: datetime) -> list[Finding]:
    """Live figures that cannot be measured, or that nobody takes changes into."""
    states = [one.state(now) for one in figures]
    failing, behind = states.count(FAILING), states.count(BEHIND)
    found = []
    if failing:
        found.append(
            Finding(
                BROKEN, f"{failing} 项实时数值出错", f"{failing} live figures fail",
                "#figures",
            )
        )  # fmt: skip
    if behind:
        found.append(
            Finding(
                MIND, f"{behind} 项实时数值未跟上", f"{behind} live figures are behind",
                "#figures",
            )
        )  # fmt: skip
    return found


def worst(findings: Iterable[Finding]) -> str:
    """The worst state of all."""
    order = [GOOD, MIND, BROKEN]
    return max((f.state for f in findings), key=order.index, default=GOOD)
