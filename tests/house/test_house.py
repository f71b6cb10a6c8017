"""The rules of the house, checked on every file that is tracked."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

LINES = 400


def tracked(*suffixes: str) -> list[Path]:
    """Files that git knows, or would take, with one of the suffixes."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    paths = [ROOT / line for line in listed]
    return [p for p in paths if p.is_file() and (not suffixes or p.suffix in suffixes)]


def rooms(*folders: str) -> list[Path]:
    """Python files of these top folders."""
    return [p for p in tracked(".py") if p.relative_to(ROOT).parts[0] in folders]


def test_no_room_is_over_the_line_cap() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked(".py", ".js", ".mjs", ".css", ".html", ".sh")
        if (count := len(path.read_text("utf-8").splitlines())) > LINES
    }
    assert not long


def test_rooms_have_names() -> None:
    nameless = {"utils", "helpers", "common", "misc", "util", "helper"}
    assert not [p for p in tracked(".py") if p.stem in nameless]


def test_config_and_data_hold_no_python() -> None:
    assert not rooms("config", "data")


def test_only_settings_reads_the_environment() -> None:
    readers = [
        p for p in rooms("gis", "layers", "processes")
        if re.search(r"\bos\.(environ|getenv)\b", p.read_text("utf-8"))
    ]  # fmt: skip
    assert readers == [ROOT / "gis" / "settings.py"]


def test_sql_text_stands_only_in_its_rooms() -> None:
    allowed = (ROOT / "gis" / "db", ROOT / "gis" / "publish")
    statement = re.compile(
        r"""["'](SELECT|INSERT INTO|UPDATE \w|DELETE FROM|CREATE (TABLE|VIEW))\b"""
    )
    strays = [
        p for p in rooms("gis", "layers", "processes")
        if not p.is_relative_to(allowed[0])
        and not p.is_relative_to(allowed[1])
        and statement.search(p.read_text("utf-8"))
    ]  # fmt: skip
    assert not strays


def test_processes_without_underscore_are_processes() -> None:
    for path in (ROOT / "processes").glob("*.py"):
        if not path.stem.startswith("_"):
            assert "PROCESS = Process(" in path.read_text("utf-8"), path


def test_no_unfinished_words() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in tracked(".py", ".js", ".mjs", ".sql", ".md", ".yaml", ".css")
        if path != Path(__file__)
        for line in path.read_text("utf-8").splitlines()
        if words.search(line)
    ]
    assert not found


def test_no_address_that_a_closed_network_cannot_reach() -> None:
    far = re.compile(
        r"https?://(unpkg|cdn|cdnjs|fonts\.googleapis|fonts\.gstatic|"
        r"[a-z0-9.]*jsdelivr|raw\.githubusercontent)"
    )
    found = [
        str(path.relative_to(ROOT))
        for path in tracked(".py", ".js", ".mjs", ".html", ".css", ".yaml", ".json")
        if "tests" not in path.relative_to(ROOT).parts
        and far.search(path.read_text("utf-8"))
    ]
    assert not found


def test_suppressions_carry_a_reason() -> None:
    bare = re.compile(r"#\s*(noqa(?!: [A-Z]+\d+)|type: ignore(?!\[))")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in rooms("gis", "layers", "processes")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert not found


@pytest.mark.parametrize("folder", ["gis", "layers", "processes", "config", "data",
                                    "tests", "docker"])  # fmt: skip
def test_every_top_folder_says_what_it_is(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()


def test_pins_name_no_index() -> None:
    text = (ROOT / "requirements.txt").read_text("utf-8")
    assert "--hash=sha256:" in text
    assert not re.search(r"index-url|find-links|https?://", text)


def test_no_lock_file_names_a_registry() -> None:
    locks = {
        "package-lock.json",
        "yarn.lock",
        "uv.lock",
        "poetry.lock",
        "pnpm-lock.yaml",
    }
    assert not [p for p in tracked() if p.name in locks]
