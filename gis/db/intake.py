"""A file on disk and what was said about it -> a load, for command line and API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gis.db.history import read_load
from gis.db.loader import load_source
from gis.db.merge import Progress
from gis.db.pool import Database
from gis.errors import LoadError
from gis.load import LoadReport, Source, read_source
from gis.load.headers import read_synonyms
from gis.load.raster import is_raster, read_raster
from gis.load.rejects import read_fixed
from gis.load.request import LoadRequest
from gis.load.rules import Rules, read_rules
from layers import Catalogue, City

#: Datum of a raster that states none: what its file declares.
FILES_OWN = "file"


@dataclass(frozen=True)
class Intake:
    """Where files are loaded, and on whose behalf.

    Parameters
    ----------
    config : folder of the configuration, with its mapping files
    actor : who is recorded in the ledger
    upload : the upload that brought the file, recorded with the load
    """

    database: Database
    catalogue: Catalogue
    city: City
    config: Path
    actor: str
    upload: str | None = None

    def rules_of(self, request: LoadRequest) -> Rules:
        """The mapping file that a request names; an empty one without."""
        if request.mapping is None:
            return Rules()
        return read_rules(self.config, request.mapping)

    def named(self, request: LoadRequest) -> tuple[str, str | None]:
        """Layer and datum of a request as far as it states one.

        Raises
        ------
        LoadError : no layer is named, or there is none of that name
        """
        rules = self.rules_of(request)
        layer = request.layer or rules.layer
        if layer is None or layer not in self.catalogue:
            known = ", ".join(self.catalogue)
            raise LoadError(f"--layer: {layer!r} given, must be one of {known}")
        return layer, request.datum or rules.datum

    def check(self, request: LoadRequest) -> tuple[str, str]:
        """Layer and datum of a request, from its options or its mapping file.

        Raises
        ------
        LoadError : neither names them, or there is no such layer
        """
        layer, datum = self.named(request)
        if datum is None and self.catalogue[layer].raster is not None:
            datum = FILES_OWN
        if datum is None:
            raise LoadError(
                "--datum: 请说明坐标基准 state what the coordinates are: wgs84, "
                "cgcs2000, gcj02, bd09 or an EPSG code"
            )
        return layer, datum

    def load(
        self,
        path: Path,
        request: LoadRequest,
        *,
        whole: bool = False,
        on_progress: Progress | None = None,
    ) -> LoadReport:
        """Load a file.

        Parameters
        ----------
        whole : read all rows first, since the file goes away

        Raises
        ------
        LoadError : the file as a whole cannot become this layer; nothing is written
        """
        layer, datum = self.check(request)
        rules = self.rules_of(request)
        if is_raster(path) or self.catalogue[layer].raster is not None:
            stated = None if datum == FILES_OWN else datum
            source, datum = read_raster(path, self.catalogue[layer], stated)
        else:
            source = self._rows(path, request, rules, whole=whole)
        return load_source(
            self.database,
            self.catalogue,
            self.city,
            layer,
            source,
            datum=datum,
            mode=request.mode,
            valid_from=request.valid_from,
            source_name=request.source,
            mapping=request.maps,
            constants=request.sets,
            synonyms=read_synonyms(self.config),
            rules=rules,
            allow_outside=request.allow_outside,
            dry_run=request.dry_run,
            actor=self.actor,
            upload=self.upload,
            on_progress=on_progress,
        )

    @staticmethod
    def _rows(path: Path, request: LoadRequest, rules: Rules, *, whole: bool) -> Source:
        return read_source(
            path,
            table=request.table,
            encoding=request.encoding,
            header_row=request.header_row,
            mapping=rules.headers | request.maps,
            whole=whole or rules.needs_all,
        )

    def mend(
        self, path: Path, number: int, *, on_progress: Progress | None = None
    ) -> LoadReport:
        """Load the edited rejects of a load, as that load was asked for.

        Raises
        ------
        LoadError : there is no such load, or the file is not its rejects
        """
        entry = read_load(self.database, number)
        options: dict[str, Any] = dict(entry.options or {})
        if entry.kind != "load" or "datum" not in options:
            raise LoadError(
                f"load {number}: 没有可改的拒收行 took no file, so there is nothing to "
                "mend"
            )
        rules = Rules.model_validate(options.get("rules", {}))
        source = read_fixed(
            path, str(options["name"]), rules.headers | options["mapping"]
        )
        return load_source(
            self.database,
            self.catalogue,
            self.city,
            entry.layer,
            source,
            datum=str(options["datum"]),
            # the other rows of a snapshot are in the table already
            mode="correct" if entry.mode == "correct" else "upsert",
            valid_from=date.fromisoformat(str(options["valid_from"])),
            source_name=str(options["source_name"]),
            mapping=options["mapping"],
            constants=options["constants"],
            synonyms=read_synonyms(self.config),
            rules=rules,
            allow_outside=bool(options["allow_outside"]),
            actor=self.actor,
            upload=self.upload,
            fixes=number,
            on_progress=on_progress,
        )
