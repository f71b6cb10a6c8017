"""Signing in and out by browser: a token becomes a signed, short-lived cookie."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gis.serve.answer import only, page_answer
from gis.serve.context import Context
from gis.serve.gate import COOKIE, COOKIE_SECONDS, is_same_site

_MAXIMUM_BODY = 4096


class Session:
    """Handlers of /signin and /signout."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def form(self, request: Request) -> Response:
        """The form that asks for a token."""
        only(request, ())
        return self._page(request, 200, None)

    async def sign_in(self, request: Request) -> Response:
        """Answer a token with the cookie of its level, and go to the map."""
        context = self._context
        self._own_pages_only(request)
        body = await read_body(request, _MAXIMUM_BODY)
        form = parse_qs(body.decode(errors="replace"))
        token = form.get("token", [""])[0].strip()
        level = context.gate.level_of_token(token)
        if level is None:
            say = context.texts.say(
                context.lang_of(request), "No level holds this token."
            )
            return self._page(request, 401, say)
        base = context.base_url(request)
        answer = RedirectResponse(f"{base}/?f=html", status_code=303)
        answer.set_cookie(
            COOKIE,
            context.gate.cookie_of(level),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=base.startswith("https:"),
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def sign_out(self, request: Request) -> Response:
        """Forget the cookie."""
        self._own_pages_only(request)
        base = self._context.base_url(request)
        answer = RedirectResponse(f"{base}/?f=html", status_code=303)
        answer.delete_cookie(
            COOKIE, httponly=True, samesite="lax", secure=base.startswith("https:")
        )
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    def _own_pages_only(self, request: Request) -> None:
        """Refuse a form that another site's page sent."""
        if not is_same_site(request.headers, self._context.base_url(request)):
            raise HTTPException(403, "sent from another site")

    def _page(self, request: Request, status: int, problem: str | None) -> Response:
        page = page_answer(
            self._context,
            request,
            "signin.html",
            status=status,
            problem=problem,
            open=self._context.gate.is_open,
        )
        page.headers["Cache-Control"] = "no-store"
        return page


async def read_body(request: Request, maximum: int) -> bytes:
    """The body of a request, read no further than `maximum` bytes.

    Raises
    ------
    HTTPException : 413 when it is longer
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > maximum:
            raise HTTPException(413, f"body: at most {maximum} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
