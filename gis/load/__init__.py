"""A file or a frame -> checked rows of one layer. Pure: the database is elsewhere."""

from gis.load.prepare import Context, Prepared, Seen, prepare, row_contents
from gis.load.read import read_source
from gis.load.report import LoadReport, Reject
from gis.load.source import Source

__all__ = [
    "Context",
    "LoadReport",
    "Prepared",
    "Reject",
    "Seen",
    "Source",
    "prepare",
    "read_source",
    "row_contents",
]
