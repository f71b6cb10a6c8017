"""The walk of OGC's suites: content with this server, not with a broken one."""

from __future__ import annotations

import psycopg
import pytest

from tests.conformance.defects import DEFECTS
from tests.conformance.harness import Api
from tests.conformance.mutant import Mutant
from tests.conformance.walk import Walk

Server = tuple[Mutant, Api]


def _walk(api: Api) -> Walk:
    walk = Walk(api.base)
    walk.features(2)
    walk.tiles(1)
    walk.processes("echo", worked=False)
    return walk


def test_finds_nothing(mutant: Server, plain_dsn: str) -> None:
    mutated, api = mutant
    mutated.defect = None
    with psycopg.connect(plain_dsn) as connection:
        # no worker is there to end what other proofs have asked for
        connection.execute("DELETE FROM ledger.job")
    walk = _walk(api)
    assert walk.problems == []
    assert walk.asked["features"] > 40
    assert walk.asked["tiles"] > 20
    assert walk.asked["processes"] > 15


@pytest.mark.parametrize("defect", ["status-200", "limit-ignored", "crs-ignored"])
def test_finds_a_defect(mutant: Server, defect: str) -> None:
    mutated, api = mutant
    mutated.defect = DEFECTS[defect]
    try:
        walk = Walk(api.base)
        walk.features(1)
        assert walk.problems
    finally:
        mutated.defect = None
