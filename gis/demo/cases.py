"""Components, cases with their stages, and patrols through the duty grids."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.frames import build_frame, numbered, one_of
from gis.demo.ground import Ground
from gis.demo.services import scattered
from gis.demo.zones import Numbering
from layers import load_codes

_STAGES = ("report", "file", "dispatch", "dispose", "feedback", "check")
# how many stages a case in each state has been through
_REACHED = {
    "accepted": 1,
    "filed": 2,
    "dispatched": 3,
    "disposing": 4,
    "checking": 5,
    "closed": 6,
    "void": 2,
    "on_hold": 3,
}
_FIRST_DAY = np.datetime64("2012-01-01")


def components(ground: Ground, numbering: Numbering) -> gpd.GeoDataFrame:
    """The layer component: street furniture by the 16-digit object code."""
    random = ground.stream("components")
    cells = np.sort(random.choice(ground.urban(), ground.size.components))
    classes = tuple(load_codes("component_class"))
    kind = one_of(random, classes, (1.0,) * len(classes), len(cells))
    district = ground.district[cells]
    title = {c: row["title_zh"] for c, row in load_codes("component_class").items()}
    state = one_of(
        random,
        ("intact", "damaged", "missing", "abandoned", "occupied"),
        (0.93, 0.04, 0.01, 0.01, 0.01),
        len(cells),
    )
    age = random.integers(0, 500, len(cells)).astype("timedelta64[D]")
    inspected = np.datetime64("2025-12-31") - age
    return build_frame(
        scattered(ground, random, cells),
        code=[
            f"{d}{k}{n:06d}"
            for n, (d, k) in enumerate(zip(district, kind, strict=True), 1)
        ],
        name=[title[k] for k in kind],
        seed=ground.seed,
        columns={"class": kind},
        state=state,
        grid_code=numbering.code[cells],
        responsible_org=numbering.responsible_org[cells],
        owner_org=one_of(
            random,
            ("市政公司", "水务公司", "供电公司", "园林中心"),
            (4, 2, 2, 2),
            len(cells),
        ),
        accuracy=one_of(random, ("A", "B", "C"), (0.5, 0.3, 0.2), len(cells)),
        last_inspected=inspected,
    )


def cases(
    ground: Ground, numbering: Numbering
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The layers case_record and case_stage: 2012 to 2025, the newest still open."""
    random = ground.stream("cases")
    count = ground.size.cases
    managed = np.flatnonzero(ground.mesh.urban & ~np.isnat(numbering.managed_from))
    weight = random.lognormal(0, 0.9, len(managed))
    cells = random.choice(managed, count, p=weight / weight.sum())
    begin = np.maximum(numbering.managed_from[cells], _FIRST_DAY)
    span = (np.datetime64("2025-12-31") - begin).astype(int)
    passed = np.floor(random.random(count) ** 0.6 * span)
    day = begin + passed.astype("timedelta64[D]")
    order = np.argsort(day, kind="stable")
    cells, day = cells[order], day[order]
    second = random.integers(7 * 3600, 20 * 3600, count).astype("timedelta64[s]")
    reported = day.astype("datetime64[s]") + second
    limit = random.choice((4, 8, 24, 56), count, p=(0.3, 0.3, 0.25, 0.15))
    taken = limit * random.lognormal(-0.45, 0.5, count)
    closed = reported + (taken * 3600).astype("timedelta64[s]")
    due = reported + (limit * 3600).astype("timedelta64[s]")
    open_now = np.arange(count) >= count - max(12, count // 25)
    state = one_of(
        random,
        ("accepted", "filed", "dispatched", "disposing", "checking", "on_hold"),
        (0.15, 0.15, 0.2, 0.3, 0.1, 0.1),
        count,
    )
    void = ~open_now & (random.random(count) < 0.03)
    state = np.where(open_now, state, np.where(void, "void", "closed"))
    is_closed = state == "closed"
    classes = tuple(load_codes("event_class"))
    kind = one_of(random, classes, 1 / np.arange(1.0, len(classes) + 1), count)
    title = {c: row["title_zh"] for c, row in load_codes("event_class").items()}
    channel = one_of(
        random,
        ("collector", "public", "video", "superior", "media"),
        (0.6, 0.25, 0.1, 0.03, 0.02),
        count,
    )
    code = np.array(
        [f"{d[:4]}{d[5:7]}{d[8:]}{n:07d}" for n, d in enumerate(day.astype(str), 1)]
    )
    public = channel == "public"
    number = np.arange(1, count + 1)
    name = [title[k] for k in kind]
    frame = build_frame(
        scattered(ground, random, cells),
        code=code,
        name=name,
        seed=ground.seed,
        valid_from=day,
        columns={"class": kind},
        state=state,
        channel=channel,
        reported_at=reported,
        due_at=due,
        closed_at=np.where(is_closed, closed, np.datetime64("NaT", "s")),
        on_time=np.where(is_closed, closed <= due, None),
        time_limit_value=np.where(limit > 8, limit / 8, limit),
        time_limit_unit=np.where(limit > 8, "working_day", "working_hour"),
        grid_code=numbering.code[cells],
        district_code=ground.district[cells],
        address=[f"{g[-6:]}网格内" for g in numbering.code[cells]],
        details=[f"现场发现{n}" for n in name],
        handler_org=numbering.responsible_org[cells],
        reporter=[
            f"举报人{n:05d}" if p else None for n, p in zip(number, public, strict=True)
        ],
        reporter_phone=[
            f"0571-0003{n % 10000:04d}" if p else None
            for n, p in zip(number, public, strict=True)
        ],
    )
    return frame, _stages(ground, code, state, reported, closed, due)


def _stages(
    ground: Ground,
    code: np.ndarray,
    state: np.ndarray,
    reported: np.ndarray,
    closed: np.ndarray,
    due: np.ndarray,
) -> gpd.GeoDataFrame:
    """One row per stage that a case has entered, in order."""
    reached = np.array([_REACHED[s] for s in state])
    row = np.repeat(np.arange(len(code)), reached)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(reached) - reached, reached)
    share = np.array((0.0, 0.05, 0.12, 0.2, 0.85, 0.92, 1.0))
    whole = (closed - reported).astype(np.int64)[row]
    begin = reported[row] + (share[rank] * whole).astype("timedelta64[s]")
    end = reported[row] + (share[rank + 1] * whole).astype("timedelta64[s]")
    is_last = rank == reached[row] - 1
    waiting = is_last & ~np.isin(state, ("closed", "void"))[row]
    stage = np.array(_STAGES, dtype=object)[rank]
    return build_frame(
        None,
        code=[f"{c}-{r + 1}" for c, r in zip(code[row], rank, strict=True)],
        seed=ground.seed,
        valid_from=begin.astype("datetime64[D]"),
        case_code=code[row],
        stage=stage,
        started_at=begin,
        ended_at=np.where(waiting, np.datetime64("NaT", "s"), end),
        due_at=due[row],
        actor=[f"经办员{n % 97:02d}" for n in row],
    )


def patrol_tracks(
    ground: Ground, duty: gpd.GeoDataFrame, of_cell: np.ndarray
) -> gpd.GeoDataFrame:
    """The layer patrol_track: a walk through the middle of a beat's cells."""
    random = ground.stream("patrols")
    cells = np.flatnonzero(of_cell >= 0)
    order = cells[np.argsort(of_cell[cells], kind="stable")]
    groups = np.split(order, np.cumsum(np.bincount(of_cell[cells]))[:-1])
    long_enough = [i for i, group in enumerate(groups) if len(group) >= 4]
    count = min(400, len(long_enough))
    chosen = np.sort(random.choice(long_enough, count, replace=False))
    lines = []
    for i in chosen:
        stops = ground.centre[groups[i]][: random.integers(4, 30)]
        lines.append(shapely.linestrings(stops + random.normal(0, 4, stops.shape)))
    line = np.array(lines)
    second = random.integers(0, 172_800, count).astype("timedelta64[s]")
    start = np.datetime64("2025-12-29T08:00:00") + second
    length = shapely.length(line)
    codes = duty["code"].to_numpy()[chosen]
    return build_frame(
        line,
        code=numbered("PT", count, 5),
        seed=ground.seed,
        valid_from=start.astype("datetime64[D]"),
        duty_grid_code=codes,
        officer=duty["duty_person"].to_numpy()[chosen],
        started_at=start,
        ended_at=start + (length / 0.9).astype("timedelta64[s]"),
        length_m=np.round(length, 1),
    )
