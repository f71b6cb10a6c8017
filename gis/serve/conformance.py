"""The conformance classes that this server declares: each is proven by a test."""

from __future__ import annotations

_SPEC = "http://www.opengis.net/spec"

_DECLARED = {
    "ogcapi-common-1/1.0": ("core", "landing-page", "json", "html", "oas30"),
    "ogcapi-common-2/1.0": ("collections",),
    "ogcapi-common-3/1.0": ("schemas",),
    "ogcapi-features-1/1.0": ("core", "oas30", "html", "geojson"),
    "ogcapi-features-2/1.0": ("crs",),
    "ogcapi-features-3/1.0": (
        "queryables",
        "queryables-query-parameters",
        "filter",
        "features-filter",
    ),
    "ogcapi-features-5/1.0": (
        "schemas",
        "advanced-property-roles",
        "returnables-and-receivables",
        "queryables",
        "sortables",
    ),
    "ogcapi-tiles-1/1.0": (
        "core",
        "tileset",
        "tilesets-list",
        "geodata-tilesets",
        "dataset-tilesets",
        "collections-selection",
        "mvt",
        "oas30",
    ),
    "ogcapi-processes-1/1.0": (
        "core",
        "ogc-process-description",
        "json",
        "oas30",
        "job-list",
        "callback",
        "dismiss",
    ),
    "ogcapi-records-1/1.0": (
        "record-core",
        "record-core-query-parameters",
        "record-collection",
        "records-api",
        "autodiscovery",
        "json",
        "html",
        "oas30",
    ),
    "cql2/1.0": (
        "cql2-text",
        "cql2-json",
        "basic-cql2",
        "advanced-comparison-operators",
        "case-insensitive-comparison",
        "basic-spatial-functions",
        "basic-spatial-operators",
    ),
}

CLASSES = tuple(
    f"{_SPEC}/{standard}/conf/{name}"
    for standard, names in _DECLARED.items()
    for name in names
)
