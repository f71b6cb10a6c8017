"""A demo city whose making was killed is made whole by the next start."""

from __future__ import annotations

from gis.cli._place import Place
from gis.cli.demo import has_city
from gis.db.loader import load_frame
from gis.db.pool import Database
from gis.demo.city import build_city
from gis.demo.load import ACTOR, LAST_LAYER, load_demo
from gis.settings import read_settings
from layers import Catalogue, City


def test_a_city_cut_off_is_built_on(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    place = Place(read_settings({}), catalogue, city)
    assert not has_city(empty_db, place)
    made = build_city("small", 2012, lambda step, share: None)
    loaded = {}
    for layer, frame in made:
        report = load_frame(
            empty_db, catalogue, city, layer, frame, datum="cgcs2000", actor=ACTOR
        )
        loaded[layer] = report.loaded
        if layer == "community":
            break
    assert not has_city(empty_db, place)
    reports = load_demo(empty_db, catalogue, city, size="small", seed=2012)
    assert reports[-1].layer == LAST_LAYER
    assert has_city(empty_db, place)
    for report in reports:
        if report.layer in loaded:
            assert (report.unchanged, report.loaded) == (loaded[report.layer], 0)
