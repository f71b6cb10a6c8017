"""What the city computes: coverage, gaps, scorecard, location."""

from processes._elsewhere import measure_elsewhere
from processes._errors import (
    Forbidden,
    InvalidInput,
    NoData,
    ProcessError,
    UnknownProcess,
)
from processes._formats import render
from processes._grid import GridCells, keeping_cells
from processes._optics import (
    Optics,
    densities,
    ground_reach,
    optics_columns,
    read_optics,
)
from processes._ports import Ledger, PastRun, Reader, Relief, Snapshot
from processes._progress import Tell, listening, tell, within
from processes._registry import Registry, registry
from processes._run import Run, code_version, run_id
from processes._spec import (
    CSV,
    GEOJSON,
    JSON,
    XLSX,
    Inputs,
    Process,
    Result,
    ZoneOutlines,
    digest,
    read_inputs,
)

__all__ = [
    "CSV",
    "GEOJSON",
    "JSON",
    "XLSX",
    "Forbidden",
    "GridCells",
    "Inputs",
    "InvalidInput",
    "Ledger",
    "NoData",
    "Optics",
    "PastRun",
    "Process",
    "ProcessError",
    "Reader",
    "Registry",
    "Relief",
    "Result",
    "Run",
    "Snapshot",
    "Tell",
    "UnknownProcess",
    "ZoneOutlines",
    "code_version",
    "densities",
    "digest",
    "ground_reach",
    "keeping_cells",
    "listening",
    "measure_elsewhere",
    "optics_columns",
    "read_inputs",
    "read_optics",
    "registry",
    "render",
    "run_id",
    "tell",
    "within",
]
