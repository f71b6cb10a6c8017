"""Signing in by browser: the token buys a cookie, the cookie a level."""

import pytest

from gis.serve.gate import COOKIE

CAMERA = "/collections/camera"
TOKEN = "token-of-restricted"  # of the test server only


def sign_in(server, token=TOKEN, **headers):
    return server.ask("POST", "/signin", data={"token": token}, headers=headers)


def test_sign_in_and_out(server):
    answer = sign_in(server)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "secure" not in cookie.lower()
    assert TOKEN not in cookie
    held = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}
    assert server.get(CAMERA).status_code == 404
    assert server.get(CAMERA, headers=held).status_code == 200
    page = server.get("/?f=html&lang=zh", headers=held)
    assert "退出" in page.text
    assert page.headers["cache-control"].startswith("private")
    out = server.ask("POST", "/signout", headers=held)
    assert out.status_code == 303
    assert f'{COOKIE}=""' in out.headers["set-cookie"]


def test_cookie_is_secure_over_tls(server):
    answer = sign_in(server, **{"X-Forwarded-Proto": "https"})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_wrong_token_gets_no_cookie(server):
    answer = sign_in(server, "wrong")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "wrong" not in answer.text


@pytest.mark.parametrize("path", ["/signin", "/signout"])
def test_forms_of_other_sites_are_refused(server, path):
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = server.ask("POST", path, data={"token": TOKEN}, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_signing_out_needs_post(server):
    assert server.get("/signout").status_code == 405


def test_long_form_is_refused(server):
    assert sign_in(server, "x" * 10_000).status_code == 413


def test_forged_cookie_is_public(server):
    forged = {"Cookie": f"{COOKIE}=restricted.9999999999.00.{'0' * 64}"}
    assert server.get(CAMERA, headers=forged).status_code == 404


def test_without_tokens_there_is_no_form(start):
    with start(token_staff=None, token_restricted=None) as closed:
        page = closed.get("/signin?lang=en")
        assert "No token is configured" in page.text
        assert "<input" not in page.text


def test_public_url_is_the_base_of_links(start):
    with start(public_url="https://city.example/gis") as behind:
        links = behind.json("/collections/park/items")["links"]
        assert all(
            link["href"].startswith("https://city.example/gis/collections/park")
            for link in links
        )
        cookie = sign_in(behind).headers["set-cookie"]
        assert "secure" in cookie.lower()
