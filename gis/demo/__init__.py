"""The seeded demo city: pure generators, loaded through the ordinary loader."""

from gis.demo.city import build_city
from gis.demo.size import SIZES, Size

__all__ = ["SIZES", "Size", "build_city"]
