"""OGC API - Processes, part 1: what the executable suite asks of an echo process.

The suite takes the id of a process that answers with its inputs. No worker runs here,
so that a job stays as it was accepted; how jobs end is proven by tests/jobs.
"""

from __future__ import annotations

from typing import Any

import jsonschema
import requests

from tests.conformance.harness import Api, links, proves

P = "ogcapi-processes-1/1.0/conf/core"
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
_WORD = "teststring"
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT[\d:.]+Z$"}
#: The standard's statusInfo.yaml.
_STATUS = {
    "type": "object",
    "required": ["jobID", "status", "type"],
    "properties": {
        "processID": {"type": "string"},
        "type": {"enum": ["process"]},
        "jobID": {"type": "string"},
        "status": {
            "enum": ["accepted", "running", "successful", "failed", "dismissed"]
        },
        "message": {"type": "string"},
        **dict.fromkeys(("created", "started", "finished", "updated"), _INSTANT),
        "progress": {"type": "integer", "minimum": 0, "maximum": 100},
        "links": {"type": "array"},
    },
}
#: The standard's exception.yaml.
_EXCEPTION = {
    "type": "object",
    "required": ["type"],
    "properties": {
        **{key: {"type": "string"} for key in ("type", "title", "detail", "instance")},
        "status": {"type": "integer"},
    },
}


def _echo(
    api: Api, inputs: object, prefer: str = "", **more: object
) -> requests.Response:
    """One execute request, as the suite writes it."""
    return api.session.post(
        f"{api.base}/processes/echo/execution",
        json={"inputs": inputs, **more},
        headers={"Accept": "application/json"} | ({"Prefer": prefer} if prefer else {}),
        timeout=30,
    )


def _accepted(api: Api, **inputs: object) -> tuple[str, dict[str, Any]]:
    """Address and status of a job that was asked for."""
    answer = _echo(api, inputs, "respond-async ")
    assert answer.status_code == 201, answer.text
    where = answer.headers["location"]
    found = api.json(where)
    jsonschema.validate(found, _STATUS)
    return where, found


@proves(
    f"{P}/job-creation-input-inline-bbox",
    f"{P}/job-creation-input-inline-mixed",
    f"{P}/job-creation-input-inline-object",
    f"{P}/job-creation-input-array",
    f"{P}/job-creation-success-sync-raw-value-one",
    defects=("execution-empty", "status-500"),
)
def every_kind_of_input_is_taken(api: Api) -> None:
    box = {"bbox": [51.9, 7, 52, 7.1], "crs": _CRS84}
    for inputs, understood in (
        ({"text": _WORD}, {"text": _WORD}),
        ({"text": {"value": _WORD, "mediaType": "text/plain"}}, {"text": _WORD}),
        ({"numbers": [1, 2, 3]}, {"numbers": [1, 2, 3]}),
        ({"mixed": _WORD}, {"mixed": _WORD}),
        ({"mixed": {"value": _WORD}}, {"mixed": _WORD}),
        ({"mixed": {"value": {"a": [1]}}}, {"mixed": {"a": [1]}}),
        ({"box": box}, {"box": box}),
    ):
        outputs = {"result": {"transmissionMode": "value"}}
        answer = _echo(api, inputs, outputs=outputs, response="raw")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert "link" not in answer.headers  # none is a monitor: no job was made
        assert understood.items() <= answer.json().items()


@proves(f"{P}/job-creation-input-validation", defects="status-200")
def a_wrong_kind_of_input_is_refused(api: Api) -> None:
    for inputs in (
        {"text": {"type": "wrong/type"}},
        {"text": {"value": _WORD, "mediaType": "wrong/type"}},
        {"numbers": ["a"]},
        {"box": {"bbox": [1, 2]}},
        {"pause": -1},
    ):
        answer = _echo(api, inputs)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/json"
        jsonschema.validate(answer.json(), _EXCEPTION)
        (name,) = inputs
        assert name in answer.json()["detail"]


@proves(f"{P}/job-creation-success-sync-document", defects="execution-empty")
def a_document_names_its_outputs(api: Api) -> None:
    answer = _echo(api, {"text": _WORD}, response="document")
    assert answer.status_code == 200
    assert answer.json()["result"]["value"]["text"] == _WORD


@proves(
    f"{P}/job-creation-auto-execution-mode",
    f"{P}/job-creation-success-async",
    f"{P}/job-op",
    f"{P}/job-success",
    defects=("status-500", "not-json"),
)
def a_job_is_made_and_told_of(api: Api) -> None:
    where, found = _accepted(api, text=_WORD)
    assert found["status"] == "accepted"
    assert links(found, "self")[0]["href"] == where


@proves(
    f"{P}/job-results-exception-results-not-ready",
    defects=("status-200", "status-500"),
)
def results_are_not_ready_before_the_end(api: Api) -> None:
    where, _ = _accepted(api, text=_WORD, pause=5)
    answer = api.ask(f"{where}/results", accept="application/json")
    assert answer.status_code == 404
    assert answer.json()["type"] == f"{EXCEPTIONS}/result-not-ready"
    jsonschema.validate(answer.json(), _EXCEPTION)


@proves(
    f"{P}/job-exception-no-such-job",
    f"{P}/job-results-exception-no-such-job",
    defects=("status-200", "not-json"),
)
def unknown_jobs_are_refused(api: Api) -> None:
    for path in ("/jobs/nothing", "/jobs/nothing/results"):
        answer = api.ask(path, accept="application/json")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["type"] == f"{EXCEPTIONS}/no-such-job"


@proves(
    "ogcapi-processes-1/1.0/conf/dismiss/job-dismiss-op",
    "ogcapi-processes-1/1.0/conf/dismiss/job-dismiss-success",
    defects="status-500",
)
def a_job_is_dismissed(api: Api) -> None:
    where, _ = _accepted(api, text=_WORD)
    answer = api.ask(where, "DELETE", accept="application/json")
    assert answer.status_code == 200
    jsonschema.validate(answer.json(), _STATUS)
    assert answer.json()["status"] == "dismissed"
    assert api.json(where)["status"] == "dismissed"
