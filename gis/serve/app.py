"""The way of a request: guard (who, headers, log) -> route -> handler -> answer."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gis.compute import ResultStore
from gis.db.jobs import JobStore
from gis.db.pool import AsyncDatabase, Database
from gis.db.runs import RunStore
from gis.publish.processes import build_description
from gis.serve import documents as made
from gis.serve import pages
from gis.serve.alike import Alikes
from gis.serve.answer import JSON, SCHEMA, error_answer
from gis.serve.collections import Collections
from gis.serve.context import Context
from gis.serve.dataset_tiles import DatasetTiles
from gis.serve.description import Description
from gis.serve.docs import Docs
from gis.serve.documents import Handler, Make, document
from gis.serve.engine import Engine
from gis.serve.execution import Execution
from gis.serve.extents import Extents
from gis.serve.features import Features
from gis.serve.gate import Gate, read_key
from gis.serve.guard import Guard
from gis.serve.health import Health
from gis.serve.hub import Hub
from gis.serve.jobs import Jobs
from gis.serve.load_routes import load_routes
from gis.serve.metrics import Metrics, Traffic
from gis.serve.ops import Ops
from gis.serve.packing import Packing
from gis.serve.records import Records
from gis.serve.relief import Relief
from gis.serve.repeats import Repeats
from gis.serve.run_routes import run_routes
from gis.serve.scenario_routes import scenario_routes
from gis.serve.session import Session
from gis.serve.single import Single
from gis.serve.styles import Styles
from gis.serve.texts import Texts
from gis.serve.tiles import Tiles
from gis.settings import Settings
from layers import Catalogue, City, Level
from processes import Reader, registry

STATIC = Path(__file__).resolve().parent / "static"
_READ = "GET, HEAD, OPTIONS"


def build_app(
    settings: Settings,
    catalogue: Catalogue,
    city: City,
    database: AsyncDatabase,
    reader_for: Callable[[Level], Reader],
    results: ResultStore | None = None,
) -> Starlette:
    """The server as an ASGI application; it opens and closes `database` itself.

    Parameters
    ----------
    reader_for : the door through which processes read, for a level
    results : where results of processes are kept; None keeps none
    """
    texts = Texts()
    described = {id_: build_description(process) for id_, process in registry.items()}
    digests = {
        Level.STAFF: settings.token_staff,
        Level.RESTRICTED: settings.token_restricted,
    }
    waiting = Database(database.dsn, settings.timeouts)
    context = Context(
        settings=settings,
        catalogue=catalogue,
        city=city,
        database=database,
        gate=Gate(
            {level: digest for level, digest in digests.items() if digest},
            read_key(settings.home),
        ),
        engine=Engine(catalogue, city, described, texts.zh),
        texts=texts,
        reader_for=reader_for,
        results=results,
        jobs=JobStore(waiting, settings.jobs),
        runs=RunStore(waiting),
        hub=Hub(database.dsn, settings.timeouts),
    )

    traffic = Traffic()
    repeats = Repeats(context, traffic)
    alikes = Alikes(context, traffic, repeats)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        await database.open()
        try:
            yield {"repeats": repeats, "alikes": alikes}  # for the door
        finally:
            context.hub.close()
            await database.close()
            waiting.close()

    async def refused(request: Request, error: Exception) -> Response:
        return error_answer(context, request, error)

    app = Starlette(
        routes=[
            *build_routes(context),
            Route("/metrics", Metrics(context, traffic, waiting).show),
            Route("/ops", Ops(context, traffic).show),
        ],
        middleware=[
            Middleware(Packing),
            Middleware(
                Guard,
                context=context,
                traffic=traffic,
                repeats=repeats,
                alikes=alikes,
            ),
        ],
        exception_handlers={HTTPException: refused},
        lifespan=lifespan,
    )
    app.state.hub = context.hub  # whoever stops the server ends its streams first
    return app


def build_routes(context: Context) -> Sequence[BaseRoute]:
    """Every address of the server, in one table."""
    features, single = Features(context), Single(context)
    extents = Extents(context)
    tiles = Tiles(context, extents)
    dataset = DatasetTiles(context, tiles, extents)
    collections = Collections(context, extents)
    records = Records(context, extents)
    session, health, docs = Session(context), Health(context), Docs(context)
    jobs = Jobs(context)
    styles = Styles(context)

    def page(
        path: str, make: Make, template: str, media_type: str = JSON, *known: str
    ) -> Route:
        handler = document(context, make, template, media_type=media_type, known=known)
        return get(path, handler)

    one = "/collections/{layer}"
    tileset = one + "/tiles/{matrix_set}"
    return [
        # routes are tried in their order: those asked most often come first
        get("/collections/records", records.catalogue),
        get("/collections/records/items", records.items),
        get("/collections/records/items/{record}", records.item),
        get(one + "/items/{code:path}", single.item),
        get(one + "/items", features.items),
        get(tileset + "/{zoom}/{row}/{column}", tiles.tile),
        page("/", made.make_landing, "landing.html"),
        page("/conformance", made.make_conformance, "conformance.html"),
        get("/openapi", Description(context).document),
        get(
            "/collections",
            document(
                context,
                collections.all,
                "collections.html",
                prepare=collections.prepare,
            ),
        ),
        get(
            one,
            document(
                context,
                collections.one,
                "collection.html",
                prepare=collections.prepare,
            ),
        ),
        page(one + "/queryables", made.make_queryables, "schema.html", SCHEMA),
        page(one + "/sortables", made.make_sortables, "schema.html", SCHEMA),
        page(one + "/schema", made.make_schema, "schema.html", SCHEMA),
        get(one + "/coverage", Relief(context).coverage),
        get(one + "/tiles", tiles.tilesets),
        get(tileset, tiles.tileset),
        get(tileset + "/tilejson.json", tiles.tilejson),
        get("/tiles", dataset.tilesets),
        get("/tiles/{matrix_set}", dataset.tileset),
        get("/tiles/{matrix_set}/tilejson.json", dataset.tilejson),
        get("/tiles/{matrix_set}/{zoom}/{row}/{column}", dataset.tile),
        *[
            route
            for path in ("/tileMatrixSets", "/TileMatrixSets")
            for route in (
                page(path, made.make_matrix_sets, "matrix_sets.html"),
                page(path + "/{matrix_set}", made.make_matrix_set, "matrix_set.html"),
            )
        ],
        page("/processes", made.make_processes, "processes.html", JSON, "limit"),
        page("/processes/{process}", made.make_process, "process.html"),
        post("/processes/{process}/execution", Execution(context).run),
        get("/jobs", jobs.all),
        get("/jobs/{job}", jobs.one, delete=jobs.dismiss),
        get("/jobs/{job}/results", jobs.results),
        *run_routes(context),
        *load_routes(context),
        *scenario_routes(context),
        get("/styles", styles.all),
        get("/styles/{style}/legend", styles.legend),
        get("/fonts/{font}/{range}.pbf", styles.glyphs),
        get("/docs", docs.index),
        get("/docs/layers/{layer}", docs.layer),
        get("/docs/processes/{process}", docs.process),
        Route("/signin", session.form, methods=["GET"]),
        Route("/signin", session.sign_in, methods=["POST"]),
        Route("/signout", session.sign_out, methods=["POST"]),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        *pages.routes(context),
        get("/styles/{style}", styles.one),  # after the map's own /styles/map.json
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def get(path: str, handler: Handler, *, delete: Handler | None = None) -> Route:
    """A route that is read: GET and HEAD, and OPTIONS telling so.

    Parameters
    ----------
    delete : answers DELETE too
    """
    allowed = _READ if delete is None else f"{_READ}, DELETE"

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allowed})
        if delete is not None and request.method == "DELETE":
            return await delete(request)
        return await handler(request)

    return Route(path, endpoint, methods=allowed.split(", "))


def post(path: str, handler: Handler) -> Route:
    """A route that takes a body: POST, and OPTIONS telling so."""

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": "POST, OPTIONS"})
        return await handler(request)

    return Route(path, endpoint, methods=["POST", "OPTIONS"])
