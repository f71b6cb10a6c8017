"""A file or a frame -> checked rows of one layer. Pure: the database is elsewhere."""

from gis.load.prepare import Context, Prepared, prepare
from gis.load.read import Source, read_source
from gis.load.report import LoadReport, Reject

__all__ = [
    "Context",
    "LoadReport",
    "Prepared",
    "Reject",
    "Source",
    "prepare",
    "read_source",
]
