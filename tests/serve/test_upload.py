"""Files sent by staff: taken whole or not at all, loaded like those of the operator."""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gis.db.cluster import Cluster
from gis.db.history import list_loads
from gis.db.pool import Database
from gis.serve import load_routes
from gis.serve.gate import COOKIE
from layers import Catalogue, City, Level
from tests.conftest import clone, drop
from tests.serve.conftest import TOKENS, Server, serving, settings_of
from tests.waiting import until

CSV = "code,name,lon,lat\nP1,甲,120.13,30.27\nP2,乙,1,2\nP3,,120.13,30.27\n".encode()
LAYER = "tourist_service"
LOADS = f"/collections/{LAYER}/loads"
NAMED = {"Content-Type": "text/csv", "Prefer": "wait=60"}


class Office:
    """A server over a database of its own, and where it keeps its files."""

    def __init__(self, server: Server, database: Database, home: Path) -> None:
        self.server = server
        self.database = database
        self.home = home

    def send(
        self, path: str = LOADS, body: bytes = CSV, level: Level = Level.STAFF,
        status: int = 201, headers: dict[str, str] | None = None, **query: Any,
    ) -> Any:  # fmt: skip
        found = self.server.ask(
            "POST", path, level, data=body, headers=headers or NAMED,
            params={"datum": "wgs84", "valid-from": "2015-01-01"} | query,
        )  # fmt: skip
        assert found.status_code == status, found.text
        return found

    def codes(self) -> list[str]:
        with self.database.owner() as connection:
            rows = connection.execute(
                f"SELECT code FROM city.{LAYER} ORDER BY 1".encode()
            )
            return [str(code) for (code,) in rows]

    def left(self) -> list[Path]:
        root = self.home / "uploads"
        return list(root.rglob("*")) if root.is_dir() else []


@pytest.fixture(scope="module")
def running(
    cluster: Cluster, migrated: str, catalogue: Catalogue, city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Office]:  # fmt: skip
    dsn = clone(cluster, "office", migrated)
    home = tmp_path_factory.mktemp("office")
    with serving(dsn, settings_of(home), catalogue, city) as server:
        yield Office(server, Database(dsn), home)
    drop(cluster, "office")


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    yield running
    with running.database.owner() as connection:
        connection.execute(
            f"TRUNCATE city.{LAYER}, ledger.load, ledger.upload "
            "RESTART IDENTITY CASCADE".encode()
        )


def test_a_file_is_loaded_and_its_rejects_are_mended(office: Office) -> None:
    sent = office.send(filename="points.csv")
    told = sent.json()
    assert sent.headers["Location"].endswith(f"/uploads/{told['jobID']}")
    assert sent.headers["Preference-Applied"] == "wait=60"
    assert (told["status"], told["progress"]) == ("successful", 100), told
    report = told["report"]
    assert (report["read"], report["loaded"], report["refused"]) == (3, 1, 2)
    assert office.codes() == ["P1"]
    assert office.server.json(f"/uploads/{told['jobID']}", Level.STAFF) == told
    number = told["load"]
    entry = office.server.json(f"/loads/{number}", Level.STAFF)
    assert entry["actor"] == "api:staff"
    assert entry["open_rejects"] == 2
    assert entry["options"]["datum"] == "wgs84"
    path = f"/loads/{number}/rejects"
    rows = office.server.json(f"{path}?f=json", Level.STAFF)["rejects"]
    assert [row["row"] for row in rows] == [2, 3]
    assert "outside the city" in rows[0]["reason"]
    book = openpyxl.load_workbook(
        io.BytesIO(office.server.get(f"{path}?f=xlsx", Level.STAFF).content)
    )
    sheet = book.active
    assert sheet is not None
    sheet["E2"], sheet["F2"] = 120.14, 30.27
    edited = io.BytesIO()
    book.save(edited)
    mended = office.server.ask(
        "POST", path, Level.STAFF, data=edited.getvalue(),
        headers={"Prefer": "wait=60"}, params={"filename": "mended.xlsx"},
    )  # fmt: skip
    assert mended.json()["report"]["loaded"] == 1, mended.text
    assert mended.json()["fixes"] == number
    assert office.codes() == ["P1", "P2"]
    still = office.server.json(f"{path}?f=json", Level.STAFF)["rejects"]
    assert [row["row"] for row in still] == [3]
    listed = office.server.json("/loads", Level.STAFF)["loads"]
    assert [load["id"] for load in listed] == [number + 1, number]
    assert len(office.server.json("/uploads", Level.STAFF)["jobs"]) == 2
    assert office.left() == []


def test_a_form_says_the_same(office: Office) -> None:
    form = {"datum": (None, "wgs84"), "file": ("点 2015.csv", CSV, "text/csv"),
            "dry-run": (None, "true"), "set": (None, "name=丙")}  # fmt: skip
    found = office.server.ask(
        "POST", LOADS, Level.STAFF, files=form, headers={"Prefer": "wait=60"}
    )
    told = found.json()
    assert (told["file"], told["status"]) == ("点 2015.csv", "successful"), told
    assert (told["report"]["loaded"], told["load"]) == (2, None)
    assert office.codes() == []
    assert office.left() == []


def test_who_may(office: Office, catalogue: Catalogue) -> None:
    office.send(level=Level.PUBLIC, status=401)
    assert office.server.get("/loads").status_code == 401
    hidden = office.send("/collections/case_record/loads", status=403)
    assert "above level staff" in hidden.text
    assert catalogue["camera"].access == Level.RESTRICTED
    office.send("/collections/camera/loads", status=404)
    office.send("/collections/nowhere/loads", status=404)
    office.send(headers=NAMED | {"Authorization": "Bearer wrong"}, status=201)
    cookie = {"Cookie": f"{COOKIE}={cookie_of(office)}", **NAMED}
    here = office.server.base
    for origin, status in ((here, 201), ("https://evil.example", 401)):
        found = office.server.session.post(
            f"{here}{LOADS}?datum=wgs84", data=CSV, timeout=60,
            headers=cookie | {"Origin": origin},
        )  # fmt: skip
        assert found.status_code == status, found.text
    number = office.server.json("/loads", Level.STAFF)["loads"][0]["id"]
    for path in (f"/loads/{number}", f"/loads/{number}/rejects", "/uploads"):
        assert office.server.get(path).status_code == 401
    assert office.server.get("/loads/999999", Level.STAFF).status_code == 404


def cookie_of(office: Office) -> str:
    found = office.server.session.post(
        f"{office.server.base}/signin", data={"token": TOKENS[Level.STAFF]},
        allow_redirects=False, timeout=60,
    )  # fmt: skip
    return found.headers["set-cookie"].split(";")[0].partition("=")[2]


def test_what_staff_may_not_load_they_do_not_see(office: Office) -> None:
    body = b"code,name,kind,lon,lat\nC1,x,1,120.13,30.27\n"
    sent = office.send("/collections/camera/loads", body, Level.RESTRICTED)
    path = f"/uploads/{sent.json()['jobID']}"
    assert office.server.get(path, Level.RESTRICTED).status_code == 200
    assert office.server.get(path, Level.STAFF).status_code == 404
    assert office.server.json("/loads", Level.STAFF)["loads"] == []
    assert office.server.get("/loads?layer=camera", Level.STAFF).status_code == 404


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"datum": ""}, "state what the coordinates are"),
        ({"mode": "replace"}, "must be one of upsert"),
        ({"valid-from": "06/07/2015"}, "must be a day such as"),
        ({"header-row": "0"}, "must be 1 to"),
        ({"map": "经度"}, "of the form a=b"),
        ({"dry-run": "maybe"}, "must be true or false"),
        ({"mapping": "nothing"}, "must be one of"),
        ({"datums": "wgs84"}, "unknown parameter"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_the_body(
    office: Office, query: dict[str, str], words: str
) -> None:
    told = office.send(status=400, **query).json()
    assert words in told["detail"]
    assert "--" not in told["detail"]
    assert office.left() == []


def test_a_file_that_cannot_be_read_says_why(office: Office) -> None:
    told = office.send(body=b"\xff\xfe\x00", filename="x.xlsx").json()
    assert told["status"] == "failed"
    assert told["message"].startswith("x.xlsx: "), told
    assert "uploads/" not in told["message"]
    book = openpyxl.Workbook()
    for title in ("a", "b"):
        book.create_sheet(title).append(["code"])
    two = io.BytesIO()
    book.save(two)
    told = office.send(body=two.getvalue(), filename="x.xlsx").json()
    assert "say which with table: a, b" in told["message"]
    office.send(body=b"", filename="x.csv", status=400)
    office.send(headers={"Content-Type": "image/png"}, status=400)
    office.send(
        headers={"Content-Type": "multipart/form-data; boundary=x"}, body=b"--y",
        status=400,
    )  # fmt: skip
    assert office.codes() == []
    assert office.left() == []


def test_a_body_too_long_is_refused_and_leaves_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_routes, "LARGEST", 100_000)
    lead = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    with serving_small(office) as server:
        for headers, body in (({"Content-Type": "text/csv"}, b""), (form, lead)):
            for sent in (iter([body, CSV * 2000]), body + CSV * 2000):
                found = server.ask(
                    "POST", LOADS, Level.STAFF, data=sent, headers=headers,
                    params={"datum": "wgs84"},
                )  # fmt: skip
                assert found.status_code == 413, found.text
                assert "at most 100,000 bytes" in found.text
                assert found.headers["connection"] == "close"
    assert office.left() == []


def serving_small(office: Office) -> Any:
    from layers import load_catalogue, load_city

    settings = settings_of(office.home)
    return serving(office.database.dsn, settings, load_catalogue(), load_city())


def test_a_client_that_goes_leaves_nothing(office: Office) -> None:
    before = len(office.server.json("/uploads", Level.STAFF)["jobs"])
    connection = http.client.HTTPConnection(office.server.base.removeprefix("http://"))
    connection.putrequest("POST", f"{LOADS}?datum=wgs84")
    connection.putheader("Authorization", f"Bearer {TOKENS[Level.STAFF]}")
    connection.putheader("Content-Type", "text/csv")
    connection.putheader("Content-Length", "100000000")
    connection.endheaders()
    connection.send(CSV * 40_000)
    until(office.left, 20)
    connection.close()
    until(lambda: not office.left(), 20)
    assert len(office.server.json("/uploads", Level.STAFF)["jobs"]) == before
    assert office.codes() == []


def test_behind_another_load_it_queues_and_light_requests_do_not(
    office: Office,
) -> None:
    with office.database.owner() as connection:
        connection.execute(
            b"SELECT pg_advisory_xact_lock(hashtextextended('load tourist_service', 0))"
        )
        told = office.send(headers={"Content-Type": "text/csv"}).json()
        assert told["status"] == "accepted"
        path = f"/uploads/{told['jobID']}"
        until(
            lambda: "queued behind" in office.server.json(path, Level.STAFF)["message"],
            20,
        )
        assert office.server.json(path, Level.STAFF)["status"] == "running"
        begun = time.monotonic()
        assert office.server.get("/conformance").status_code == 200
        assert time.monotonic() - begun < 5
    until(lambda: office.server.json(path, Level.STAFF)["status"] == "successful", 20)
    assert office.codes() == ["P1"]


def test_a_killed_load_is_said_to_have_failed(office: Office) -> None:
    import os
    import signal
    import subprocess

    with office.database.owner() as connection:
        connection.execute(
            b"SELECT pg_advisory_xact_lock(hashtextextended('load tourist_service', 0))"
        )
        told = office.send(headers={"Content-Type": "text/csv"}).json()
        path = f"/uploads/{told['jobID']}"
        until(
            lambda: "queued behind" in office.server.json(path, Level.STAFF)["message"],
            20,
        )
        found = subprocess.run(
            ["pgrep", "-P", str(os.getpid()), "-f", "gis.serve.worker"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        for pid in found.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
        until(lambda: office.server.json(path, Level.STAFF)["status"] == "failed", 20)
    assert office.codes() == []
    assert list_loads(office.database) == []
    assert office.left() == []


def test_what_a_killed_server_left_is_removed(office: Office) -> None:
    dead = office.home / "uploads" / "0000"
    dead.mkdir(parents=True, exist_ok=True)
    (dead / "half.csv").write_bytes(CSV)
    office.send()
    assert not dead.exists()


def test_the_description_is_for_those_who_may(office: Office) -> None:
    public = office.server.json("/openapi")["paths"]
    assert not any("load" in path for path in public)
    staff = office.server.json("/openapi", Level.STAFF)["paths"]
    assert "post" in staff[LOADS]
    assert "/collections/camera/loads" not in staff
    full = office.server.json("/openapi", Level.RESTRICTED)["paths"]
    assert "/collections/camera/loads" in full
    answers = staff[LOADS]["post"]["responses"]
    assert {"201", "400", "401", "403", "404", "408", "413", "503", "507"} <= set(
        answers
    )
    assert "2,147,483,648 bytes" in answers["413"]["description"]
