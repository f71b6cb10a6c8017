"""Real files load with the outcome that their contents demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gis.db.loader import load_source
from gis.db.pool import Database
from gis.errors import LoadError
from gis.load import LoadReport, read_source
from gis.load.headers import read_synonyms
from gis.load.rules import read_rules
from layers import CONFIG, Catalogue, City

EXPECTED = yaml.safe_load((Path(__file__).parent / "expected.yaml").read_text("utf-8"))
BORDERS = "boundaries/tianditu_cgcs2000_district.geojson"


class Samples:
    """The loader over one folder of files and one database."""

    def __init__(
        self, folder: Path, database: Database, catalogue: Catalogue, city: City
    ) -> None:
        self.folder = folder
        self.database = database
        self.catalogue = catalogue
        self.city = city
        rules = read_rules(CONFIG, "tianditu_border")
        self(BORDERS, "district", datum="cgcs2000", rules=rules)

    def __call__(self, file: str, layer: str, **options: Any) -> LoadReport:
        mapping = options.get("mapping", {})
        return load_source(
            self.database,
            self.catalogue,
            self.city,
            layer,
            read_source(self.folder / file, mapping=mapping),
            synonyms=read_synonyms(CONFIG),
            **options,
        )


@pytest.fixture
def load(
    samples: Path, empty_db: Database, catalogue: Catalogue, city: City
) -> Samples:
    return Samples(samples, empty_db, catalogue, city)


@pytest.mark.parametrize(
    "row", [r for r in EXPECTED if r["file"] != BORDERS], ids=lambda r: r["file"]
)
def test_a_file_loads_as_expected(load: Samples, row: dict[str, Any]) -> None:
    options: dict[str, Any] = {"datum": row["datum"]}
    if "mapping" in row:
        options["rules"] = read_rules(CONFIG, row["mapping"])
    for other in row.get("after", []):
        known = next(one for one in EXPECTED if one["file"] == other)
        load(other, known["layer"], datum=known["datum"])
    if "fails" in row:
        with pytest.raises(LoadError, match=row["fails"]):
            load(row["file"], row["layer"], **options)
        return
    report = load(row["file"], row["layer"], **options)
    assert (report.read, report.loaded) == (row["read"], row["loaded"]), report.reasons
    wanted = row.get("refused", {})
    assert report.refused == sum(wanted.values())
    for words, count in wanted.items():
        assert [n for why, n in report.reasons.items() if words in why] == [count]
    assert report.updated == row.get("updated", 0)
    wanted_keys = row.get("keys", {})
    assert sorted(report.keys.values()) == sorted(wanted_keys.values()), report.keys
    again = load(row["file"], row["layer"], **options)
    whole = row["loaded"] + row.get("updated", 0)
    assert (again.unchanged, again.loaded) == (whole, 0)


def test_the_borders_load(load: Samples) -> None:
    with load.database.owner() as connection:
        row = connection.execute(
            "SELECT count(*), bool_and(ST_IsValid(geom_m)) FROM city.district"
        ).fetchone()
        codes = connection.execute("SELECT code FROM city.district ORDER BY 1")
        assert {str(code)[:4] for (code,) in codes} == {"3301"}
    assert row == (13, True)


def test_amap_borders_fit_better_once_their_datum_is_undone(load: Samples) -> None:
    """13 districts in GCJ-02: every overlap with the Tianditu borders must rise."""
    files = sorted((load.folder / "boundaries" / "amap_gcj02").glob("*.geojson"))
    districts = [file for file in files if file.stem != "330100"]
    assert len(districts) == 13
    for file in districts:
        report = load(
            f"boundaries/amap_gcj02/{file.name}",
            "district",
            datum="gcj02",
            constants={"code": file.stem, "name": file.stem},
            dry_run=True,
        )
        proof = report.datum_proof
        assert report.updated == 1, file.name
        assert proof["overlap_after"] > proof["overlap_before"], file.name


def test_a_wrong_datum_shows_in_the_proof(load: Samples) -> None:
    """Borders in CGCS2000 declared GCJ-02 fit worse than as found."""
    report = load(
        BORDERS, "district", datum="gcj02", dry_run=True,
        rules=read_rules(CONFIG, "tianditu_border"),
    )  # fmt: skip
    proof = report.datum_proof
    assert proof["overlap_after"] < proof["overlap_before"]


def test_air_stations_of_the_city_are_the_published_ones(load: Samples) -> None:
    load("air/cnemc_station_info.csv", "air_station", datum="wgs84")
    with load.database.owner() as connection:
        rows = connection.execute("SELECT code, name FROM city.air_station")
        found = {str(code): str(name) for code, name in rows}
    wanted = {f"12{n}A" for n in range(23, 34)}
    assert wanted <= set(found)
    assert found["1228A"] == "浙江农大"
