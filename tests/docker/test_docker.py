"""Every variable, path and command that the container files name exists."""

from __future__ import annotations

import importlib.util
import re

import click
import yaml

from gis.cli import citygrid
from gis.settings import SETTINGS
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text("utf-8"))
KNOWN = {setting.name for setting in SETTINGS}


def test_variables_are_settings() -> None:
    assert set(re.findall(r"CITYGRID_\w+", DOCKERFILE)) <= KNOWN
    for name in ("server", "worker"):
        environment = COMPOSE["services"][name]["environment"]
        assert set(environment) <= KNOWN
        assert "CITYGRID_DSN" in environment


def test_copied_paths_exist() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for path in line.split()[:-1]:
            assert (ROOT / path).exists(), path


def test_modules_and_commands_exist() -> None:
    for module in re.findall(r"python -m ([\w.]+)", DOCKERFILE):
        assert importlib.util.find_spec(module), module
    assert importlib.util.find_spec("gis.cli.__main__")
    assert re.search(r'^CMD \["serve"\]', DOCKERFILE, re.MULTILINE)
    for name in ("server", "worker"):
        word, *options = COMPOSE["services"][name]["command"]
        command = citygrid.get_command(click.Context(citygrid), word)
        assert command
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
        assert {o for o in options if not o.startswith("$")} <= known


def test_the_last_stage_has_no_compiler_and_no_root() -> None:
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert not re.search(r"\b(gcc|build-essential|npm|python3-dev)\b", last)
    assert re.search(r"^USER (?!root)", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "/readyz" in last


def test_compose_waits_for_a_healthy_database_and_keeps_its_data() -> None:
    services = COMPOSE["services"]
    assert services["server"]["depends_on"]["postgis"]["condition"] == "service_healthy"
    assert "healthcheck" in services["postgis"]
    volume = services["postgis"]["volumes"][0].split(":")[0]
    assert volume in COMPOSE["volumes"]
    assert services["postgis"]["image"].startswith("postgis/postgis:")


def test_machines_have_the_library_that_sends_them_work() -> None:
    pin = re.compile(r"^[\w.-]+==\S+", re.MULTILINE)
    usual, many = (
        set(pin.findall((ROOT / name).read_text("utf-8")))
        for name in ("requirements.txt", "requirements-many.txt")
    )
    assert usual < many
    assert any(line.startswith("distributed==") for line in many)
    for name in ("scheduler", "machine"):
        service = COMPOSE["services"][name]
        assert service["profiles"] == ["many"]
        assert service["build"]["args"]["REQUIREMENTS"] == "requirements-many.txt"
        assert service["entrypoint"][0] == "dask"
