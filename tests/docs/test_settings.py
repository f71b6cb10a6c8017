"""Settings: read, bounded, refused in words that name variable, value and limit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gis.settings import SETTINGS, SettingError, read_settings


def test_defaults() -> None:
    settings = read_settings({})
    assert settings.host == "127.0.0.1"
    assert settings.port == 8080
    assert settings.size == "city"
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.is_loopback


def test_every_setting_has_a_meaning() -> None:
    assert all(s.meaning and s.name.startswith("CITYGRID_") for s in SETTINGS)
    assert len({s.name for s in SETTINGS}) == len(SETTINGS)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("CITYGRID_PORT", "0", "'0' given, must be 1 to 65535"),
        ("CITYGRID_PORT", "http", "'http' given"),
        ("CITYGRID_SIZE", "huge", "'huge' given, must be small or city"),
        ("CITYGRID_SEED", "-1", "must be 0 to"),
        ("CITYGRID_TOKEN_STAFF", "secret", "64 hex digits, 6 characters given"),
        ("CITYGRID_CONFIG", "nowhere", "no city.yaml"),
        ("CITYGRID_TLS_CERT", "cert.pem", "go together"),
        ("CITYGRID_PUBLIC_URL", "example.org", "must begin with http"),
    ],
)
def test_a_fault_names_variable_and_limit(name: str, value: str, wanted: str) -> None:
    with pytest.raises(SettingError, match=name) as caught:
        read_settings({name: value})
    assert wanted in str(caught.value)
    if "TOKEN" in name:
        assert value not in str(caught.value)


def test_addresses(tmp_path: Path) -> None:
    settings = read_settings({"CITYGRID_PUBLIC_URL": "https://city.example/gis/"})
    assert settings.base_url == "https://city.example/gis"
    assert not settings.is_loopback
    settings = read_settings({"CITYGRID_HOST": "::1", "CITYGRID_PORT": "9000"})
    assert settings.base_url == "http://[::1]:9000"
    assert settings.is_loopback
    inside = {"CITYGRID_HOST": "0.0.0.0"}
    assert not read_settings(inside).is_loopback
    published = {**inside, "CITYGRID_PUBLIC_URL": "http://127.0.0.1:8080"}
    assert read_settings(published).is_loopback


def test_tokens_are_digests() -> None:
    digest = hashlib.sha256(b"secret").hexdigest()
    settings = read_settings({"CITYGRID_TOKEN_STAFF": digest.upper()})
    assert settings.token_staff == digest
