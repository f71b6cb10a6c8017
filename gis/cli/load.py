"""citygrid load: put a file into a layer; see, mend and undo what was loaded."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from gis.cli._place import Place, find_place, running
from gis.db.history import Load, list_loads, read_load, retire, undo
from gis.db.intake import Intake
from gis.db.ledger import read_rejects, read_repairs
from gis.db.pool import Database
from gis.errors import LoadError
from gis.load import LoadReport
from gis.load.archive import FORMATS, spooled
from gis.load.rejects import write_rejects, write_repairs
from gis.load.request import MODES, LoadRequest
from gis.load.rules import write_rules

_DAY = click.DateTime(["%Y-%m-%d"])
_HEADERS = (
    "号 no", "时间 time", "操作 kind", "图层 layer", "文件 file", "人 who",
    "新增 loaded", "更新 updated", "失效 ended", "待改 open rejects", "状态 state",
)  # fmt: skip
Tell = Callable[[str, int, int], None]


class _FileOrVerb(click.Group):
    """A group whose first word may also be a file, or an option of loading one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what is no verb for the arguments of `file`."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["file", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_FileOrVerb)
def load() -> None:
    """Load a file (citygrid load FILE --layer L --datum D); list, show, undo, mend."""


def _pairs(what: str, values: tuple[str, ...]) -> dict[str, str]:
    """`a=b` options as a mapping."""
    pairs = {}
    for value in values:
        left, sign, right = value.partition("=")
        if not sign or not left:
            raise LoadError(f"{what}: {value!r} given, must be of the form a=b")
        pairs[left] = right
    return pairs


@contextmanager
def _progress(total: int) -> Iterator[Tell]:
    """A bar with rate and time left; steps without one are lines when piped."""
    with tqdm(total=total, unit="row", disable=None, file=sys.stderr) as bar:

        def tell(step: str, done: int, total: int) -> None:
            if bar.disable and step.startswith("排队"):
                click.echo(step, err=True)
            bar.total = max(total, done)
            bar.set_description(step)
            bar.update(done - bar.n)

        try:
            yield tell
        except KeyboardInterrupt:
            click.echo(
                "\n已中断，整批未写入 interrupted: nothing was written, unless it was "
                "committed before (citygrid load list)",
                err=True,
            )
            raise


@load.command("file")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--layer", help="Layer to load into, unless the mapping names it.")
@click.option("--datum", help="wgs84, cgcs2000, gcj02, bd09 or an EPSG code.")
@click.option("--mapping", "mapping_name", help="Mapping of config/mappings/.")
@click.option("--save-mapping", help="Save what is stated here under this name.")
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="upsert",
    help="snapshot also ends what is missing; correct replaces mistaken versions.",
)
@click.option("--map", "maps", multiple=True, help="HEADER=COLUMN, repeatable.")
@click.option("--set", "sets", multiple=True, help="COLUMN=VALUE for every row.")
@click.option("--valid-from", type=_DAY, help="Default: today.")
@click.option("--source", "source_name", help="Text for column source.")
@click.option("--table", help="Which table of a file that holds several.")
@click.option("--encoding", help="Text encoding of a CSV or Shapefile.")
@click.option("--header-row", type=click.IntRange(1), help="Row of the header.")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), help="Of standard input."
)
@click.option("--allow-outside", is_flag=True, help="Take features outside the city.")
@click.option("--dry-run", is_flag=True, help="Do everything and undo it.")
@click.option("--report", "report_file", type=click.Path(path_type=Path))
@click.option("--rejects", type=click.Path(path_type=Path), help="CSV of refused rows.")
def load_file(  # one parameter per option
    file: Path,
    layer: str | None,
    datum: str | None,
    mapping_name: str | None,
    save_mapping: str | None,
    mode: str,
    maps: tuple[str, ...],
    sets: tuple[str, ...],
    valid_from: datetime | None,
    source_name: str | None,
    table: str | None,
    encoding: str | None,
    header_row: int | None,
    form: str | None,
    allow_outside: bool,
    dry_run: bool,
    report_file: Path | None,
    rejects: Path | None,
) -> None:
    """Load FILE into a layer; `-` is standard input, with --format.

    CSV, XLSX, GeoJSON, JSON-FG, Shapefile, GeoPackage, FileGDB, FlatGeobuf, GeoParquet,
    KML and what else GDAL reads, zipped or not. Rows that cannot be stored
    are refused one by one with a reason and kept; the rest is written in one
    transaction.
    """
    place = find_place()
    request = LoadRequest(
        layer=layer,
        datum=datum,
        mapping=mapping_name,
        mode=mode,
        maps=_pairs("--map", maps),
        sets=_pairs("--set", sets),
        valid_from=valid_from.date() if valid_from else None,
        source=source_name,
        table=table,
        encoding=encoding,
        header_row=header_row,
        allow_outside=allow_outside,
        dry_run=dry_run,
    )
    _intake(place, place.database()).check(request)  # before a server is started
    with ExitStack() as stack:
        if str(file) == "-":
            file = stack.enter_context(spooled(sys.stdin.buffer, form))
        database = stack.enter_context(running(place))
        tell = stack.enter_context(_progress(0))
        intake = _intake(place, database)
        report = intake.load(file, request, on_progress=tell)
        if rejects and report.load_id is not None:
            write_rejects(rejects, list(read_rejects(database, report.load_id)))
    _say(report, report_file)
    if save_mapping:
        _save(intake, request, save_mapping)


def _intake(place: Place, database: Database) -> Intake:
    """The door through which this command's user loads."""
    return Intake(
        database,
        place.catalogue,
        place.city,
        place.settings.config,
        getpass.getuser(),
    )


def _save(intake: Intake, request: LoadRequest, name: str) -> None:
    """Write what was stated as a mapping file."""
    layer, datum = intake.check(request)
    rules = intake.rules_of(request)
    stated = rules.model_copy(
        update={
            "layer": layer,
            "datum": datum,
            "headers": rules.headers | request.maps,
            "constants": rules.constants | request.sets,
        }
    )
    path = write_rules(intake.config, name, stated)
    click.echo(f"映射 mapping: {path}", err=True)


def _say(report: LoadReport, file: Path | None) -> None:
    """The report on the terminal, and as JSON where asked for."""
    click.echo("\n".join(report.lines()), err=True)
    if file:
        text = json.dumps(report.as_dict(), ensure_ascii=False, indent=2)
        file.write_text(text + "\n", encoding="utf-8")


@load.command("list")
@click.option("--layer", help="Only loads of this layer.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(layer: str | None, limit: int, as_json: bool) -> None:
    """List loads, the latest first."""
    with running(find_place()) as database:
        loads = list_loads(
            database, layers=None if layer is None else [layer], limit=limit
        )
    if as_json:
        click.echo(json.dumps([_as_dict(x) for x in loads], ensure_ascii=False))
        return
    click.echo("\t".join(_HEADERS))
    for entry in loads:
        counts = (entry.report.get(k, 0) for k in ("loaded", "updated", "ended"))
        kind = entry.mode if entry.kind == "load" else entry.kind
        cells = (
            entry.load_id, f"{entry.started_at:%Y-%m-%d %H:%M}", kind, entry.layer,
            entry.file, entry.actor, *counts, entry.open_rejects, entry.state,
        )  # fmt: skip
        click.echo("\t".join(map(str, cells)))


@load.command()
@click.argument("number", type=int)
def show(number: int) -> None:
    """Show everything the ledger knows of load NUMBER, as JSON."""
    with running(find_place()) as database:
        entry = read_load(database, number)
    click.echo(json.dumps(_as_dict(entry), ensure_ascii=False, indent=2))


def _as_dict(entry: Load) -> dict[str, Any]:
    """A ledger entry as JSON types."""
    return {
        **entry.__dict__,
        "started_at": entry.started_at.isoformat(),
        "state": entry.state,
    }


@load.command("undo")
@click.argument("number", type=int)
def undo_(number: int) -> None:
    """Bring back the exact state before load NUMBER, or say what stands in the way."""
    place = find_place()
    with running(place) as database, _progress(0) as tell:
        done = undo(
            database, place.catalogue, number, actor=getpass.getuser(), on_progress=tell
        )
    told = done.report
    click.echo(
        f"已撤销载入 {number} undone: {told['removed']:,} 行撤下 rows removed, "
        f"{told['restored']:,} 行复原 restored ({done.layer}). "
        f"恢复 to bring it back: citygrid load undo {done.load_id}",
        err=True,
    )


@load.command("retire")
@click.argument("codes", nargs=-1, required=True)
@click.option("--layer", required=True, help="Layer that holds the codes.")
@click.option("--on", "day", type=_DAY, help="Day they end, exclusive; default: today.")
def retire_(codes: tuple[str, ...], layer: str, day: datetime | None) -> None:
    """End the current versions of CODES."""
    place = find_place()
    if layer not in place.catalogue:
        raise LoadError(f"--layer: {layer!r} given, must be a layer")
    with running(place) as database:
        entry = retire(
            database,
            place.catalogue,
            layer,
            codes,
            day.date() if day else date.today(),
            actor=getpass.getuser(),
        )
    click.echo(
        f"已失效 retired {entry.report['ended']:,} ({layer}), load {entry.load_id}",
        err=True,
    )


@load.command("rejects")
@click.argument("number", type=int)
@click.option("--out", type=click.Path(path_type=Path), help="FILE.csv or FILE.xlsx.")
@click.option(
    "--fix", type=click.Path(path_type=Path), help="The edited file, loaded again."
)
@click.option("--report", "report_file", type=click.Path(path_type=Path))
def rejects_(
    number: int, out: Path | None, fix: Path | None, report_file: Path | None
) -> None:
    """Write the refused rows of load NUMBER to be edited, or load them mended."""
    place = find_place()
    with running(place) as database:
        if fix is None:
            read_load(database, number)
            rows = list(read_rejects(database, number, only_open=True))
            written = write_rejects(out, rows)
            click.echo(f"{len(rows):,} 行待改 rows to mend: {written}", err=True)
            return
        with _progress(0) as tell:
            report = _intake(place, database).mend(fix, number, on_progress=tell)
    _say(report, report_file)


@load.command("repairs")
@click.argument("number", type=int)
@click.option("--out", type=click.Path(path_type=Path), help="FILE.csv or FILE.xlsx.")
def repairs_(number: int, out: Path | None) -> None:
    """Say which rows of load NUMBER were repaired, and how."""
    with running(find_place()) as database:
        read_load(database, number)
        rows = list(read_repairs(database, number))
    written = write_repairs(out, rows)
    click.echo(f"{len(rows):,} 处修复 repairs: {written}", err=True)
