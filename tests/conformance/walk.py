"""`make conformance-walk URL=…`: what OGC's executable suites ask of a running server.

The suites (ets-ogcapi-features10, -tiles10, -processes10) are not to be had from Maven
Central. This asks a server what they ask, in their order, with the headers that their
clients send, and prints what they would not accept. Where it differs from a suite, and
why, stands beside the check.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests
from pyproj import Transformer

REL = "http://www.opengis.net/def/rel/ogc/1.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = "application/geo+json"
#: What the suites' clients send as Accept: REST Assured, and Java's own client.
_JSON = "application/json, application/javascript, text/javascript, text/json"
_JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
_FAR_BOXES = (
    "-1.5,50.0,1.5,53.0",
    "-80.0,-5.0,-70.0,5.0",
    "177.0,65.0,-177.0,70.0",
    "-180.0,85.0,180.0,90.0",
    "-180.0,-90.0,180.0,-85.0",
)
_MOST_FOLLOWED = 30  # pages
_PATIENCE_S = 30.0
_WORD = "teststring"


@dataclass
class Walk:
    """What was asked of one server, and what would not be accepted."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)
    asked: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def check(self, suite: str, holds: bool, what: str) -> None:
        """Count one check of a suite."""
        self.asked[suite] += 1
        if not holds:
            self.problems.append(f"{suite}: {what}")

    def get(self, url: str, accept: str = _JSON, **query: Any) -> requests.Response:
        target = url if url.startswith("http") else f"{self.base}{url}"
        return self.session.get(
            target, params=query, headers={"Accept": accept}, timeout=60
        )

    # -- features ----------------------------------------------------------------

    def features(self, most: int) -> None:
        """Core and CRS, of so many collections of features."""
        listed = self.get("/collections").json()["collections"]
        for one in [c for c in listed if c.get("itemType", "feature") == "feature"][
            :most
        ]:
            (items,) = [
                link["href"]
                for link in one["links"]
                if link["rel"] == "items" and link["type"] == GEOJSON
            ]
            self._core(one, items)
            self._systems(one, items)

    def _core(self, one: dict[str, Any], items: str) -> None:
        name = one["id"]

        def has(holds: bool, what: str) -> None:
            self.check("features", holds, f"{name}: {what}")

        has(self.get(items, GEOJSON, limit="unlimited").status_code == 400, "limit")
        unknown = {"unknownQueryParameter1": 1}
        has(self.get(items, GEOJSON, **unknown).status_code == 400, "unknown parameter")
        for limit in (1, 100):
            answer = self.get(items, GEOJSON, limit=limit)
            has(answer.status_code == 200, f"limit={limit}")
            has(len(answer.json()["features"]) <= limit, f"more than limit={limit}")
        (box,) = one["extent"]["spatial"]["bbox"]
        for text in (",".join(str(float(edge)) for edge in box), *_FAR_BOXES):
            answer = self.get(items, GEOJSON, bbox=text)
            has(answer.status_code == 200, f"bbox={text}: {answer.text[:80]}")
        ((begin, end),) = one["extent"]["temporal"]["interval"]
        # the suite stops at an end that is open (null is parsed as an instant)
        for text in (begin, f"{begin}/{end or '..'}", f"{(begin or '')[:10]}/P2D"):
            if begin is not None:
                answer = self.get(items, GEOJSON, datetime=text)
                has(answer.status_code == 200, f"datetime={text}: {answer.text[:80]}")
        page = self.get(items, GEOJSON).json()
        matched, seen = page["numberMatched"], len(page["features"])
        for _ in range(_MOST_FOLLOWED):
            following = [k["href"] for k in page["links"] if k["rel"] == "next"]
            if not following:
                has(seen == matched, f"{seen} of numberMatched {matched}")
                break
            page = self.get(following[0], GEOJSON).json()
            seen += len(page["features"])

    def _systems(self, one: dict[str, Any], items: str) -> None:
        """CRS: known ones answer as named, boxes in them find the same."""
        (box,) = one["extent"]["spatial"]["bbox"]

        def has(holds: bool, what: str) -> None:
            self.check("features", holds, f"{one['id']}: {what}")

        has(one["crs"][0] == CRS84, "the default CRS is not the first")
        wanted = {f["id"] for f in self.get(items, GEOJSON).json()["features"]}
        for uri in one["crs"]:
            answer = self.get(items, GEOJSON, crs=uri, limit=3)
            has(
                answer.headers.get("content-crs") == f"<{uri}>", f"Content-Crs of {uri}"
            )
            # corners of a box are corners of a box where meridians stay parallel; the
            # suite takes them so in any CRS, and misses what lies beside in others
            code = uri.rsplit("/", 1)[1]
            if code not in ("4326", "4490", "3857"):
                continue
            to = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}")
            edges = [*to.transform(box[0], box[1]), *to.transform(box[2], box[3])]
            text = ",".join(map(repr, edges))
            answer = self.get(items, GEOJSON, **{"bbox": text, "bbox-crs": uri})
            found = {f["id"] for f in answer.json().get("features", ())}
            has(found == wanted, f"a box in {code} finds others than in CRS84")
        for query in ({"crs": f"{CRS84}/x"}, {"bbox": "1,1,2,2", "bbox-crs": "x"}):
            has(self.get(items, GEOJSON, **query).status_code == 400, f"{query}")

    # -- tiles -------------------------------------------------------------------

    def tiles(self, most: int) -> None:
        """Tilesets of the dataset and of so many collections, and tiles of each."""
        documents = [
            self.get("/").json(),
            *self.get("/collections").json()["collections"],
        ]
        roots = [
            link["href"]
            for document in documents
            for link in document["links"]
            if link["rel"] == f"{REL}/tilesets-vector" and "json" in link["type"]
        ]
        self.check("tiles", bool(roots), "no tilesets")
        for root in roots[: most + 1]:
            self.check("tiles", "/tiles" in root, root)
            for tileset in self.get(root).json()["tilesets"]:
                self.check("tiles", "tileMatrixSetURI" in tileset, root)
                for link in tileset["links"]:
                    self._tileset(self.get(link["href"]))

    def _tileset(self, answer: requests.Response) -> None:
        self.check("tiles", answer.status_code == 200, answer.url)
        document = answer.json()
        limits = document.get("tileMatrixSetLimits", [])[:1]
        for link in document.get("links", []):
            if "{tileMatrix}" not in link["href"]:
                continue
            for limit in limits:
                last = int(limit["maxTileRow"])
                for row, statuses in (
                    (last, (200, 204)),
                    (last + 1, (400, 404)),
                    (2**31 - 1, (400, 404)),
                ):
                    url = link["href"].replace("{tileMatrix}", limit["tileMatrix"])
                    url = url.replace("{tileRow}", str(row))
                    url = url.replace("{tileCol}", str(limit["minTileCol"]))
                    found = self.get(url, _JAVA).status_code
                    self.check("tiles", found in statuses, f"{url}: {found}")

    # -- processes ---------------------------------------------------------------

    def processes(self, echo: str, *, worked: bool) -> None:
        """The list, the echo process, its jobs.

        Parameters
        ----------
        worked : somebody takes jobs, so that they come to an end
        """

        def has(holds: bool, what: str) -> None:
            self.check("processes", holds, what)

        rels = {link["rel"] for link in self.get("/").json()["links"]}
        has("processes" in rels, "no link of the relation processes")
        has(len(self.get("/processes", limit=1).json()["processes"]) == 1, "limit=1")
        missing = self.get("/processes/invalid-process")
        has(missing.json()["type"].endswith("/no-such-process"), missing.text)
        inputs = {"text": _WORD, "mixed": _WORD}
        outputs = {"result": {"transmissionMode": "value"}}
        for body in (
            {"inputs": inputs, "outputs": outputs},
            {"inputs": inputs},
            {"inputs": inputs, "outputs": outputs, "response": "raw"},
            {"inputs": inputs, "outputs": outputs, "response": "document"},
            {"inputs": {**inputs, "mixed": {"value": _WORD}}, "outputs": outputs},
            {"inputs": {"numbers": [1, 2, 3]}, "outputs": {}},
            {"inputs": {"box": {"bbox": [51.9, 7, 52, 7.1], "crs": CRS84}}},
        ):
            answer = self._execute(echo, body)
            has(answer.status_code == 200, f"{body}: {answer.text[:80]}")
        for body in (
            {"inputs": {**inputs, "text": {"type": "wrong/type"}}},
            {"invalid-execute-request": "true)"},
        ):
            answer = self._execute(echo, body)
            has(answer.status_code == 400, f"{body}: {answer.status_code}")
            has("type" in answer.json(), f"{body}: no exception")
        later = {"Prefer": "respond-async"}
        answer = self._execute(echo, {"inputs": {"text": _WORD, "pause": 5}}, later)
        has(answer.status_code == 201, f"respond-async: {answer.status_code}")
        if answer.status_code != 201:
            return
        early = self.get(f"{answer.headers['location']}/results")
        has(
            early.status_code == 404, f"results of a job under way: {early.status_code}"
        )
        has(early.json()["type"].endswith("/result-not-ready"), early.text)
        self.session.delete(answer.headers["location"], timeout=30)
        job = self._execute(echo, {"inputs": inputs}, later).headers["location"]
        status = self.get(job).json()
        has({"jobID", "status", "type"} <= status.keys(), f"status: {status}")
        if worked:
            until = time.monotonic() + _PATIENCE_S
            while status["status"] != "successful" and time.monotonic() < until:
                time.sleep(0.2)
                status = self.get(job).json()
            has(f"{REL}/results" in {k["rel"] for k in status["links"]}, f"{status}")
            has(_WORD in self.get(f"{job}/results").text, "results without the input")

    def _execute(
        self, echo: str, body: object, headers: dict[str, str] | None = None
    ) -> requests.Response:
        return self.session.post(
            f"{self.base}/processes/{echo}/execution",
            json=body,
            headers={"Accept": "application/json", **(headers or {})},
            timeout=60,
        )


def main() -> None:
    """Walk, tell, fail where anything would not be accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="landing page of a running server")
    parser.add_argument("--collections", type=int, default=1000, help="at most so many")
    parser.add_argument("--echo", default="echo", help="id of the echo process")
    given = parser.parse_args()
    walk = Walk(given.url.rstrip("/"))
    walk.features(given.collections)
    walk.tiles(given.collections)
    walk.processes(given.echo, worked=True)
    for problem in walk.problems:
        sys.stdout.write(f"{problem}\n")
    told = ", ".join(f"{suite} {number}" for suite, number in walk.asked.items())
    sys.stdout.write(f"checks: {told}; not accepted: {len(walk.problems)}\n")
    sys.exit(1 if walk.problems else 0)


if __name__ == "__main__":
    main()
