"""citygrid serve: the server in the foreground; citygrid token: a token's digest."""

from __future__ import annotations

import hashlib
import logging
import secrets
import signal
import sys
from contextlib import ExitStack, suppress
from datetime import date
from socket import socket
from threading import Thread
from types import FrameType

import click
import uvicorn

from gis.cli._place import Place, find_place, running
from gis.cli.demo import build_demo, has_city
from gis.cli.worker import BESIDE, LIVE
from gis.compute import execute
from gis.db.camera_views import follow
from gis.db.keeper import kept
from gis.db.pool import AsyncDatabase, Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.errors import GisError, describe
from gis.jobs.supervise import worker_beside
from gis.serve.app import build_app
from gis.serve.door import Door
from gis.serve.hub import Hub
from layers import Level
from processes.scorecard import published_dates
from processes.what_if import prepare

log = logging.getLogger(__name__)

_NOT_STARTED = 3  # as uvicorn itself says it


@click.command()
@click.option("--demo/--no-demo", "with_demo", help="Build the demo city first.")
@click.option(
    "--worker/--no-worker",
    "with_worker",
    default=True,
    help="Start a worker for background jobs too (by default), or leave it to "
    "`citygrid worker`.",
)
def serve(with_demo: bool, with_worker: bool) -> None:
    """Serve the city until Ctrl-C or SIGTERM, which also stop what this started.

    The private PostgreSQL server is started again where it dies.
    """
    place = find_place()
    settings = place.settings
    if not settings.is_loopback and place.city.map_review_number is None:
        raise GisError(
            f"{settings.base_url} can be reached by others, and a public map needs its "
            "review number (审图号): set map_review_number in city.yaml, or serve on "
            "loopback (CITYGRID_HOST, CITYGRID_PUBLIC_URL)"
        )
    # uvicorn takes SIGTERM only once it runs: until then it means stop, too
    signal.signal(signal.SIGTERM, _stop)
    with running(place) as database, ExitStack() as beside:
        if with_demo and not has_city(database, place):
            build_demo(place, database, settings.size, settings.seed)
        app = build_app(
            settings,
            place.catalogue,
            place.city,
            AsyncDatabase(database.dsn, settings.timeouts),
            lambda level: DatabaseReader(database, place.catalogue, place.city, level),
            DatabaseResults(database),
        )
        _log_to_stderr()
        if place.cluster:
            beside.enter_context(kept(place.cluster))
        Thread(target=_warm, args=(place, database), daemon=True).start()
        click.echo(f"citygrid: {settings.base_url}/", err=True)
        # without a worker here or elsewhere, figures are to stay current all the same
        name, command = ("worker", BESIDE) if with_worker else ("live", LIVE)
        beside.enter_context(worker_beside(command, name))
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=Door,
            ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
            ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
            # the gate reads forwarded headers itself, from trusted proxies only
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=10,
        )
        server = _Server(config, app.state.hub)
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            sys.exit(_NOT_STARTED)


class _Server(uvicorn.Server):
    """A server that ends its streams before it waits for its answers."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop; what is streamed has no end of its own."""
        self._hub.close()
        await super().shutdown(sockets)


@click.command()
def token() -> None:
    """Make a token and the digest that the settings hold."""
    secret = secrets.token_urlsafe(24)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    click.echo(f"token   {secret}\nsha256  {digest}")
    click.echo(
        "Give the token to whoever signs in; set the digest as CITYGRID_TOKEN_STAFF "
        "or CITYGRID_TOKEN_RESTRICTED.",
        err=True,
    )


def _log_to_stderr() -> None:
    """One line per request; of everything else what somebody should look at."""
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("citygrid.request").setLevel(logging.INFO)


def _warm(place: Place, database: Database) -> None:
    """Work out the scorecards that the first visitor would otherwise wait for.

    The views of cameras are drawn after that, where something changed, and the city of
    cameras is measured that questions about changes begin with.

    The answers are kept in the database, so this costs something once per change of
    the layers.
    """
    reader = DatabaseReader(database, place.catalogue, place.city, Level.PUBLIC)
    results = DatabaseResults(database)
    *finer, coarsest = place.city.zones[1:]
    questions: list[dict[str, object]] = [{"zones": coarsest, "series": True}]
    questions += [{"zones": zones, "series": False} for zones in reversed(finer)]
    try:
        for question in questions:
            execute(
                "scorecard",
                {**question, "as_of": published_dates()[-1]},
                reader=reader,
                level=Level.PUBLIC,
                results=results,
            )
    except Exception as error:  # nobody waits for this answer
        if database.is_ended:
            return
        log.warning("the scorecard could not be prepared: %s", describe(error)[2])
    if not database.is_ended:
        follow(database, place.catalogue, "camera")
    try:
        prepare("camera", reader, date.today())
    except Exception as error:  # as above
        if not database.is_ended:
            log.warning("the city could not be measured: %s", describe(error)[2])


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave by the ordinary way, so that everything started is stopped."""
    sys.exit(0)
