"""OGC API - Tiles, part 1."""

from __future__ import annotations

import math

import mapbox_vector_tile

from tests.conformance.harness import CRS84, MVT, REL, Api, links, parameter, proves

T = "ogcapi-tiles-1/1.0/conf"
VECTOR = f"{REL}/tilesets-vector"
SCHEME = f"{REL}/tiling-scheme"
#: A place in every layer of the test city, and a zoom at which most have tiles.
LON, LAT, ZOOM = 120.1605, 30.2705, 14
REGISTERED = "http://www.opengis.net/def/tilematrixset/OGC/1.0/"


def _index(name: str, zoom: int) -> tuple[int, int]:
    """Row and column of the tile over the place, by the registry's definitions."""
    if name == "WorldCRS84Quad":
        width = 180 / 2**zoom
        return int((90 - LAT) / width), int((LON + 180) / width)
    count = 2**zoom
    up = math.asinh(math.tan(math.radians(LAT)))
    return int((1 - up / math.pi) / 2 * count), int((LON + 180) / 360 * count)


def _url(tileset: dict, zoom: int, row: int, column: int) -> str:
    (item,) = links(tileset, "item")
    return (
        item["href"]
        .replace("{tileMatrix}", str(zoom))
        .replace("{tileRow}", str(row))
        .replace("{tileCol}", str(column))
    )


def _tilesets(api: Api, path: str) -> list[dict]:
    """Every tileset of a list, in full."""
    found = api.json(path)["tilesets"]
    return [api.json(links(one, "self")[0]["href"]) for one in found]


def _zoom(tileset: dict) -> int:
    limits = [int(one["tileMatrix"]) for one in tileset["tileMatrixSetLimits"]]
    wanted = ZOOM - (tileset["tileMatrixSetId"] == "WorldCRS84Quad")
    return min(max(wanted, limits[0]), limits[-1])


@proves(
    f"{T}/core/tc-op",
    f"{T}/core/tc-success",
    f"{T}/geodata-tilesets/desc-links",
    f"{T}/geodata-tilesets/operation",
    defects=("tile-empty", "no-tilesets-link"),
)
def every_collection_with_places_has_tiles(api: Api) -> None:
    tiled = 0
    for one in api.collections():
        found = [link for link in links(one, VECTOR) if "json" in link["type"]]
        described = f"/collections/{one['id']}/tiles" in api_paths(api)
        assert bool(found) == described
        for link in found:
            tiled += 1
            assert link["href"].split("?")[0].endswith(f"/{one['id']}/tiles")
            for tileset in _tilesets(api, link["href"]):
                zoom = _zoom(tileset)
                row, column = _index(tileset["tileMatrixSetId"], zoom)
                answer = api.ask(_url(tileset, zoom, row, column), accept=MVT)
                assert answer.status_code == 200, answer.url
                assert answer.headers["content-type"] == MVT
    assert tiled > 20


_PATHS: dict[str, set[str]] = {}


def api_paths(api: Api) -> set[str]:
    """Paths of the API definition, asked for once."""
    if api.base not in _PATHS:
        _PATHS[api.base] = set(api.openapi()["paths"])
    return _PATHS[api.base]


@proves(
    f"{T}/core/tc-tilematrix-definition",
    f"{T}/core/tc-tilerow-definition",
    f"{T}/core/tc-tilecol-definition",
    defects="openapi-tile-parameters",
)
def tile_parameters(api: Api) -> None:
    document = api.openapi()
    for path in document["paths"]:
        if path.endswith("/{tileMatrix}/{tileRow}/{tileCol}"):
            for name in ("tileMatrix", "tileRow", "tileCol"):
                found = parameter(document, path, name)
                assert (found["in"], found["required"]) == ("path", True)
                assert found["schema"]["type"] in ("string", "integer")


@proves(f"{T}/core/tc-error", defects=("status-200", "status-500"))
def tiles_outside_are_refused(api: Api) -> None:
    for path in ("/tiles", "/collections/road/tiles"):
        for tileset in _tilesets(api, path):
            for limits in tileset["tileMatrixSetLimits"]:
                zoom = int(limits["tileMatrix"])
                row, column = limits["maxTileRow"], limits["maxTileCol"]
                empty = api.ask(_url(tileset, zoom, row, column))
                assert (empty.status_code, empty.content) == (204, b"")
                for wrong in ((row + 1, column), (row, column + 1)):
                    answer = api.ask(_url(tileset, zoom, *wrong))
                    assert answer.status_code == 404
            last = int(tileset["tileMatrixSetLimits"][-1]["tileMatrix"])
            assert api.ask(_url(tileset, last + 10, 0, 0)).status_code == 404
            malformed = _url(tileset, last, 0, 0).replace(f"/{last}/0/0", "/a/0/0")
            assert api.ask(malformed).status_code == 400


@proves(
    f"{T}/tileset/description",
    defects=("tileset-untemplated", "tileset-without-scheme"),
)
def tileset_is_described(api: Api) -> None:
    for path in ("/tiles", "/collections/unit_grid/tiles"):
        for found in _tilesets(api, path):
            name = found["tileMatrixSetId"]
            assert found["dataType"] == "vector"
            assert found["tileMatrixSetURI"] == f"{REGISTERED}{name}"
            (scheme,) = links(found, SCHEME)
            matrices = api.json(scheme["href"])
            assert matrices["id"] == name
            assert matrices["uri"] == found["tileMatrixSetURI"]
            (item,) = links(found, "item")
            assert item["templated"] is True
            assert item["type"] == MVT
            for part in ("{tileMatrix}", "{tileRow}", "{tileCol}"):
                assert part in item["href"]
            box = found["boundingBox"]
            assert box["crs"] == CRS84
            assert 120.15 < box["lowerLeft"][0] < box["upperRight"][0] < 120.18
            for layer in found["layers"]:
                assert layer["dataType"] == "vector"
                assert int(layer["minTileMatrix"]) <= int(layer["maxTileMatrix"])
                assert "code" in layer["propertiesSchema"]["properties"]


@proves(
    f"{T}/tilesets-list/tileset-links",
    defects=("tilesets-without-self", "tilesets-without-crs"),
)
def tilesets_are_listed(api: Api) -> None:
    for path in ("/tiles", "/collections/unit_grid/tiles"):
        found = api.json(path)["tilesets"]
        assert [one["tileMatrixSetId"] for one in found] == [
            "WebMercatorQuad",
            "WorldCRS84Quad",
        ]
        for one in found:
            assert one["dataType"] == "vector"
            assert one["crs"].startswith("http://www.opengis.net/def/crs/")
            assert one["tileMatrixSetURI"].startswith(REGISTERED)
            (itself,) = links(one, "self")
            assert itself["href"] == f"{api.base}{path}/{one['tileMatrixSetId']}"
            assert links(one, SCHEME)
            # whoever follows every link of the list gets a document each time
            for link in one["links"]:
                assert link["type"] == "application/json"
                assert api.ask(link["href"]).status_code == 200


@proves(
    f"{T}/dataset-tilesets/landingpage",
    f"{T}/dataset-tilesets/operation",
    defects=("no-tilesets-link", "tile-empty"),
)
def the_city_has_tiles(api: Api) -> None:
    (link,) = links(api.json("/"), VECTOR)
    assert link["href"] == f"{api.base}/tiles"
    for tileset in _tilesets(api, link["href"]):
        zoom = _zoom(tileset)
        row, column = _index(tileset["tileMatrixSetId"], zoom)
        answer = api.ask(_url(tileset, zoom, row, column))
        assert answer.status_code == 200
        assert len(mapbox_vector_tile.decode(answer.content)) > 10


@proves(
    f"{T}/collections-selection/resources-query",
    f"{T}/collections-selection/collections-response",
    defects="collections-ignored",
)
def layers_are_chosen(api: Api) -> None:
    for name in ("WebMercatorQuad", "WorldCRS84Quad"):
        for chosen in (["road"], ["unit_grid", "road"], ["road", "unit_grid"]):
            query = {"collections": ",".join(chosen)}
            found = api.json(f"/tiles/{name}", **query)
            assert [layer["id"] for layer in found["layers"]] == chosen
            zoom = ZOOM - (name == "WorldCRS84Quad")
            row, column = _index(name, zoom)
            answer = api.ask(f"/tiles/{name}/{zoom}/{row}/{column}", **query)
            assert list(mapbox_vector_tile.decode(answer.content)) == chosen
        path = f"/tiles/{name}/{zoom}/{row}/{column}"
        assert api.ask(path, collections="nothing").status_code == 400


@proves(f"{T}/mvt/content", defects=("tile-shifted", "tile-empty"))
def tiles_are_vector_tiles(api: Api) -> None:
    expected = api.items("unit_grid")["features"][0]["geometry"]["coordinates"][0]
    for tileset in _tilesets(api, "/collections/unit_grid/tiles"):
        name, zoom = tileset["tileMatrixSetId"], _zoom(tileset)
        row, column = _index(name, zoom)
        answer = api.ask(_url(tileset, zoom, row, column))
        (layer,) = mapbox_vector_tile.decode(
            answer.content, default_options={"y_coord_down": True}
        ).values()
        extent = layer["extent"]
        assert all(feature["geometry"]["type"] for feature in layer["features"])
        assert all(isinstance(feature["id"], int) for feature in layer["features"])
        corners = [
            point
            for feature in layer["features"]
            for point in feature["geometry"]["coordinates"][0]
        ]
        places = [
            _degrees(name, zoom, column + x / extent, row + y / extent)
            for x, y in corners
        ]
        for lon, lat in expected:
            near = min(math.hypot(lon - x, lat - y) for x, y in places)
            assert near < 1e-5, (name, lon, lat)


def _degrees(name: str, zoom: int, x: float, y: float) -> tuple[float, float]:
    """Lon and lat of a place in tiles from the north-west."""
    if name == "WorldCRS84Quad":
        width = 180 / 2**zoom
        return x * width - 180, 90 - y * width
    lat = math.atan(math.sinh(math.pi * (1 - 2 * y / 2**zoom)))
    return x / 2**zoom * 360 - 180, math.degrees(lat)


@proves(
    f"{T}/oas30/completeness",
    f"{T}/oas30/operation-id",
    defects=("openapi-without-paths", "openapi-operations"),
)
def tile_operations_are_described(api: Api) -> None:
    document = api.openapi()
    named = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    for suffix in (
        ".collection.vector.getTileSetsList",
        ".collection.vector.getTileSet",
        ".collection.vector.getTile",
        "dataset.vector.getTileSetsList",
        ".dataset.vector.getTileSet",
        ".dataset.vector.getTile",
        "getTileMatrixSetsList",
        "getTileMatrixSet",
    ):
        assert any(name.endswith(suffix) for name in named), suffix
    for name in ("WebMercatorQuad", "WorldCRS84Quad"):
        path = f"/tiles/{name}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        assert path in document["paths"]
