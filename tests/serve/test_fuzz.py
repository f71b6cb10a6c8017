"""What is described is what is served: requests made from the API definition itself.

Four layers and every process in the suite; `make fuzz` takes every layer. The requests
are the same in every run.
"""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import pytest
import requests
import urllib3
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable

with warnings.catch_warnings():  # it is not ours to mend
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

pytestmark = pytest.mark.filterwarnings("default")
EVERYTHING = os.environ.get("CITYGRID_FUZZ") == "all"
LAYERS = ("component", "road", "unit_grid", "air_reading")
EXAMPLES = 40 if EVERYTHING else 8
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


class _Brief(requests.Session):
    """Takes of a stream, which has no end, what comes first."""

    def send(self, request: Any, **named: Any) -> requests.Response:
        response = super().send(request, **{**named, "stream": True})
        kind = response.headers.get("Content-Type", "")
        if kind.startswith("text/event-stream"):
            first = io.BytesIO(next(response.iter_content(None)))
            response.close()
            response.raw = urllib3.HTTPResponse(
                first, {"Content-Type": kind}, preload_content=False
            )
        return response


def _is_chosen(path: str) -> bool:
    parts = path.split("/")
    of_layer = parts[1] == "collections" and len(parts) > 2
    return EVERYTHING or not of_layer or parts[2] in LAYERS


def _fuzz(document: dict[str, Any], base: str, mode: GenerationMode) -> list[str]:
    """Failures of every operation, each by its first request that failed."""
    document["paths"] = {
        path: operations
        for path, operations in document["paths"].items()
        if _is_chosen(path)
    }
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=base)
    session = _Brief()
    failures = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @seed(20121231)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case: Any) -> None:
            response = case.call(session=session, timeout=60)
            case.validate_response(response, checks=list(CHECKS))

        try:
            run()
        except Unsatisfiable:
            continue  # nothing that such a request could be
        except (Exception, BaseExceptionGroup) as error:
            parts = getattr(error, "exceptions", (error,))
            said = "; ".join(str(part) for part in parts)
            failures.append(f"{operation.label}: {said}"[:1500])
    return failures


@pytest.mark.timeout(7200 if EVERYTHING else 300)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_answers_are_as_described(server, mode):
    failures = _fuzz(server.json("/openapi"), server.base, mode)
    assert not failures, "\n\n".join(failures)


def test_a_wrong_description_is_found(server):
    document = server.json("/openapi")
    path = "/collections/road/items"
    operation = document["paths"][path]["get"]
    del operation["responses"]["400"]
    operation["responses"]["200"]["content"].pop("application/geo+json")
    document["paths"] = {path: {"get": operation}}
    (found,) = _fuzz(document, server.base, GenerationMode.NEGATIVE)
    assert "400" in found
    (found,) = _fuzz(document, server.base, GenerationMode.POSITIVE)
    assert "content-type" in found.lower()
