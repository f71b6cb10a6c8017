"""How an abstract test asks the server, and the register of what each one proves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

SPEC = "http://www.opengis.net/spec"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = "application/geo+json"
MVT = "application/vnd.mapbox-vector-tile"


@dataclass
class Api:
    """The server as a client sees it; documents are asked for anew every time."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)

    def ask(
        self, path: str, method: str = "GET", accept: str = "*/*", **query: object
    ) -> requests.Response:
        url = path if path.startswith("http") else f"{self.base}{path}"
        if query:
            url += "?" + urlencode({k.replace("__", "-"): v for k, v in query.items()})
        return self.session.request(method, url, headers={"Accept": accept}, timeout=30)

    def json(self, path: str, accept: str = "application/json", **query: object) -> Any:
        answer = self.ask(path, accept=accept, **query)
        assert answer.status_code == 200, f"{answer.url}: {answer.status_code}"
        kind = answer.headers["content-type"].split(";")[0]
        assert kind.endswith("json"), f"{answer.url}: {kind}"
        return answer.json()

    def collections(self) -> list[dict[str, Any]]:
        """Collections of features; the catalogue is one of records."""
        listed = self.json("/collections")["collections"]
        return [one for one in listed if one["itemType"] == "feature"]

    def spatial(self) -> list[dict[str, Any]]:
        """Collections with places, a few of every kind of geometry."""
        found: dict[str, list[dict[str, Any]]] = {}
        for one in self.collections():
            found.setdefault(one["x-citygrid-geometry"], []).append(one)
        found.pop("none", None)
        return [one for kind in found.values() for one in kind[:2]]

    def items(self, collection: str, **query: object) -> Any:
        path = f"/collections/{collection}/items"
        return self.json(path, accept=GEOJSON, **query)

    def codes(self, collection: str, **query: object) -> list[str]:
        return [one["id"] for one in self.items(collection, **query)["features"]]

    def schema(self, collection: str, name: str = "schema") -> Any:
        path = f"/collections/{collection}/{name}"
        return self.json(path, accept="application/schema+json")

    def openapi(self) -> Any:
        return self.json("/openapi", accept="application/vnd.oai.openapi+json")


def links(document: Mapping[str, Any], rel: str) -> list[dict[str, Any]]:
    """Links of a relation."""
    return [link for link in document["links"] if link["rel"] == rel]


def resolved(document: Mapping[str, Any], node: Any) -> Any:
    """A part of an OpenAPI document with its reference followed."""
    while "$ref" in node:
        kind, name = node["$ref"].removeprefix("#/components/").split("/")
        node = document["components"][kind][name]
    return node


def parameter(document: Mapping[str, Any], path: str, name: str) -> dict[str, Any]:
    """A parameter of a path's GET."""
    for node in document["paths"][path]["get"]["parameters"]:
        found = resolved(document, node)
        if found["name"] == name:
            return dict(found)
    raise AssertionError(f"{path}: no parameter {name}")


@dataclass(frozen=True)
class Proof:
    """One of our tests and the abstract tests that it is.

    Parameters
    ----------
    tests : identifiers below the class, by standard and class
    defects : names of deliberate defects, each of which makes it fail
    """

    check: Callable[[Api], None]
    tests: tuple[str, ...]
    defects: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.check.__name__


PROOFS: dict[str, Proof] = {}


def proves(
    *tests: str, defects: tuple[str, ...] | str
) -> Callable[[Callable[[Api], None]], Callable[[Api], None]]:
    """Register a check under the abstract tests it proves.

    Parameters
    ----------
    tests : such as ogcapi-features-1/1.0/conf/core/http
    """

    def register(check: Callable[[Api], None]) -> Callable[[Api], None]:
        named = (defects,) if isinstance(defects, str) else defects
        assert named, check.__name__
        assert check.__name__ not in PROOFS, check.__name__
        PROOFS[check.__name__] = Proof(check, tests, named)
        return check

    return register
