"""citygrid run: the processes, each a command made from its own description."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from gis.cli._place import find_place, running
from gis.compute import execute
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from layers import Level
from processes import CSV, GEOJSON, JSON, XLSX, InvalidInput, Process, registry, render

_FORMATS = {"csv": CSV, "geojson": GEOJSON, "json": JSON, "xlsx": XLSX}


class Processes(click.Group):
    """One command per process, read when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Process ids."""
        return list(registry)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a process id."""
        if cmd_name not in registry:
            return None
        return _command(registry[cmd_name])


@click.group(cls=Processes)
def run() -> None:
    """Compute: coverage, gaps, scorecard, location."""


def _command(process: Process) -> click.Command:
    """A command with one option per input."""
    formats = [name for name, media in _FORMATS.items() if media in process.media_types]
    options: list[click.Parameter] = [
        click.Option(
            [f"--{name.replace('_', '-')}", name],
            multiple=_shape(field) is not None,
            required=field.is_required(),
            help=field.description,
        )
        for name, field in process.inputs.model_fields.items()
    ]
    options += [
        click.Option(
            ["--format", "format_"],
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
        ),
        click.Option(["-o", "--output"], type=click.Path(path_type=Path)),
        click.Option(
            ["--level"],
            type=click.Choice([level.label for level in Level]),
            default="restricted",
            show_default=True,
            help="Answer as this level would get it.",
        ),
        click.Option(["--lang"], type=click.Choice(["zh", "en"]), default="zh"),
    ]

    def callback(**given: Any) -> None:  # noqa: ANN401  # click's own protocol
        _run(process, given)

    return click.Command(
        process.id,
        params=options,
        callback=callback,
        help=f"{process.title.zh} {process.title.en}. {process.description.en}",
    )


def _run(process: Process, given: dict[str, Any]) -> None:
    """Execute and write the answer to stdout or a file."""
    media = _FORMATS[given.pop("format_")]
    output: Path | None = given.pop("output")
    level = Level.parse(given.pop("level"))
    lang = given.pop("lang")
    inputs = {
        name: _value(name, process.inputs.model_fields[name], value)
        for name, value in given.items()
        if value is not None and value != ()
    }
    place = find_place()
    with running(place) as database:
        result = execute(
            process.id,
            inputs,
            reader=DatabaseReader(database, place.catalogue, place.city, level),
            level=level,
            results=DatabaseResults(database),
        )
        answer = render(result, media, lang)
    if output:
        output.write_bytes(answer)
        click.echo(f"{output}: {len(answer):,} bytes", err=True)
    elif media == XLSX:
        raise InvalidInput("--format", "xlsx", "needs --output FILE")
    else:
        sys.stdout.buffer.write(answer.rstrip() + b"\n")


def _shape(field: FieldInfo) -> type | None:
    """`list` or `dict` for inputs of several values, else None."""
    kinds = [field.annotation, *get_args(field.annotation)]
    for kind in kinds:
        origin = get_origin(kind) or kind
        if origin in (list, tuple, set, frozenset):
            return list
        if isinstance(origin, type) and (
            issubclass(origin, dict) or origin.__name__ == "Mapping"
        ):
            return dict
    return None


def _value(name: str, field: FieldInfo, value: Any) -> Any:  # noqa: ANN401  # text or texts
    """An option's text as the input's value."""
    shape = _shape(field)
    if shape is list:
        return [part for text in value for part in text.split(",") if part]
    if shape is dict:
        pairs: dict[str, Any] = {}
        for text in value:
            key, sign, part = text.partition("=")
            if not sign:
                raise InvalidInput(name, text, "must be of the form key=value")
            try:
                pairs[key] = json.loads(part)
            except ValueError:
                pairs[key] = part
        return pairs
    return value
