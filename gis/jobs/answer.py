"""A result as bytes: raw, or as the document that names its outputs."""

from __future__ import annotations

from base64 import b64encode

import orjson

from processes import CSV, GEOJSON, JSON, Result, render

OUTPUT = "result"
RAW = "raw"
DOCUMENT = "document"


def write_answer(
    result: Result, media_type: str, lang: str, response: str = RAW
) -> tuple[str, bytes]:
    """Content type and bytes of an answer.

    Parameters
    ----------
    media_type : one of the process's
    lang : `zh` or `en`, for column heads and notes
    response : `raw`: the output itself; `document`: an object with the output in it,
        text as text, other bytes in base64
    """
    body = render(result, media_type, lang)
    if response == RAW:
        return (
            f"{media_type}; charset=utf-8" if media_type == CSV else media_type
        ), body
    if media_type in (JSON, GEOJSON):
        value = {"value": orjson.Fragment(body), "mediaType": media_type}
        return JSON, orjson.dumps({OUTPUT: value})
    if media_type == CSV:
        text = {"value": body.decode("utf-8-sig"), "mediaType": media_type}
        return JSON, orjson.dumps({OUTPUT: text})
    packed = {
        "value": b64encode(body).decode(),
        "mediaType": media_type,
        "encoding": "base64",
    }
    return JSON, orjson.dumps({OUTPUT: packed})
