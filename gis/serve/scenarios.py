"""/scenarios: what-if questions that staff saved, compared, turned into load files.

A scenario belongs to the level that saved it: that level and those above may read it,
it alone may change it. It holds the inputs of the process `what-if`, which answers it
before it is kept: what cannot be asked cannot be saved. Whoever changes one says which
revision they saw (`If-Match`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis.db.pool import Database
from gis.db.scenarios import Draft, Scenario, ScenarioStore
from gis.errors import NotFound, QueryError, Unauthorized
from gis.serve.answer import JSON, VARY, only
from gis.serve.context import Context
from gis.serve.execute_request import check_inputs
from gis.serve.loads import is_loadable
from gis.serve.negotiate import format_of
from gis.serve.scenarios_body import (
    LARGEST_BODY,
    MOST_SCENARIOS,
    PROCESS,
    read_members,
)
from gis.serve.scenarios_compare import compared, read_ids, read_levels
from gis.serve.scenarios_load import DATUM, FILES, check_counting, load_file
from gis.serve.session import read_body
from layers import Level
from processes import registry

#: Of inputs, what decides how an answer is told and not what is asked.
_TELLING = ("levels", "changed_only")
_TAG = re.compile(r'"([a-z0-9]{12})-(\d{1,9})"')


class Scenarios:
    """Handlers of /scenarios, /scenarios/{scenario}, its load file, and comparing."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._database = Database(context.database.dsn)
        self._store = ScenarioStore(self._database)

    async def all(self, request: Request) -> Response:
        """The scenarios that the caller may read, the last changed first."""
        levels = self._levels(request)
        only(request, ("service",))
        service = request.query_params.get("service")
        found = await to_thread.run_sync(self._store.listed, levels)
        told = [
            await self._document(request, one, whole=False)
            for one in found
            if service is None or one.inputs["service"] == service
        ]
        here = f"{self._context.base_url(request)}/scenarios"
        links = [{"href": here, "rel": "self", "type": JSON}]
        return _answer({"scenarios": told, "links": links})

    async def save(self, request: Request) -> Response:
        """Keep a new scenario."""
        level = self._levels(request)[-1]
        only(request, ())
        draft = await self._draft(request, level)
        saved = await to_thread.run_sync(
            lambda: self._store.add(level, draft, most=MOST_SCENARIOS)
        )
        if saved is None:
            raise HTTPException(
                409,
                f"{MOST_SCENARIOS} scenarios of your level are kept, which is the "
                "most; delete one",
            )
        document = await self._document(request, saved)
        base = self._context.base_url(request)
        where = {"Location": f"{base}/scenarios/{saved.scenario_id}"}
        return _answer(document, 201, etag=_etag(saved), **where)

    async def one(self, request: Request) -> Response:
        """One scenario with its inputs."""
        scenario = await self._scenario(request)
        only(request, ())
        return _answer(await self._document(request, scenario), etag=_etag(scenario))

    async def replace(self, request: Request) -> Response:
        """Put another in the place of a scenario."""
        scenario = await self._own(request)
        only(request, ())
        revision = _expected(request, scenario)
        draft = await self._draft(request, scenario.level)
        saved = await to_thread.run_sync(
            self._store.replace, scenario.scenario_id, revision, draft
        )
        if saved is None:
            raise _changed(scenario)
        return _answer(await self._document(request, saved), etag=_etag(saved))

    async def remove(self, request: Request) -> Response:
        """Remove a scenario for good."""
        scenario = await self._own(request)
        only(request, ())
        revision = _expected(request, scenario)
        if not await to_thread.run_sync(
            self._store.remove, scenario.scenario_id, revision
        ):
            raise _changed(scenario)
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    async def load(self, request: Request) -> Response:
        """The scenario as a file for `citygrid load`, to become true on a day.

        Raises
        ------
        HTTPException : 403, the caller does not see all of the layer
        """
        scenario = await self._scenario(request)
        only(request, ("on",))
        layer = self._context.catalogue[scenario.inputs["service"]]
        if not is_loadable(layer, self._context.level_of(request)):
            raise HTTPException(403, f"{layer.id}: your level cannot load this layer")
        day = _day(request.query_params.get("on"))
        form = format_of(request, FILES)
        name, body = await to_thread.run_sync(
            load_file, self._database, layer, scenario, form, day
        )
        media_type = FILES[form][0]
        return Response(
            body,
            media_type=f"{media_type}; charset=utf-8" if form == "csv" else media_type,
            headers={
                "Cache-Control": "no-store",
                "Vary": VARY,
                "Content-Disposition": f'attachment; filename="{name}"',
            },
        )

    async def compare(self, request: Request) -> Response:
        """Several scenarios side by side, zone by zone, on the city as it is now."""
        levels = self._levels(request)
        only(request, ("scenarios", "levels"))
        ids = read_ids(request.query_params.get("scenarios"))
        zones = read_levels(
            request.query_params.get("levels"), self._context.city.zones
        )
        held = {
            one.scenario_id: one
            for one in await to_thread.run_sync(self._store.listed, levels, ids)
        }
        for id_ in ids:
            if id_ not in held:
                raise NotFound(f"scenario {id_!r}: there is none")
        found = [held[id_] for id_ in ids]
        results = []
        for one in found:
            asked = {**one.inputs, "levels": zones, "changed_only": False}
            # at the level that saved it: what it may not ask, nobody is shown
            results.append(await self._context.execute(PROCESS, asked, one.level))
        heads = [await self._document(request, one, whole=False) for one in found]
        return _answer(compared(found, results, heads, zones))

    def _levels(self, request: Request) -> Sequence[Level]:
        """Levels whose scenarios the caller reads, the own one last.

        Raises
        ------
        Unauthorized : a caller without a level
        """
        level = self._context.level_of(request)
        if level == Level.PUBLIC:
            raise Unauthorized(
                "方案需要登录 scenarios are for staff: send a token, or sign in"
            )
        return [one for one in Level if Level.PUBLIC < one <= level]

    async def _scenario(self, request: Request) -> Scenario:
        """The scenario that the path names.

        Raises
        ------
        NotFound : there is none, or it is another level's; the answer is the same
        """
        levels, name = self._levels(request), request.path_params["scenario"]
        found = await to_thread.run_sync(self._store.listed, levels, [name[:40]])
        if not found:
            raise NotFound(f"scenario {name[:40]!r}: there is none")
        return found[0]

    async def _own(self, request: Request) -> Scenario:
        """The same, where the caller may change it.

        Raises
        ------
        HTTPException : 403, another level saved it
        """
        scenario = await self._scenario(request)
        if scenario.level != self._context.level_of(request):
            raise HTTPException(
                403,
                f"scenario of level {scenario.level.label}: only that level changes it",
            )
        return scenario

    async def _draft(self, request: Request, level: Level) -> Draft:
        """The scenario of a request's body, answered once by the process.

        Raises
        ------
        QueryError, ProcessError : naming what cannot be saved, and why
        """
        given = read_members(await read_body(request, LARGEST_BODY))
        inputs = {k: v for k, v in given["inputs"].items() if k not in _TELLING}
        check_inputs(registry[PROCESS], inputs)
        result = await self._context.execute(PROCESS, inputs, level)
        check_counting(self._context.catalogue[inputs["service"]], inputs)
        edits = result.reconciliation["edits"]
        return Draft(
            name=given["name"],
            note=given["note"],
            inputs=inputs,
            counts={kind: edits[kind] for kind in ("added", "moved", "removed")},
            layer_versions=result.reconciliation["layer_versions"],
        )

    async def _document(
        self, request: Request, scenario: Scenario, *, whole: bool = True
    ) -> dict[str, Any]:
        """A scenario as JSON types.

        Parameters
        ----------
        whole : with its inputs and the versions it was saved at
        """
        context = self._context
        level = context.level_of(request)
        base, id_ = context.base_url(request), scenario.scenario_id
        here = f"{base}/scenarios/{id_}"
        layer = context.catalogue.get(scenario.inputs["service"])
        links = [
            {"href": here, "rel": "self", "type": JSON},
            {"href": f"{base}/map?wi=s:{id_}", "rel": "alternate", "type": "text/html"},
        ]
        if layer is not None and is_loadable(layer, level):
            links += [
                {
                    "href": f"{here}/load?f={form}",
                    "rel": "enclosure",
                    "type": types[0],
                    "title": f"citygrid load FILE --layer {layer.id} --datum {DATUM}",
                }
                for form, types in FILES.items()
            ]
        document: dict[str, Any] = {
            "id": id_,
            "name": scenario.name,
            "note": scenario.note,
            "level": scenario.level.label,
            "mine": scenario.level == level,
            "service": scenario.inputs["service"],
            "counts": scenario.counts,
            "revision": scenario.revision,
            "created": _time(scenario.created_at),
            "changed": _time(scenario.changed_at),
            "stale": scenario.stale(await context.database.versions()),
            "links": links,
        }
        if whole:
            document["inputs"] = scenario.inputs
            document["layer_versions"] = scenario.layer_versions
        return document


def _etag(scenario: Scenario) -> str:
    return f'"{scenario.scenario_id}-{scenario.revision}"'


def _expected(request: Request, scenario: Scenario) -> int:
    """The revision that the caller means to change.

    Raises
    ------
    HTTPException : 428 without If-Match, 412 where it names another revision
    """
    held = request.headers.get("if-match", "").strip()
    if not held:
        raise HTTPException(
            428, "If-Match: needed, with the ETag of the scenario as you saw it"
        )
    if held == "*":
        return scenario.revision
    tags = {(m[1], int(m[2])) for m in _TAG.finditer(held)}
    if (scenario.scenario_id, scenario.revision) not in tags:
        raise _changed(scenario)
    return scenario.revision


def _changed(scenario: Scenario) -> HTTPException:
    return HTTPException(
        412,
        f"If-Match: somebody has changed {scenario.scenario_id} meanwhile; read it "
        "again",
    )


def _day(text: str | None) -> date:
    """The day on which a scenario becomes true; today where none is given."""
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError("on", f"{text[:40]!r} given, must be a day") from None


def _time(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _answer(
    document: Mapping[str, Any],
    status: int = 200,
    *,
    etag: str | None = None,
    **headers: str,
) -> Response:
    """A JSON document that no cache keeps: layers move on beneath it."""
    headers |= {"Cache-Control": "no-store", "Vary": VARY}
    if etag:
        headers["ETag"] = etag
    return Response(
        orjson.dumps(document), status_code=status, media_type=JSON, headers=headers
    )
