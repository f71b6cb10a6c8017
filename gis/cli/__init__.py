"""The command line: nouns then verbs; data to stdout, messages to stderr."""

from __future__ import annotations

import sys

import click

from gis.cli.db import db
from gis.cli.demo import demo
from gis.cli.layers import layers
from gis.cli.load import load
from gis.cli.report import report
from gis.cli.run import run
from gis.cli.serve import serve, token
from gis.errors import GisError
from gis.settings import SettingError
from layers import DeclarationError
from processes import ProcessError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citygrid")
def citygrid() -> None:
    """A city's management layers from PostGIS, and how much of it is covered."""


for command in (db, demo, layers, load, report, run, serve, token):
    citygrid.add_command(command)


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
