"""What was sent, sent back: to try an execute request before asking the city anything.

Question: does my client write its inputs as the server reads them, can it wait for an
answer, follow a job, give one up?

Method: every input that was given is answered as it was understood; nothing is read.
One input of each kind that an execute request knows is there: a text, a list, a value
of mixed kind, a bounding box. `pause` keeps the answer back for so many seconds, which
are told as progress.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, WithJsonSchema

from layers import Title
from processes._ports import Reader
from processes._progress import tell
from processes._spec import JSON, Inputs, Process, Result

LONGEST_PAUSE_S = 10
_STEP_S = 0.1
_WAITING = Title(zh="等待", en="waiting")


class BoundingBox(BaseModel):
    """A box as OGC API - Processes writes one; it is not held against any place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bbox: tuple[FiniteFloat, ...] = Field(min_length=4, max_length=6)
    crs: str = Field("http://www.opengis.net/def/crs/OGC/1.3/CRS84", max_length=200)


#: The standard marks a box by its format, beside what it must look like.
_BOX_SCHEMA: dict[str, Any] = {
    "allOf": [
        {"format": "ogc-bbox"},
        {
            "type": "object",
            "required": ["bbox"],
            "properties": {
                "bbox": {
                    "type": "array",
                    "minItems": 4,
                    "maxItems": 6,
                    "items": {"type": "number"},
                },
                "crs": {"type": "string", "format": "uri", "maxLength": 200},
            },
            "additionalProperties": False,
        },
    ]
}
_MIXED_SCHEMA: dict[str, Any] = {
    "oneOf": [
        {"type": "object", "maxProperties": 100, "additionalProperties": True},
        {"type": "string", "maxLength": 4000},
    ]
}


class EchoInputs(Inputs):
    """Anything that is to come back."""

    text: str = Field(
        "",
        max_length=4000,
        description="any text",
        json_schema_extra={"contentMediaType": "text/plain"},
    )
    numbers: tuple[int, ...] = Field(
        (), max_length=1000, description="any whole numbers"
    )
    mixed: Annotated[dict[str, Any] | str, WithJsonSchema(_MIXED_SCHEMA)] = Field(
        "", description="any object, or a text"
    )
    box: Annotated[BoundingBox | None, WithJsonSchema(_BOX_SCHEMA)] = Field(
        None, description="any bounding box, with its CRS"
    )
    pause: float = Field(
        0.0,
        ge=0,
        le=LONGEST_PAUSE_S,
        description="seconds until the answer, told as progress",
    )


def run(inputs: EchoInputs, _read: Reader) -> Result:
    """The inputs that were given, after the pause."""
    end = time.monotonic() + inputs.pause
    while (left := end - time.monotonic()) > 0:
        tell(1 - left / inputs.pause, _WAITING)
        time.sleep(min(left, _STEP_S))
    given = inputs.model_dump(mode="json", include=inputs.model_fields_set)
    return Result(process=PROCESS.id, version=PROCESS.version, inputs=given, body=given)


def _reads(_inputs: EchoInputs, _read: Reader) -> Sequence[str]:
    """No layer."""
    return ()


PROCESS = Process(
    id="echo",
    version="1",
    title=Title(zh="回声", en="Echo"),
    description=Title(
        zh="原样返回收到的输入，可等待几秒：用来试验执行请求和后台任务。",
        en="The inputs as they were received, after a pause if asked: to try execute "
        "requests and jobs.",
    ),
    inputs=EchoInputs,
    run=run,
    media_types=(JSON,),
    reads=_reads,
    kept=False,
)
