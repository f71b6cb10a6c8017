"""Every abstract test holds, and fails under each of its deliberate defects."""

from __future__ import annotations

import re
from collections.abc import Callable

import jsonschema
import pytest
import requests

from gis.serve.conformance import CLASSES
from tests.conformance import table
from tests.conformance.defects import DEFECTS
from tests.conformance.harness import PROOFS, SPEC, Api
from tests.conformance.mutant import Mutant

Server = tuple[Mutant, Api]
_FAILED = (
    AssertionError,
    LookupError,
    TypeError,
    ValueError,
    jsonschema.ValidationError,
    jsonschema.SchemaError,
)
_NAMED = [(name, defect) for name, proof in PROOFS.items() for defect in proof.defects]


@pytest.mark.parametrize("name", list(PROOFS))
def test_holds(mutant: Server, name: str) -> None:
    mutated, api = mutant
    mutated.defect = None
    PROOFS[name].check(api)


@pytest.mark.parametrize(("name", "defect"), _NAMED)
def test_fails_under_its_defect(mutant: Server, name: str, defect: str) -> None:
    mutated, api = mutant
    mutated.defect = DEFECTS[defect]
    try:
        with pytest.raises(_FAILED):
            PROOFS[name].check(api)
    finally:
        mutated.defect = None


def test_every_defect_is_found() -> None:
    assert {defect for _, defect in _NAMED} == set(DEFECTS)


def test_what_is_declared_is_what_is_proven(mutant: Server) -> None:
    mutated, api = mutant
    mutated.defect = None
    declared = api.json("/conformance")["conformsTo"]
    assert sorted(declared) == sorted(CLASSES)
    for name, tests in table.known().items():
        assert f"{SPEC}/{name}" in declared, f"{name}: proven, not declared"
        assert tests, f"{name}: declared, not proven"
        assert any(table.proofs_of(test) or test == name for test in tests), name


def test_identifiers_are_of_the_form_of_the_standards() -> None:
    for tests in table.known().values():
        for test in tests:
            assert re.fullmatch(r"[a-z0-9-]+/1\.0/conf(/[A-Za-z0-9_-]+){1,2}", test)
            assert not (table.proofs_of(test) and test in table.EXPLAINED), test


def test_what_is_not_run_is_proven_where_it_says() -> None:
    root = table.README.parent.parent.parent
    for why in set(table.EXPLAINED.values()):
        for path in re.findall(r"tests/[a-z_/]+(?:\.py)?", why):
            assert (root / path).exists(), path


def test_readme_is_fresh() -> None:
    assert table.README.read_text("utf-8") == table.build()


@pytest.fixture(autouse=True)
def _closed(mutant: Server) -> Callable[[], None]:
    """A defect may leave a connection half read."""
    mutant[1].session.close()
    mutant[1].session = requests.Session()
    return lambda: None
