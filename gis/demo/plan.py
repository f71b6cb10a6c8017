"""Targets of the plan and, for those that offices report, values year by year."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from gis.demo.frames import build_frame
from gis.demo.ground import Ground
from gis.demo.size import stream
from processes._targets import load_scopes, load_targets

_PLAN = "智慧杭州建设总体规划 (2012-2015)"
_YEARS = ("2012-12-31", "2013-12-31", "2014-12-31", "2015-12-31", "2025-12-31")
# share of the way to the target that a typical office reports
_PROGRESS = (0.55, 0.70, 0.86, 0.99, 1.08)
_OFFICES = {
    "电子政务": "数据资源管理部门",
    "智慧教育": "教育部门",
    "智慧医疗": "卫生健康部门",
    "宽带城市": "通信管理部门",
}


def targets(seed: int) -> gpd.GeoDataFrame:
    """The layer target: the plan's own words and figures, which are real."""
    plan = list(load_targets().values())
    scopes = load_scopes().scopes
    return build_frame(
        None,
        code=[t.id for t in plan],
        name=[t.words for t in plan],
        seed=seed,
        source=_PLAN,
        synthetic=False,
        title_en=[t.title.en for t in plan],
        theme=[t.theme.zh for t in plan],
        kind=[t.measure.of if t.measure else t.kind for t in plan],
        operator=[t.op for t in plan],
        value=np.array([t.value for t in plan]),
        value_unit=[t.unit for t in plan],
        scope=[scopes[t.scope].title.zh for t in plan],
        due_on=np.array([t.due for t in plan], dtype="datetime64[D]"),
    )


def indicator_values(ground: Ground) -> gpd.GeoDataFrame:
    """The layer indicator_value: made-up reports for every reported target.

    Percentages come per district and for the city, other units for the city only.
    """
    random = stream(ground.seed, "indicator values")
    codes = [d.code for d in ground.districts]
    rows: list[tuple[str, str | None, float, str, str]] = []
    for target in load_targets().values():
        if target.kind != "reported":
            continue
        is_share = target.unit.startswith("%")
        for code in [None, *(codes if is_share else [])]:
            lead = random.normal(0, 0.06)
            for day, progress in zip(_YEARS, _PROGRESS, strict=True):
                done = max(progress + lead, 0.05)
                value = target.value * done
                if target.op.startswith("<"):
                    value = target.value / done
                value = min(value, 100.0) if is_share else value
                office = _OFFICES.get(target.theme.zh, "主管部门")
                rows.append((target.id, code, round(value, 1), day, office))
    return build_frame(
        None,
        code=[f"{t}-{c or 'city'}-{day}" for t, c, _, day, _ in rows],
        seed=ground.seed,
        valid_from=np.array([day for *_, day, _ in rows], dtype="datetime64[D]"),
        target_id=[r[0] for r in rows],
        district_code=[r[1] for r in rows],
        value=np.array([r[2] for r in rows]),
        as_of=np.array([r[3] for r in rows], dtype="datetime64[D]"),
        office=[r[4] for r in rows],
    )
