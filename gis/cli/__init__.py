"""The command line: nouns then verbs; data to stdout, messages to stderr."""

from __future__ import annotations

import importlib
import sys

import click

from gis.errors import GisError
from gis.settings import SettingError
from layers import DeclarationError
from processes import ProcessError

# a command's room is read when it is asked for: `citygrid layers` needs no web server
_ROOMS = {
    "backup": "gis.cli.backup",
    "db": "gis.cli.db",
    "demo": "gis.cli.demo",
    "docs": "gis.cli.docs",
    "export": "gis.cli.export",
    "jobs": "gis.cli.jobs",
    "layers": "gis.cli.layers",
    "live": "gis.cli.live",
    "load": "gis.cli.load",
    "plan-scale": "gis.cli.plan_scale",
    "report": "gis.cli.report",
    "run": "gis.cli.run",
    "runs": "gis.cli.runs",
    "serve": "gis.cli.serve",
    "tiles": "gis.cli.tiles",
    "token": "gis.cli.serve",
    "views": "gis.cli.views",
    "worker": "gis.cli.worker",
}


class Nouns(click.Group):
    """The top of the command line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands."""
        return list(_ROOMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in _ROOMS:
            return None
        room = importlib.import_module(_ROOMS[cmd_name])
        command: click.Command = getattr(room, cmd_name.replace("-", "_"))
        return command


@click.group(cls=Nouns, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citygrid")
def citygrid() -> None:
    """A city's management layers from PostGIS, and how much of it is covered."""


def main() -> None:
    """Run a command; what the user can mend ends with one line and code 1."""
    try:
        citygrid.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("已取消 cancelled", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (GisError, SettingError, DeclarationError, ProcessError) as error:
        click.echo(f"citygrid: {error}", err=True)
        sys.exit(1)
