"""Jobs over HTTP with a real worker: asked for, computed, told, called back."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator

import pytest

from gis.settings import Jobs
from layers import Level
from tests.jobs.conftest import Worker
from tests.waiting import until

COVERAGE = "/processes/coverage/execution"
PARK = {"inputs": {"service": "park", "zones": "district"}}
LATER = {"Prefer": "respond-async"}
ENDS = {"successful", "failed", "dismissed"}


@pytest.fixture(scope="module")
def worker(canary_dsn, tmp_path_factory, receiver) -> Iterator[Worker]:
    begun = Worker(
        canary_dsn,
        tmp_path_factory.mktemp("worker"),
        CITYGRID_CALLBACK_HOSTS=receiver.host,
        CITYGRID_PUBLIC_URL="http://city.example",
    )
    until(begun.is_ready, 60)
    yield begun
    begun.process.terminate()
    begun.process.wait(20)


class Receiver:
    """A host that jobs call back; it fails the first call, and never follows."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict]] = []
        self.redirected: list[str] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(length))
                receiver.calls.append((self.path, body))
                status = 200
                if self.path == "/moved":
                    status = 302
                elif [path for path, _ in receiver.calls].count(self.path) == 1:
                    status = 503
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def do_GET(self) -> None:
                receiver.redirected.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


def ask(server, level=Level.PUBLIC, body=PARK, path=COVERAGE, **headers):
    return server.ask("POST", path, level, json=body, headers={**LATER, **headers})


def job_of(answer):
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def ended(server, address, level=Level.PUBLIC, seconds=60):
    until(lambda: server.json(address, level)["status"] in ENDS, seconds)
    return server.json(address, level)


def test_a_job_from_beginning_to_end(server, worker):
    answer = ask(server, path=f"{COVERAGE}?lang=en")
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.headers["cache-control"] == "no-store"
    address = job_of(answer)
    told = answer.json()
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}", told["jobID"])
    assert address == f"{server.base}/jobs/{told['jobID']}"
    assert (told["type"], told["processID"]) == ("process", "coverage")
    found = ended(server, address)
    assert found["status"] == "successful"
    assert found["progress"] == 100
    assert found["created"] <= found["started"] <= found["finished"]
    link = next(one for one in found["links"] if one["rel"].endswith("/results"))
    result = server.get(link["href"])
    assert result.headers["content-type"] == "application/geo+json" == link["type"]
    assert result.headers["content-language"] == "en"
    at_once = server.ask("POST", f"{COVERAGE}?lang=en", json=PARK)
    assert result.content == at_once.content
    page = server.get(f"{address}?f=html&lang=zh")
    assert "text/html" in page.headers["content-type"]
    assert "成功 · 已完成" in page.text
    assert server.get(f"{address}?lang=zh").json()["message"] == "已完成"
    head = server.ask("HEAD", address)
    assert head.status_code == 200
    assert server.ask("OPTIONS", address).headers["allow"].endswith("DELETE")


@pytest.mark.parametrize("way", ["f", "accept", "outputs"])
def test_the_answer_is_what_was_asked_for(server, worker, way):
    path, headers, body = COVERAGE, {}, dict(PARK)
    if way == "f":
        path += "?f=csv"
    elif way == "accept":
        headers = {"Accept": "text/csv"}
    else:
        body["outputs"] = {"result": {"format": {"mediaType": "text/csv"}}}
    address = job_of(ask(server, body=body, path=path, **headers))
    assert ended(server, address)["status"] == "successful"
    result = server.get(f"{address}/results")
    assert result.headers["content-type"] == "text/csv; charset=utf-8"
    assert "coverage.csv" in result.headers["content-disposition"]
    assert result.content.startswith(b"\xef\xbb\xbf")
    assert server.get(f"{address}/results?f=csv").status_code == 200
    wrong = server.get(f"{address}/results?f=json")
    assert wrong.status_code == 400
    assert wrong.json()["description"].startswith("f: 'json' given, must be csv")


@pytest.mark.parametrize("kind", ["application/geo+json", "text/csv"])
def test_the_document_names_its_output(server, worker, kind):
    body = {
        **PARK,
        "response": "document",
        "outputs": {"result": {"format": {"mediaType": kind}}},
    }
    at_once = server.ask("POST", COVERAGE, json=body)
    assert at_once.headers["content-type"] == "application/json"
    found = at_once.json()["result"]
    assert found["mediaType"] == kind
    assert "coverage_ratio" in json.dumps(found["value"])
    address = job_of(ask(server, body=body))
    ended(server, address)
    assert server.json(f"{address}/results") == at_once.json()


@pytest.mark.parametrize(
    "where",
    ["nothing = 1", "1e308 * 1e308 > 1"],  # SQL finds the second
)
def test_the_error_of_a_job_is_the_one_of_asking_at_once(server, worker, where):
    body = {"inputs": {"service": "park", "zones": "district", "where": where}}
    at_once = server.ask("POST", COVERAGE, json=body)
    address = job_of(ask(server, body=body))
    found = ended(server, address)
    assert found["status"] == "failed"
    assert found["message"] == at_once.json()["description"]
    result = server.get(f"{address}/results")
    assert result.status_code == at_once.status_code == 400
    assert result.json() == at_once.json()


def test_callbacks_arrive(start, receiver, worker):
    root = f"http://{receiver.host}"
    subscriber = {
        "successUri": f"{root}/done",
        "inProgressUri": f"{root}/begun",
        "failedUri": f"{root}/failed",
    }
    wrong = {"service": "park", "zones": "district", "where": "nothing = 1"}
    with start(jobs=Jobs(callback_hosts=(receiver.host,))) as server:
        job = job_of(ask(server, body={**PARK, "subscriber": subscriber}))
        failing = job_of(ask(server, body={"inputs": wrong, "subscriber": subscriber}))
        moved = {"successUri": f"{root}/moved"}
        job_of(ask(server, body={**PARK, "subscriber": moved}))
        wanted = {"/done": 2, "/failed": 2, "/begun": 3, "/moved": 1}
        # each path's first call is answered by 503 and made again

        def arrived() -> bool:
            paths = [path for path, _ in receiver.calls]
            return all(paths.count(path) >= n for path, n in wanted.items())

        until(arrived, 60)
    done = [body for path, body in receiver.calls if path == "/done"][-1]
    name = job.rpartition("/")[2]
    assert done["result"]["href"] == f"http://city.example/jobs/{name}/results"
    failed = [body for path, body in receiver.calls if path == "/failed"][-1]
    assert failed["jobID"] == failing.rpartition("/")[2]
    assert failed["status"] == "failed"
    assert receiver.redirected == []


def test_metrics_tell_of_the_queue(server, worker):
    text = server.get("/metrics").text
    assert re.search(r'citygrid_jobs\{level="public",status="successful"\} [1-9]', text)
    assert re.search(r'citygrid_jobs\{level="staff",status="accepted"\} \d', text)
    assert re.search(r"citygrid_job_workers 1$", text, re.MULTILINE)
    bucket = r'citygrid_job_seconds_bucket\{process="coverage",le="\+Inf"\} [1-9]'
    assert re.search(bucket, text)
