"""Who is let in, and who is not."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import Unauthorized
from gis.serve.gate import COOKIE, COOKIE_SECONDS, Gate, is_same_site, read_key
from layers import Level

BASE = "https://city.example"


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def gate() -> Gate:
    digests = {Level.STAFF: digest("staff-1"), Level.RESTRICTED: digest("secret-1")}
    return Gate(digests, b"k" * 32)


def test_no_credentials_is_public(gate):
    assert gate.level("GET", {}, {}, BASE) is Level.PUBLIC


@pytest.mark.parametrize(
    ("token", "level"), [("staff-1", Level.STAFF), ("secret-1", Level.RESTRICTED)]
)
def test_bearer_token_gives_its_level(gate, token, level):
    headers = {"authorization": f"Bearer {token}"}
    assert gate.level("GET", headers, {}, BASE) is level


@pytest.mark.parametrize(
    "value", ["Bearer wrong", "Bearer ", "Basic c3RhZmYtMQ==", "x"]
)
def test_wrong_authorization_is_refused_not_public(gate, value):
    with pytest.raises(Unauthorized):
        gate.level("GET", {"authorization": value}, {}, BASE)


def test_digest_itself_is_no_token(gate):
    with pytest.raises(Unauthorized):
        gate.level("GET", {"authorization": f"Bearer {digest('staff-1')}"}, {}, BASE)


def test_cookie_gives_level_and_holds_no_token(gate):
    cookie = gate.cookie_of(Level.STAFF)
    assert "staff-1" not in cookie
    assert digest("staff-1") not in cookie
    assert gate.level("GET", {}, {COOKIE: cookie}, BASE) is Level.STAFF


def test_cookie_runs_out(gate):
    cookie = gate.cookie_of(Level.STAFF, now=1000.0)
    assert gate.level_of_cookie(cookie, now=1001.0) is Level.STAFF
    assert gate.level_of_cookie(cookie, now=1000.0 + COOKIE_SECONDS + 1) is None


def test_cookie_cannot_be_raised_or_carried_to_another_key(gate):
    cookie = gate.cookie_of(Level.STAFF)
    assert gate.level_of_cookie(cookie.replace("staff", "restricted")) is None
    other = Gate({Level.STAFF: digest("staff-1")}, b"o" * 32)
    assert other.level_of_cookie(cookie) is None
    changed = Gate({Level.STAFF: digest("staff-2")}, b"k" * 32)
    assert changed.level_of_cookie(cookie) is None


@given(st.text(max_size=80))
def test_no_invented_cookie_opens_anything(text):
    gate = Gate({Level.STAFF: digest("staff-1")}, b"k" * 32)
    assert gate.level_of_cookie(text) is None


def test_other_sites_page_cannot_use_the_cookie(gate):
    cookies = {COOKIE: gate.cookie_of(Level.RESTRICTED)}
    evil = {"origin": "https://evil.example"}
    assert gate.level("POST", evil, cookies, BASE) is Level.PUBLIC
    own = {"origin": BASE, "sec-fetch-site": "same-origin"}
    assert gate.level("POST", own, cookies, BASE) is Level.RESTRICTED


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({}, True),
        ({"origin": BASE}, True),
        ({"origin": "null"}, False),
        ({"origin": "http://city.example"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": BASE}, False),
    ],
)
def test_same_site(headers, same):
    assert is_same_site(headers, BASE) is same


def test_key_is_kept_and_private(tmp_path):
    key = read_key(tmp_path / "home")
    assert len(key) == 32
    assert read_key(tmp_path / "home") == key
    mode = (tmp_path / "home" / "cookie.key").stat().st_mode
    assert mode & 0o077 == 0
