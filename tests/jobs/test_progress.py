"""What is told of a computation while it lasts, and what is not."""

from __future__ import annotations

import pytest

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.jobs import progress as rooms
from gis.jobs.progress import COMPUTED_PCT, READ_PCT, Progress, watched
from layers import Catalogue, City, Level, Title
from processes import listening

Told = list[tuple[int, Title]]


@pytest.fixture
def every_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "_INTERVAL_S", 0.0)


def compute(
    database: Database, catalogue: Catalogue, city: City, level: Level, service: str
) -> Told:
    """What is told of one coverage."""
    told: Told = []
    reader = DatabaseReader(database, catalogue, city, level)
    progress = Progress(lambda *word: told.append(word), layers=2)
    with listening(progress.tell):
        execute(
            "coverage",
            {"service": service, "zones": "district"},
            reader=watched(reader, progress, level),
            level=level,
        )
    progress.writes()
    return told


def test_reading_then_computing_then_writing(
    city_db: Database, catalogue: Catalogue, city: City, every_word: None
) -> None:
    told = compute(city_db, catalogue, city, Level.RESTRICTED, "camera")
    percents = [percent for percent, _ in told]
    assert percents == sorted(percents)
    assert percents[-1] == COMPUTED_PCT
    computing = [percent for percent, word in told if word.en == "computing"]
    assert len(computing) > 5, "the kernel tells how far it is"
    assert min(computing) >= READ_PCT
    assert max(computing) <= COMPUTED_PCT
    assert f"reading {catalogue['camera'].title.en}" in {word.en for _, word in told}


def test_a_hidden_layer_is_not_named(
    city_db: Database, catalogue: Catalogue, city: City, every_word: None
) -> None:
    told = compute(city_db, catalogue, city, Level.PUBLIC, "camera")
    hidden = catalogue["camera"].title
    for _, word in told:
        assert hidden.zh not in word.zh
        assert hidden.en.lower() not in word.en.lower()
    assert "reading" in {word.en for _, word in told}


def test_what_stops_listening_stops_the_computation(
    city_db: Database, catalogue: Catalogue, city: City, every_word: None
) -> None:
    class GivenUp(Exception):
        pass

    def stop(share: float, message: Title) -> None:
        raise GivenUp

    reader = DatabaseReader(city_db, catalogue, city, Level.RESTRICTED)
    with listening(stop), pytest.raises(GivenUp):
        execute(
            "coverage",
            {"service": "park", "zones": "district"},
            reader=reader,
            level=Level.RESTRICTED,
        )
