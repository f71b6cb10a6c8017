"""What an execute request asks for: inputs, format, now or later, who is called back.

Inputs are held against the schema that the process publishes before anything is begun
or queued.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from starlette.requests import Request

from gis.errors import QueryError
from gis.jobs.answer import DOCUMENT, OUTPUT, RAW
from gis.publish.processes import flattened
from gis.serve.negotiate import format_of
from gis.serve.openapi import FORMATS
from processes import InvalidInput, Process, read_inputs, registry

_MEMBERS = frozenset({"inputs", "outputs", "response", "mode", "subscriber"})
_OUTPUT_MEMBERS = frozenset({"format", "transmissionMode"})
#: Members of a value that says what it is; the standard writes objects so.
_QUALIFIED = frozenset({"value", "mediaType", "encoding", "schema"})
_LINK = frozenset({"href", "rel", "type", "hreflang", "title", "length"})
DEEPEST = 64  # objects and lists in one another, in an input
_VALUE_TYPES = ("application/json", "application/geo+json", "text/plain")


@dataclass(frozen=True)
class ExecuteRequest:
    """One execute request, checked.

    Parameters
    ----------
    inputs : valid for the process
    media_type : one of the process's
    response : `raw` or `document`
    subscriber : as it was given
    is_async : whether the caller prefers not to wait
    """

    inputs: Mapping[str, Any]
    media_type: str
    response: str
    subscriber: object
    is_async: bool


def read_execute(request: Request, process: Process, body: bytes) -> ExecuteRequest:
    """The execute request of a body.

    Raises
    ------
    QueryError : not JSON, not an execute request, or asking for what is not offered
    InvalidInput : an input does not fit
    """
    try:
        given = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise QueryError("body", f"not JSON: {error}") from error
    if not isinstance(given, dict):
        raise QueryError("body", "must be an object with the member inputs")
    for name in given:
        if name not in _MEMBERS:
            known = ", ".join(sorted(_MEMBERS))
            raise QueryError(name, f"unknown member, known are {known}")
    response = given.get("response", RAW)
    if response not in (RAW, DOCUMENT):
        raise QueryError("response", f"{response!r} given, must be raw or document")
    if given.get("mode", "sync") not in ("sync", "auto"):
        raise QueryError(
            "mode",
            f"{given['mode']!r} given, must be sync; to be answered later send the "
            "header Prefer: respond-async",
        )
    media_type = _output_type(given.get("outputs"), process)
    inputs = given.get("inputs", {})
    if not isinstance(inputs, dict):
        raise QueryError("inputs", "must be an object")
    known = _schema(process.id).get("properties", {})
    inputs = {
        name: _unqualified(name, value, known.get(name, {}))
        for name, value in inputs.items()
    }
    check_inputs(process, inputs)
    return ExecuteRequest(
        inputs=inputs,
        media_type=media_type or _negotiated(request, process),
        response=response,
        subscriber=given.get("subscriber"),
        is_async=prefers_async(request),
    )


def prefers_async(request: Request) -> bool:
    """Whether a Prefer header holds `respond-async` (RFC 7240)."""
    for header in request.headers.getlist("prefer"):
        for preference in header.split(","):
            token = preference.partition(";")[0].partition("=")[0]
            if token.strip().lower() == "respond-async":
                return True
    return False


def _unqualified(name: str, given: object, schema: Mapping[str, Any]) -> object:
    """An input out of the `value` that the standard may wrap it in.

    Raises
    ------
    QueryError : it is in another media type or encoding, or only linked to
    """
    own = schema.get("properties", {})
    if not isinstance(given, Mapping):
        return given
    if "href" in given and given.keys() <= _LINK and "href" not in own:
        raise QueryError(
            f"inputs.{name}.href",
            "must be given by value: this server fetches no inputs from elsewhere",
        )
    if "value" not in given or not given.keys() <= _QUALIFIED or "value" in own:
        return given
    media_type, encoding = given.get("mediaType"), given.get("encoding")
    own_type = schema.get("contentMediaType")
    allowed = (own_type,) if own_type else _VALUE_TYPES
    if media_type is not None and media_type not in allowed:
        known = ", ".join(allowed)
        raise QueryError(
            f"inputs.{name}.mediaType", f"{media_type!r} given, must be one of {known}"
        )
    if encoding is not None and str(encoding).lower() != "utf-8":
        raise QueryError(
            f"inputs.{name}.encoding", f"{encoding!r} given, must be utf-8"
        )
    return given["value"]


def check_inputs(process: Process, inputs: Mapping[str, Any]) -> None:
    """Hold inputs against the model, then against the schema made from it.

    Raises
    ------
    InvalidInput : naming the input, what was found and what is allowed
    """
    _check_texts("inputs", inputs)
    read_inputs(process.inputs, inputs)
    wrong = best_match(_validator(process.id).iter_errors(dict(inputs)))
    if wrong is not None:
        path = ".".join(str(part) for part in wrong.absolute_path) or "inputs"
        allowed = f"must be as published: {wrong.validator} {wrong.validator_value}"
        raise InvalidInput(path, wrong.instance, allowed[:300])


@cache
def _schema(process_id: str) -> Mapping[str, Any]:
    return flattened(registry[process_id].inputs.model_json_schema())


@cache
def _validator(process_id: str) -> Draft202012Validator:
    return Draft202012Validator(
        _schema(process_id), format_checker=FormatChecker(["date"])
    )


def _check_texts(path: str, value: object, depth: int = 0) -> None:
    """Refuse the one character that no text in the database can hold, and the abyss."""
    if depth > DEEPEST:
        raise QueryError(path[:200], f"nested deeper than {DEEPEST} levels")
    if isinstance(value, str):
        if "\x00" in value:
            raise QueryError(path, "must not hold the character U+0000")
    elif isinstance(value, Mapping):
        for name, part in value.items():
            _check_texts("inputs", name, depth)
            _check_texts(f"{path}.{name}", part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check_texts(path, part, depth + 1)


def _output_type(outputs: object, process: Process) -> str | None:
    """Media type that `outputs` asks for; None where it asks for none."""
    if outputs is None:
        return None
    if not isinstance(outputs, Mapping) or not outputs.keys() <= {OUTPUT}:
        raise QueryError("outputs", f"must be an object with the member {OUTPUT}")
    wanted = outputs.get(OUTPUT, {})
    name = f"outputs.{OUTPUT}"
    if not isinstance(wanted, Mapping) or not wanted.keys() <= _OUTPUT_MEMBERS:
        known = ", ".join(sorted(_OUTPUT_MEMBERS))
        raise QueryError(name, f"must be an object, its members are {known}")
    mode = wanted.get("transmissionMode", "value")
    if mode != "value":
        raise QueryError(f"{name}.transmissionMode", f"{mode!r} given, must be value")
    form = wanted.get("format", {})
    if not isinstance(form, Mapping):
        raise QueryError(f"{name}.format", "must be an object")
    media_type = form.get("mediaType")
    if media_type is not None and media_type not in process.media_types:
        known = ", ".join(process.media_types)
        raise QueryError(
            f"{name}.format.mediaType", f"{media_type!r} given, must be one of {known}"
        )
    return media_type


def _negotiated(request: Request, process: Process) -> str:
    """What to answer in, of what the process can; its default comes first."""
    short = {media_type: name for name, media_type in FORMATS.items()}
    offered: dict[str, list[str]] = {
        short[media_type]: [media_type] for media_type in process.media_types
    }
    first = next(iter(offered))
    offered[first] += ["application/*", "*/*"]
    if "json" not in offered and "geojson" in offered:
        offered["geojson"].append("application/json")
    return FORMATS[format_of(request, offered)]
