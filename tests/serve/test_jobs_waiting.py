"""Jobs over HTTP while nobody computes them: refused, listed, bounded, dismissed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from gis.db.attempts import Attempts
from gis.db.job import JobFilter
from gis.db.jobs import JobStore
from gis.db.pool import Database
from gis.settings import Jobs, Share
from layers import Level, Title
from processes import registry

COVERAGE = "/processes/coverage/execution"
PARK = {"inputs": {"service": "park", "zones": "district"}}
LATER = {"Prefer": "respond-async"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def store(canary_dsn) -> Iterator[JobStore]:
    database = Database(canary_dsn)
    yield JobStore(database, Jobs())
    database.close()


@pytest.fixture(autouse=True)
def emptied(store) -> Iterator[None]:
    """No job of one test takes the place of another's."""
    yield
    for job in store.listed(JobFilter(statuses=("accepted", "running"), limit=1000)):
        store.dismiss(job)


def ask(server, level=Level.PUBLIC, body=PARK, path=COVERAGE, **headers):
    return server.ask("POST", path, level, json=body, headers={**LATER, **headers})


def job_of(answer):
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


@pytest.fixture
def attempts(canary_dsn) -> Iterator[Attempts]:
    database = Database(canary_dsn)
    yield Attempts(database, 7)
    database.close()


def test_a_quick_process_answers_at_once(server):
    body = {"inputs": {"x": 120.1605, "y": 30.2705}}
    answer = ask(server, body=body, path="/processes/locate/execution")
    assert answer.status_code == 200
    assert "preference-applied" not in answer.headers
    described = {
        id_: server.json(f"/processes/{id_}")["jobControlOptions"] for id_ in registry
    }
    for id_, modes in described.items():
        assert ("async-execute" in modes) == (not registry[id_].quick)
        assert ("dismiss" in modes) == ("async-execute" in modes)
        assert "sync-execute" in modes


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("respond-async", 201),
        ("Respond-Async; x=1, wait=5", 201),
        ("wait=5, respond-async", 201),
        ("return=minimal", 200),
        ("not-respond-async", 200),
        ("", 200),
    ],
)
def test_preferences(server, prefer, status):
    answer = server.ask("POST", COVERAGE, json=PARK, headers={"Prefer": prefer})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        ({"service": "park", "zones": 7}, 400),
        ({"service": "park", "share_min": 7}, 400),
        ({"service": "park", "share_min": "0.5"}, 400),
        ({"service": "park", "nothing": 1}, 400),
        ({"service": "pa\x00rk"}, 400),
        ({"service": "camera", "zones": "district", "as_of": "2015-07-07"}, 403),
        ({"service": "park", "as_of": "2999-01-01"}, 400),
    ],
)
def test_what_may_not_be_asked_is_refused_before_it_is_queued(
    server, store, inputs, status
):
    before = sum(store.counts().values())
    answer = ask(server, body={"inputs": inputs})
    assert answer.status_code == status, answer.text
    assert sum(store.counts().values()) == before


def test_an_inner_error_tells_a_reference_only(server, attempts):
    """What the child writes of an error it does not know: the same as the server."""
    from gis.jobs.child import Attempt

    class Broken:
        def __getattr__(self, name):
            raise RuntimeError("password=open-sesame")

    address = job_of(ask(server, Level.RESTRICTED))
    begun = attempts.start(address.rpartition("/")[2])
    assert begun is not None
    assert Attempt(attempts, begun, Broken(), None).run() == 0
    result = server.get(f"{address}/results", Level.RESTRICTED)
    assert result.status_code == 500
    assert "open-sesame" not in result.text
    assert re.search(r"reference [0-9a-f]{8}$", result.json()["description"])


def test_levels_see_their_own_jobs_only(server):
    addresses = {level: job_of(ask(server, level)) for level in Level}
    for owner, address in addresses.items():
        for level in Level:
            mine = owner in (Level.PUBLIC, level)
            for path in (address, f"{address}/results"):
                answer = server.get(path, level)
                if not mine:
                    assert answer.status_code == 404
                    assert answer.json()["type"].endswith("/no-such-job")
                    absent = server.get(f"/jobs/{UNKNOWN}", level)
                    assert absent.json()["code"] == answer.json()["code"]
            if not mine:
                assert server.ask("DELETE", address, level).status_code == 404
    for level in Level:
        listed = [job["jobID"] for job in server.json("/jobs", level)["jobs"]]
        for owner, address in addresses.items():
            shown = address.rpartition("/")[2] in listed
            assert shown == (owner == level != Level.PUBLIC)
    for owner, address in addresses.items():
        assert server.ask("DELETE", address, owner).json()["status"] == "dismissed"


def test_results_before_the_end_and_after_dismissal(start, canary_dsn):
    with start() as server:
        address = job_of(ask(server, Level.STAFF))
        early = server.get(f"{address}/results", Level.STAFF)
        assert early.status_code == 404
        assert early.json()["type"].endswith("/result-not-ready")
        first = server.ask("DELETE", address, Level.STAFF)
        assert first.status_code == 200
        assert first.json()["status"] == "dismissed"
        again = server.ask("DELETE", address, Level.STAFF)
        assert again.json()["finished"] == first.json()["finished"]
        assert server.json(address, Level.STAFF)["status"] == "dismissed"
        gone = server.get(f"{address}/results", Level.STAFF)
        assert gone.status_code == 410


@pytest.mark.parametrize("name", [UNKNOWN, "x", "1", "%00", "../x", UNKNOWN.upper()])
def test_no_such_job(server, name):
    for method in ("GET", "DELETE"):
        answer = server.ask(method, f"/jobs/{name}")
        assert answer.status_code == 404, answer.text


def test_pages_and_filters_of_the_list(start):
    level = Level.STAFF
    with start() as server:
        made = [job_of(ask(server, level)).rpartition("/")[2] for _ in range(3)]
        for job in made[:2]:
            server.ask("DELETE", f"/jobs/{job}", level)

        def ids(query):
            return [job["jobID"] for job in server.json(f"/jobs{query}", level)["jobs"]]

        assert ids("?limit=3") == made[::-1]
        page, seen = server.json("/jobs?limit=1&status=dismissed", level), []
        while True:
            seen += [job["jobID"] for job in page["jobs"]]
            following = [one["href"] for one in page["links"] if one["rel"] == "next"]
            if not following or len(seen) == 2:
                break
            page = server.json(following[0], level)
        assert seen == [made[1], made[0]]
        assert set(ids("?processID=coverage")) >= set(made)
        assert ids("?processID=gap,nothing") == []
        assert made[0] in ids("?status=dismissed,failed&type=process")
        assert ids("?datetime=2001-01-01/2001-12-31") == []
        assert made[0] in ids("?datetime=2020-01-01/..")
        assert made[0] not in ids("?minDuration=3600")
        other = server.get("/jobs?limit=1&status=dismissed&cursor=x", level)
        assert other.status_code == 400


@pytest.mark.parametrize(
    "query",
    ["status=done", "type=x", "limit=0", "minDuration=x", "maxDuration=-1", "x=1",
     "datetime=yesterday", "cursor=abc", "minDuration=nan", "status="],
)  # fmt: skip
def test_a_list_that_cannot_be_asked(server, query):
    answer = server.get(f"/jobs?{query}", Level.STAFF)
    assert answer.status_code == 400, answer.text
    assert answer.json()["description"].startswith(query.partition("=")[0])


def test_bounds_of_caller_and_level(start):
    small = Jobs(
        public=Share(running=1, waiting=3, each=2, seconds=60),
        staff=Share(running=1, waiting=2, each=9, seconds=60),
    )
    with start(jobs=small) as server:
        # behind a proxy that is trusted, its callers are told apart
        answers = [ask(server, **{"X-Forwarded-For": "192.0.2.7"}) for _ in range(3)]
        assert [a.status_code for a in answers] == [201, 201, 429]
        assert answers[2].json()["code"] == "TooManyRequests"
        assert int(answers[2].headers["Retry-After"]) > 0
        # what a client says of itself before the proxy does not make him another
        lying = ask(server, **{"X-Forwarded-For": "203.0.113.9, 192.0.2.7"})
        assert lying.status_code == 429
        other = [ask(server, **{"X-Forwarded-For": "192.0.2.8"}) for _ in range(2)]
        assert [a.status_code for a in other] == [201, 503]
        staff = [ask(server, Level.STAFF) for _ in range(3)]
        assert [a.status_code for a in staff] == [201, 201, 503]
        assert int(staff[2].headers["Retry-After"]) > 0
        for answer in (*answers, *other):
            if answer.status_code == 201:
                server.ask("DELETE", answer.headers["Location"])
        for answer in staff[:2]:
            server.ask("DELETE", answer.headers["Location"], Level.STAFF)
        assert ask(server, Level.STAFF).status_code == 201


@pytest.mark.parametrize(
    ("subscriber", "name"),
    [
        ({"successUri": "http://169.254.169.254/latest"}, "subscriber.successUri"),
        ({"successUri": "file:///etc/passwd"}, "subscriber.successUri"),
        ({"successUri": "http://good.example@evil.example/"}, "subscriber.successUri"),
        ({"successUri": "http://evil.example\\@good.example/"}, "subscriber.success"),
        ({"successUri": "http://good.example.evil.example/"}, "subscriber.successUri"),
        ({"successUri": "http://good.example:22/"}, "subscriber.successUri"),
        ({"successUri": "https://good.example/"}, "subscriber.successUri"),
        ({"successUri": "http://good.example:99999/"}, "subscriber.successUri"),
        ({"successUri": 7}, "subscriber.successUri"),
        ({"successUri": "http://any.example/\r\nX: y"}, "subscriber.successUri"),
        ({"successUri": "http://any.example/完成"}, "subscriber.successUri"),
        ({"failedUri": "http://any.example/"}, "subscriber.successUri"),
        ({"successUri": "http://any.example/", "x": "http://any.example/"}, "subscr"),
        ("http://any.example/", "subscriber"),
        ([], "subscriber"),
    ],
)
def test_callbacks_to_other_hosts_are_refused(start, subscriber, name):
    allowed = Jobs(callback_hosts=("good.example:80", "any.example"))
    with start(jobs=allowed) as server:
        for headers in (LATER, {}):
            answer = server.ask(
                "POST", COVERAGE, json={**PARK, "subscriber": subscriber},
                headers=headers,
            )  # fmt: skip
            assert answer.status_code == 400, answer.text
            assert answer.json()["description"].startswith(name)


def test_no_host_is_called_back_by_default(server):
    body = {**PARK, "subscriber": {"successUri": "http://127.0.0.1/"}}
    answer = ask(server, body=body)
    assert answer.status_code == 400
    assert "CITYGRID_CALLBACK_HOSTS" in answer.json()["description"]


def test_landing_and_conformance(server):
    rels = [link["rel"] for link in server.json("/")["links"]]
    assert "http://www.opengis.net/def/rel/ogc/1.0/job-list" in rels
    declared = server.json("/conformance")["conformsTo"]
    root = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf"
    for name in ("job-list", "callback", "dismiss"):
        assert f"{root}/{name}" in declared


def test_progress_is_bounded_and_never_falls(attempts, server):
    address = job_of(ask(server, Level.RESTRICTED))
    begun = attempts.start(address.rpartition("/")[2])
    assert begun is not None
    for given, shown in ((10, 10), (60, 60), (20, 60), (100, 100)):
        assert attempts.tell(begun, given, Title(zh="甲", en="a"))
        found = server.json(f"{address}?lang=en", Level.RESTRICTED)
        assert (found["progress"], found["message"]) == (shown, "a")
        assert found["status"] == "running"
    assert server.ask("DELETE", address, Level.RESTRICTED).status_code == 200
    assert not attempts.tell(begun, 99, Title(zh="甲", en="a"))
