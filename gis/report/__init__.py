"""Reports in one self-contained file that opens with no network."""

from gis.report.map import MapQuestion, build_map
from gis.report.page import AssetsMissing

__all__ = ["AssetsMissing", "MapQuestion", "build_map"]
