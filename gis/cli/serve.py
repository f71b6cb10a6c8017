"""citygrid serve: the server in the foreground; citygrid token: a token's digest."""

from __future__ import annotations

import hashlib
import secrets
import signal
import sys
from types import FrameType

import click
import uvicorn

from gis.cli._place import find_place, running
from gis.cli.demo import build_demo, has_city
from gis.db.pool import AsyncDatabase
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.errors import GisError
from gis.serve.app import build_app


@click.command()
@click.option("--demo/--no-demo", "with_demo", help="Build the demo city first.")
def serve(with_demo: bool) -> None:
    """Serve the city until Ctrl-C or SIGTERM, which also stop what this started."""
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
    with running(place) as database:
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
        click.echo(f"citygrid: {settings.base_url}/", err=True)
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
            ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
            proxy_headers=True,
            forwarded_allow_ips=",".join(settings.trusted_proxies),
            server_header=False,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=10,
        )


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


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave by the ordinary way, so that everything started is stopped."""
    sys.exit(0)
