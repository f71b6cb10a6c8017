"""citygrid load: a file into a layer."""

from __future__ import annotations

import csv
import getpass
import json
import sys
from datetime import datetime
from pathlib import Path

import click
from tqdm import tqdm

from gis.cli._place import find_place, running
from gis.db.loader import load_source, read_rejects
from gis.errors import LoadError
from gis.load import read_source
from gis.load.headers import read_synonyms


def _pairs(what: str, values: tuple[str, ...]) -> dict[str, str]:
    """`a=b` options as a mapping."""
    pairs = {}
    for value in values:
        left, sign, right = value.partition("=")
        if not sign or not left:
            raise LoadError(f"{what}: {value!r} given, must be of the form a=b")
        pairs[left] = right
    return pairs


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", required=True, help="Layer to load into.")
@click.option(
    "--datum", required=True, help="wgs84, cgcs2000, gcj02, bd09 or an EPSG code."
)
@click.option("--map", "maps", multiple=True, help="HEADER=COLUMN, repeatable.")
@click.option("--set", "sets", multiple=True, help="COLUMN=VALUE for every row.")
@click.option("--valid-from", type=click.DateTime(["%Y-%m-%d"]), help="Default: today.")
@click.option("--source", "source_name", help="Text for column source.")
@click.option("--table", help="Which table of a file that holds several.")
@click.option("--encoding", help="Text encoding of a CSV.")
@click.option("--allow-outside", is_flag=True, help="Take features outside the city.")
@click.option("--dry-run", is_flag=True, help="Do everything and undo it.")
@click.option("--report", "report_file", type=click.Path(path_type=Path))
@click.option("--rejects", type=click.Path(path_type=Path), help="CSV of refused rows.")
def load(  # one parameter per option
    file: Path,
    layer: str,
    datum: str,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    valid_from: datetime | None,
    source_name: str | None,
    table: str | None,
    encoding: str | None,
    allow_outside: bool,
    dry_run: bool,
    report_file: Path | None,
    rejects: Path | None,
) -> None:
    """Load FILE (GeoJSON, GeoPackage, CSV and what GDAL reads) into a layer.

    Rows that cannot be stored are refused one by one with a reason and kept; the rest
    is written in one transaction.
    """
    place = find_place()
    if layer not in place.catalogue:
        known = ", ".join(place.catalogue)
        raise LoadError(f"--layer: {layer!r} given, must be one of {known}")
    mapping = _pairs("--map", maps)
    source = read_source(file, table=table, encoding=encoding, mapping=mapping)
    with (
        running(place) as database,
        tqdm(total=len(source), unit="row", disable=None, file=sys.stderr) as bar,
    ):

        def tell(step: str, done: int, total: int) -> None:
            bar.set_description(step)
            if total == len(source):
                bar.update(done - bar.n)

        report = load_source(
            database,
            place.catalogue,
            place.city,
            layer,
            source,
            datum=datum,
            valid_from=valid_from.date() if valid_from else None,
            source_name=source_name,
            mapping=mapping,
            constants=_pairs("--set", sets),
            synonyms=read_synonyms(place.settings.config),
            allow_outside=allow_outside,
            dry_run=dry_run,
            actor=getpass.getuser(),
            on_progress=tell,
        )
        if rejects and report.load_id is not None:
            rows = [(n, why, content) for n, why, content in read_rejects(
                database, report.load_id)]  # fmt: skip
            _write_rejects(rejects, rows)
    click.echo("\n".join(report.lines()), err=True)
    if report_file:
        text = json.dumps(report.as_dict(), ensure_ascii=False, indent=2)
        report_file.write_text(text + "\n", encoding="utf-8")


def _write_rejects(
    path: Path, rows: list[tuple[int, str, dict[str, str | None]]]
) -> None:
    """Refused rows in the file's own columns, with row number and reason in front."""
    headers = list(rows[0][2]) if rows else []
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["行号 row", "原因 reason", *headers])
        for number, reason, content in rows:
            writer.writerow([number, reason, *(content.get(h) for h in headers)])
