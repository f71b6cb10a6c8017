"""Who asks: the access level of a request, by bearer token or signed cookie.

Anonymous is public. A wrong bearer token is an error, never silently public; a
cookie that is forged, expired or sent from another site counts as none.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from gis.errors import Unauthorized
from layers import Level

COOKIE = "citygrid_session"
COOKIE_SECONDS = 12 * 3600
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """Decides the level of a request from its headers and cookies.

    Parameters
    ----------
    digests : level -> sha256 (hex) of its token; a level without one is closed
    key : secret that signs cookies; a changed token voids the cookies of its level
    """

    def __init__(self, digests: Mapping[Level, str], key: bytes) -> None:
        self._digests = dict(digests)
        self._key = key

    @property
    def is_open(self) -> bool:
        """Whether any level but public can be reached."""
        return bool(self._digests)

    def level_of_token(self, token: str) -> Level | None:
        """Level whose token this is; every digest is compared, in constant time."""
        given = hashlib.sha256(token.encode()).hexdigest()
        found: Level | None = None
        for level in sorted(self._digests):
            if hmac.compare_digest(given, self._digests[level].lower()):
                found = level
        return found

    def cookie_of(self, level: Level, now: float | None = None) -> str:
        """Signed cookie value: level, end of validity, nonce, signature; no token."""
        end = int(time.time() if now is None else now) + COOKIE_SECONDS
        text = f"{level.label}.{end}.{secrets.token_hex(8)}"
        return f"{text}.{self._signature(level, text)}"

    def sign(self, text: str) -> str:
        """Signature of a text that only this server can have made."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]

    def level_of_cookie(self, value: str, now: float | None = None) -> Level | None:
        """Level of a cookie that this gate signed and that has not run out."""
        text, _, signature = value.rpartition(".")
        label, _, rest = text.partition(".")
        end = rest.partition(".")[0]
        try:
            level = Level.parse(label)
        except ValueError:
            return None
        if level not in self._digests or not end.isdecimal():
            return None
        known = self._signature(level, text)
        if not hmac.compare_digest(signature.encode(), known.encode()):
            return None
        return level if int(end) > (time.time() if now is None else now) else None

    def _signature(self, level: Level, text: str) -> str:
        message = f"{self._digests[level]}|{text}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()

    def level(
        self,
        method: str,
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
        base_url: str,
    ) -> Level:
        """Level of a request.

        Raises
        ------
        Unauthorized : a bearer token that no level holds, or another scheme
        """
        authorization = headers.get("authorization", "").strip()
        if authorization:
            scheme, _, token = authorization.partition(" ")
            level = None
            if scheme.lower() == "bearer":
                level = self.level_of_token(token.strip())
            if level is None:
                raise Unauthorized("Authorization: no level holds this token")
            return level
        cookie = cookies.get(COOKIE)
        if cookie is None:
            return Level.PUBLIC
        if method not in _SAFE_METHODS and not is_same_site(headers, base_url):
            return Level.PUBLIC
        return self.level_of_cookie(cookie) or Level.PUBLIC


def is_same_site(headers: Mapping[str, str], base_url: str) -> bool:
    """Whether a request was made by a page of this server, or by no page at all.

    Browsers state where a request comes from in `Sec-Fetch-Site` and `Origin`, and
    no page can change either; tools send neither and carry no one's cookies.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    given, own = urlsplit(origin), urlsplit(base_url)
    return (given.scheme, given.netloc) == (own.scheme, own.netloc)


def read_key(home: Path) -> bytes:
    """Secret that signs cookies, kept in the home folder, made at the first start."""
    path = home / "cookie.key"
    if not path.is_file():
        home.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(32))
        fresh.replace(path)
    return path.read_bytes()
