"""What the city keeps: layer declarations and the shape in which features travel."""

from layers._catalogue import LAYERS, Catalogue, load_catalogue
from layers._codes import DATA, CodeTable, load_codes
from layers._crs import (
    CONFIG,
    CRS84,
    City,
    crs_uri,
    is_northing_first,
    load_city,
    transformer,
)
from layers._errors import DeclarationError, UnknownCodeTable, UnknownLayer
from layers._features import Features
from layers._level import Level
from layers._spec import (
    BASE_COLUMNS,
    RASTER_COLUMNS,
    Attribute,
    Column,
    Coverage,
    Declared,
    Disc,
    Disclosure,
    Identifier,
    Layer,
    Legend,
    OwnPolygon,
    Raster,
    Representative,
    Sector,
    Tiles,
    Title,
    Zone,
)
from layers._yaml import read_model, read_yaml

__all__ = [
    "BASE_COLUMNS",
    "CONFIG",
    "CRS84",
    "DATA",
    "LAYERS",
    "RASTER_COLUMNS",
    "Attribute",
    "Catalogue",
    "City",
    "CodeTable",
    "Column",
    "Coverage",
    "DeclarationError",
    "Declared",
    "Disc",
    "Disclosure",
    "Features",
    "Identifier",
    "Layer",
    "Legend",
    "Level",
    "OwnPolygon",
    "Raster",
    "Representative",
    "Sector",
    "Tiles",
    "Title",
    "UnknownCodeTable",
    "UnknownLayer",
    "Zone",
    "crs_uri",
    "is_northing_first",
    "load_catalogue",
    "load_city",
    "load_codes",
    "read_model",
    "read_yaml",
    "transformer",
]
