"""A file or a frame -> checked rows of one layer. Pure: the database is elsewhere."""

from gis.load.prepare import Context, Prepared, Seen, prepare, row_contents
from gis.load.read import Source, read_source
from gis.load.report import LoadReport, Reject

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
