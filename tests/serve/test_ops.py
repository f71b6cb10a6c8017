"""/ops: what an operator sees, in words, numbers and shapes; and what others do."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gis.db.backup import create_backup, verify_backup
from gis.db.cluster import Cluster
from gis.db.drills import Drill
from gis.db.operation import LayerState
from gis.db.pool import Database
from gis.db.standing import drop_stands, write_problem
from gis.db.stands import StandState
from gis.errors import ClusterError
from gis.serve.ops import read_cycles
from gis.serve.ops_state import (
    BROKEN,
    GOOD,
    MIND,
    Answers,
    judge_answers,
    judge_backups,
    judge_disk,
    judge_figures,
    judge_layers,
    read_answers,
    worst,
)
from layers import CONFIG, Catalogue, City, DeclarationError, Level
from tests.conftest import clone, drop
from tests.db.test_loader import Loader
from tests.serve.conftest import Server, serving, settings_of
from tests.serve.test_upload import CSV, LAYER, LOADS, NAMED

NOW = dt.datetime(2015, 6, 30, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def office(
    cluster: Cluster, migrated: str, catalogue: Catalogue, city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Server, Loader, Path]]:  # fmt: skip
    dsn = clone(cluster, "operated", migrated)
    home = tmp_path_factory.mktemp("operated")
    config = home / "config"
    shutil.copytree(CONFIG, config)
    (config / "operation.yaml").write_text(f"cycles: {{{LAYER}: 30, park: 1}}\n")
    settings = settings_of(home, config=config)
    with serving(dsn, settings, catalogue, city) as server:
        yield server, Loader(Database(dsn), catalogue, city), home
    drop(cluster, "operated")


def page(server: Server, lang: str, level: Level = Level.STAFF) -> str:
    answer = server.get(f"/ops?f=html&lang={lang}", level)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_page_of_a_city_in_operation(
    office: tuple[Server, Loader, Path], tmp_path: Path
) -> None:
    server, load, _ = office
    empty = page(server, "zh")
    assert "还没有备份" in empty
    assert "还没有载入过" in empty
    sent = server.ask("POST", f"{LOADS}?datum=wgs84", Level.STAFF, data=CSV,
                      headers=NAMED).json()  # fmt: skip
    made = create_backup(load.database, tmp_path, CONFIG)
    verify_backup(load.database, made)
    told = server.json("/ops?f=json", Level.STAFF)
    state = {one["id"]: one for one in told["layers"]}[LAYER]
    assert (state["count"], state["refused"]) == (1, {str(sent["load"]): 2})
    assert (state["cycle_days"], state["late"]) == (30, False)
    assert told["database"]["drills"]["verify"]["whole"] is True
    assert told["state"] == MIND
    zh, en = page(server, "zh"), page(server, "en")
    for word in ("▲", "2 行待改", "再载入", "恢复演练", "● 完好", "最近载入"):
        assert word in zh, word
    for word in ("▲", "2 refused rows wait", "Load again", "● whole"):
        assert word in en, word
    path = f"/loads/{sent['load']}/rejects"
    assert f'action="{server.base}{path}"' in zh
    mended = server.get(f"{path}?f=csv", Level.STAFF).content.replace(
        b",1,2", b",120.1,30.2"
    )
    back = server.ask(
        "POST", path, Level.STAFF, files={"file": ("mended.csv", mended)},
        headers={"Accept": "text/html", "Prefer": "wait=60"},
    )  # fmt: skip
    assert (back.status_code, back.headers["location"]) == (303, f"{server.base}/ops")
    job = server.json("/uploads", Level.STAFF)["jobs"][0]
    assert (job["status"], job["report"]["loaded"]) == ("successful", 1), job
    assert "1 行待改" in page(server, "zh")


def test_it_is_for_staff(office: tuple[Server, Loader, Path]) -> None:
    server, *_ = office
    assert server.get("/ops").status_code == 401
    staff = page(server, "zh")
    assert "case_record" in staff
    assert ">camera<" not in staff
    assert ">camera<" in page(server, "zh", Level.RESTRICTED)
    assert "/ops" in server.get("/collections?f=html", Level.STAFF).text
    assert "/ops" not in server.get("/collections?f=html").text
    assert "<script>" not in staff
    assert server.get("/ops?x=1", Level.STAFF).status_code == 400


def test_a_database_out_of_reach_is_said(
    office: tuple[Server, Loader, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, *_ = office

    def gone(*_: object) -> None:
        raise ClusterError("no connection")

    monkeypatch.setattr("gis.db.operation.Watch.look", gone)
    assert server.json("/ops?f=json", Level.STAFF)["state"] == BROKEN
    text = page(server, "en")
    assert "■" in text
    assert "the database cannot be reached" in text


def test_live_figures_are_told_of(office: tuple[Server, Loader, Path]) -> None:
    server, load, _ = office
    write_problem(load.database, "standing-camera-area", "没有 / none", again_s=None)
    write_problem(load.database, "standing-camera-area", "没有 / none", again_s=9.0)
    (told,) = server.json("/ops?f=json", Level.RESTRICTED)["figures"]
    assert (told["id"], told["state"]) == ("standing-camera-area", "failing")
    assert (told["problem"], told["failures"]) == ("没有 / none", 2)
    assert told["again"] > told["failing_since"]
    assert server.json("/ops?f=json", Level.STAFF)["figures"][0]["problem"] is None
    zh, en = page(server, "zh"), page(server, "en", Level.RESTRICTED)
    assert "1 项实时数值出错" in zh
    assert "没有 / none" not in zh
    for word in ("1 live figures fail", "■ fails since", "没有 / none", "2; again at"):
        assert word in en, word
    counted = server.get("/metrics").text
    assert 'citygrid_live_figures{state="failing"} 1' in counted
    assert 'citygrid_live_figures{state="current"} 0' in counted
    drop_stands(load.database, [])
    assert server.json("/ops?f=json", Level.STAFF)["figures"] == []


def drill(kind: str, days: float, whole: bool = True) -> Drill:
    at = NOW - dt.timedelta(days=days)
    return Drill(kind, at, "b", "/b", whole, "", 1, 1, 1.0)


@pytest.mark.parametrize(
    ("drills", "states"),
    [
        ({}, [MIND, MIND]),
        ({"create": drill("create", 0.5), "verify": drill("verify", 20)}, []),
        ({"create": drill("create", 2), "verify": drill("verify", 20)}, [MIND]),
        ({"create": drill("create", 1), "verify": drill("verify", 40)}, [MIND]),
        ({"create": drill("create", 1), "verify": drill("verify", 1, False)}, [BROKEN]),
    ],
)
def test_backups_are_judged(drills: dict[str, Drill], states: list[str]) -> None:
    assert [f.state for f in judge_backups(drills, NOW)] == states


def test_disk_and_answers_are_judged() -> None:
    assert worst(judge_disk(50, 100)) == GOOD
    assert worst(judge_disk(9, 100)) == MIND
    assert worst(judge_disk(2, 100)) == BROKEN
    assert judge_answers(Answers(99, 10.0, 99)) == []
    assert worst(judge_answers(Answers(1000, 0.25, 10))) == GOOD
    assert worst(judge_answers(Answers(1000, 2.5, 10))) == MIND
    assert worst(judge_answers(Answers(1000, 0.25, 11))) == BROKEN
    lines = [
        'citygrid_requests_total{route="a",status="200"} 96',
        'citygrid_requests_total{route="b",status="503"} 4',
        *(f'citygrid_request_seconds_bucket{{route="a",le="{le}"}} {n}'
          for le, n in (("0.1", 90), ("1.0", 94), ("10.0", 96), ("+Inf", 96))),
        'citygrid_request_seconds_bucket{route="b",le="+Inf"} 4',
    ]  # fmt: skip
    assert read_answers(lines) == Answers(100, 10.0, 4)
    assert read_answers([]) == Answers(0, None, 0)


def test_layers_are_judged() -> None:
    states = [
        LayerState("a", 3, NOW - dt.timedelta(days=3), {7: 2, 8: 1}),
        LayerState("b", 0, None, {}),
    ]
    found = judge_layers(states, {"a": 2.0, "b": 1.0}, NOW)
    assert [f.en for f in found] == ["3 refused rows wait", "1 layers are late"]
    assert judge_layers(states[1:], {"b": 1.0}, NOW) == []


def test_cycles_name_layers(catalogue: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "operation.yaml"
    assert read_cycles(tmp_path, catalogue) == {}
    file.write_text("cycles: {park: 30}\n")
    assert read_cycles(tmp_path, catalogue) == {"park": 30.0}
    for text in (
        "cycles: {nothing: 1}\n",
        "cycles: {park: often}\n",
        "cycles: [park]\n",
    ):
        file.write_text(text)
        with pytest.raises(DeclarationError):
            read_cycles(tmp_path, catalogue)


def figure(behind_min: float | None, problem: str | None = None) -> StandState:
    since = None if behind_min is None else NOW - dt.timedelta(minutes=behind_min)
    return StandState("standing-a-area", "a", NOW, since, problem, None, None, None)


def test_figures_are_judged() -> None:
    assert judge_figures([figure(None), figure(4)], NOW) == []
    behind, failing = figure(6), figure(6, "x")
    assert [one.state(NOW) for one in (behind, failing)] == ["behind", "failing"]
    found = judge_figures([behind, failing, failing], NOW)
    assert [(f.state, f.en) for f in found] == [
        (BROKEN, "2 live figures fail"),
        (MIND, "1 live figures are behind"),
    ]
