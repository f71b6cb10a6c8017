"""The server with at most one deliberate defect between it and its clients."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Answer:
    """What the server is about to answer."""

    path: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("content-type", "") and bool(self.body)


@dataclass(frozen=True)
class Defect:
    """One mistake.

    Parameters
    ----------
    ignored : query parameter that the server does not look at; None: none
    change : what is done to the answer
    """

    says: str
    change: Callable[[Answer], None] | None = None
    ignored: str | None = None


class Mutant:
    """The server with at most one defect."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.defect: Defect | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        defect = self.defect
        if scope["type"] != "http" or defect is None:
            await self._app(scope, receive, send)
            return
        scope = dict(scope)
        scope["headers"] = [
            (name, value)
            for name, value in scope["headers"]
            if name.lower() != b"accept-encoding"
        ]
        if defect.ignored is not None:
            parts = scope["query_string"].decode().split("&")
            kept = [p for p in parts if p.partition("=")[0] != defect.ignored]
            scope["query_string"] = "&".join(kept).encode()
        answer = Answer(scope["path"], 200, {}, b"")

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {
                    name.decode().lower(): value.decode("latin-1")
                    for name, value in message["headers"]
                }
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        await self._app(scope, receive, collect)
        if defect.change is not None:
            defect.change(answer)
        if "content-length" in answer.headers and scope["method"] != "HEAD":
            answer.headers["content-length"] = str(len(answer.body))
        start = {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (name.encode(), value.encode("latin-1"))
                for name, value in answer.headers.items()
            ],
        }
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})
