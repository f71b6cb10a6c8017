"""Targets of the plan and, for those that offices report, values year by year."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from gis.demo.facts import read_rows
from gis.demo.frames import build_frame
from gis.demo.ground import Ground
from gis.demo.size import stream

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
    rows = read_rows("plan_target")
    return build_frame(
        None,
        code=[r["id"] for r in rows],
        name=[r["words"] for r in rows],
        seed=seed,
        source=_PLAN,
        synthetic=False,
        title_en=[r["title_en"] for r in rows],
        theme=[r["theme"] for r in rows],
        kind=[r["kind"] for r in rows],
        operator=[r["operator"] for r in rows],
        value=np.array([float(r["value"]) for r in rows]),
        value_unit=[r["unit"] for r in rows],
        scope=[r["scope"] for r in rows],
        due_on=np.array([r["due_on"] for r in rows], dtype="datetime64[D]"),
    )


def indicator_values(ground: Ground) -> gpd.GeoDataFrame:
    """The layer indicator_value: made-up reports for every reported target.

    Percentages come per district and for the city, other units for the city only.
    """
    random = stream(ground.seed, "indicator values")
    codes = [d.code for d in ground.districts]
    rows: list[tuple[str, str | None, float, str, str]] = []
    for target in read_rows("plan_target"):
        if target["kind"] != "reported":
            continue
        goal, is_share = float(target["value"]), target["unit"].startswith("%")
        for code in [None, *(codes if is_share else [])]:
            lead = random.normal(0, 0.06)
            for day, progress in zip(_YEARS, _PROGRESS, strict=True):
                value = goal * max(progress + lead, 0.05)
                if target["operator"].startswith("<"):
                    value = goal / max(progress + lead, 0.05)
                value = min(value, 100.0) if is_share else value
                office = _OFFICES.get(target["theme"], "主管部门")
                rows.append((target["id"], code, round(value, 1), day, office))
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
