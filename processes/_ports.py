"""Reader: the only door through which a process gets features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from layers import Catalogue, City, Features, Level
from processes.kernels.visibility.relief import Ground


class Snapshot(NamedTuple):
    """Which rows of a layer are meant; equal ones are the same rows.

    Attributes
    ----------
    origin : where they are kept: a database, whatever a test makes up
    layer : its id
    version : of the layer's table
    since : last date on which a row began or ended; dates after it see the same rows
    """

    origin: str
    layer: str
    version: int
    since: str


class Relief(NamedTuple):
    """Heights around a place.

    Attributes
    ----------
    ground : cells in the working CRS
    version : of the layer
    sheets : code, kind, edition, vertical_datum, cell_m and sha256 of each raster that
        the cells are from; all of one kind
    """

    ground: Ground
    version: int
    sheets: tuple[Mapping[str, Any], ...]


class PastRun(NamedTuple):
    """A run of the ledger as far as another answer needs it.

    Attributes
    ----------
    process, inputs : what was asked
    versions : of every layer that it depended on
    code_version : of the code that answered
    rows : of the answer
    """

    run_id: str
    process: str
    inputs: Mapping[str, Any]
    versions: Mapping[str, int]
    code_version: str
    rows: Sequence[Mapping[str, Any]]


class Ledger(Protocol):
    """Runs of the past, and the tables as they stood."""

    def run(self, run_id: str) -> PastRun | None:
        """A run; None where it is not kept, or not for the level of whoever asks."""
        ...

    def at(self, versions: Mapping[str, int]) -> Reader:
        """A Reader of some layers as they stood at versions, of others as they are.

        Raises
        ------
        NoData : what was changed since is not known row by row
        """
        ...


class Reader(Protocol):
    """Features of the city in the working CRS, metres, on the millimetre lattice.

    A Reader sees every layer and column; what a level may learn from results is
    decided before a process runs.
    """

    @property
    def catalogue(self) -> Catalogue:
        """What the city keeps."""
        ...

    @property
    def city(self) -> City:
        """The city's extent, coordinate systems and zones."""
        ...

    @property
    def level(self) -> Level:
        """Level of access of whoever asks."""
        ...

    def version(self, layer: str) -> int:
        """Version of a layer's table; rises with every change."""
        ...

    def snapshot(self, layer: str, as_of: date | None) -> Snapshot:
        """Which rows of a layer are valid at a date (None: today)."""
        ...

    def features(
        self,
        layer: str,
        *,
        columns: Sequence[str] = (),
        where: str | None = None,
        as_of: date | None = None,
        codes: Sequence[str] | None = None,
        geometry: bool = True,
    ) -> Features:
        """Features of a layer valid at `as_of` (None: today), ordered by code.

        Parameters
        ----------
        columns : the columns wanted besides code and geometry
        where : CQL2 text that selects features
        codes : for zone layers, prefixes of codes: a district's code selects all
            its communities
        geometry : False leaves the geometry None
        """
        ...

    def locate(
        self, x: float, y: float, *, as_of: date | None = None
    ) -> Mapping[str, Mapping[str, object]]:
        """Zones that hold a point of the working CRS: layer id -> code and columns."""
        ...

    def relief(
        self,
        layer: str,
        x: float,
        y: float,
        reach_m: float,
        *,
        as_of: date | None = None,
    ) -> Relief | None:
        """Heights of a raster layer around a point of the working CRS.

        Returns
        -------
        None where no raster valid at the date knows the ground at the point.

        Raises
        ------
        InvalidInput : reach_m asks for more cells than are read at once
        """
        ...

    def codes(self, table: str) -> Mapping[str, Mapping[str, str]]:
        """Rows of a standard's code table by code, every cell as text."""
        ...

    @property
    def ledger(self) -> Ledger | None:
        """Runs of the past; None where none are kept."""
        ...
