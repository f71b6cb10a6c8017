"""README.md: its tables are fresh, its commands exist, its files are there."""

from __future__ import annotations

import re

import click

from gis.cli import citygrid
from gis.publish.readme import refresh
from layers import Catalogue
from processes import registry
from tests.conftest import ROOT

TEXT = (ROOT / "README.md").read_text("utf-8")


def test_tables_are_fresh(catalogue: Catalogue) -> None:
    assert refresh(TEXT, catalogue, registry) == TEXT


def test_named_commands_exist() -> None:
    found = set(re.findall(r"citygrid ([a-z-]+)(?: ([a-z-]+))?", TEXT))
    context = click.Context(citygrid)
    for noun, verb in found:
        command = citygrid.get_command(context, noun)
        assert command, noun
        if isinstance(command, click.Group) and verb:
            assert command.get_command(click.Context(command), verb), f"{noun} {verb}"


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`?make ([a-z-]+)", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_linked_files_exist() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / path).is_file(), path


def test_the_two_commands_come_first() -> None:
    code = re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    assert code
    assert [line.split("#")[0].strip() for line in code[1].splitlines()] == [
        "make demo",
        "make test",
    ]
