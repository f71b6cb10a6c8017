"""What the city computes: coverage, gaps, scorecard, location."""

from processes._errors import (
    Forbidden,
    InvalidInput,
    NoData,
    ProcessError,
    UnknownProcess,
)
from processes._formats import render
from processes._optics import (
    Optics,
    densities,
    ground_reach,
    optics_columns,
    read_optics,
)
from processes._ports import Reader, Snapshot
from processes._progress import Tell, listening, tell, within
from processes._registry import Registry, registry
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
    "Inputs",
    "InvalidInput",
    "NoData",
    "Optics",
    "Process",
    "ProcessError",
    "Reader",
    "Registry",
    "Result",
    "Snapshot",
    "Tell",
    "UnknownProcess",
    "ZoneOutlines",
    "densities",
    "digest",
    "ground_reach",
    "listening",
    "optics_columns",
    "read_inputs",
    "read_optics",
    "registry",
    "render",
    "tell",
    "within",
]
