"""citygrid live: keeps the standing results current."""

from __future__ import annotations

import logging
import os
import signal
import sys
from threading import Thread

import click

from gis.cli._place import find_place
from gis.cli.worker import wait_for_tables
from gis.operation import read_retention, read_standing


@click.command()
@click.option("--until-eof", is_flag=True, hidden=True)
def live(until_eof: bool) -> None:
    """Keep the standing results current, until Ctrl-C or SIGTERM.

    `citygrid worker` starts one by itself, `citygrid serve --no-worker` too. Of any
    number that run, one works and the others wait to take its place. One that hangs
    ends itself (CITYGRID_LIVE_HANG), so that another takes over.
    """
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("citygrid.live").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    place = find_place()
    config = place.settings.config
    declared = read_standing(config, place.catalogue)
    retention = read_retention(config)
    database = place.database()
    wait_for_tables(database, "live")
    # the kernel is read once there is something to follow
    from gis.live.follow import Follower

    follower = Follower(
        database,
        place.catalogue,
        place.city,
        declared,
        retention,
        hang_s=place.settings.live_hang_s,
    )
    if until_eof:

        def stop_at_eof() -> None:
            # not by sys.stdin: its lock would be held while the interpreter ends
            while os.read(0, 4096):
                pass
            follower.stopping.set()

        Thread(target=stop_at_eof, daemon=True).start()
    try:
        follower.run()
    finally:
        database.close()
