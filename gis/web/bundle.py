"""The browser files as they are served: one table, so that no path can escape it."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli

from gis.web import ROOT, VENDOR

_TYPES = {
    ".mjs": "text/javascript; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_PACKED = {".mjs", ".js", ".css", ".json", ".svg", ".html"}


def lean(text: str, suffix: str) -> str:
    r"""A script or style sheet without comments of whole lines and indentation.

    Readers of the source keep both; whoever opens the page need not fetch them. Lines
    stay lines, and none of our texts runs over two of them (a test holds that).

    Examples
    --------
    >>> lean("// why\nif (a) {\n  b(); // so\n}\n", ".js")
    'if (a) {\nb(); // so\n}\n'
    """
    if suffix == ".css":
        text = re.sub(r"/\*.*?\*/\n?", "", text, flags=re.DOTALL)
    lines = [line.strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith("//")]
    return "\n".join(kept) + "\n"


@dataclass(frozen=True)
class Asset:
    """One served file.

    Parameters
    ----------
    suffix : decides the media type and whether it is worth packing
    source : the file, read when asked for; None when ``content`` is given
    content : bytes made at start
    own : written by us, hence served lean
    """

    suffix: str
    source: Path | None = None
    content: bytes | None = None
    own: bool = False

    @property
    def media_type(self) -> str:
        """Media type with charset."""
        known = _TYPES.get(self.suffix)
        return known or mimetypes.types_map.get(self.suffix, "application/octet-stream")

    @cached_property
    def plain(self) -> bytes:
        """The file as it is."""
        if self.content is not None:
            return self.content
        if self.source is not None and self.own and self.suffix in (".js", ".css"):
            return lean(self.source.read_text("utf-8"), self.suffix).encode()
        return self.source.read_bytes() if self.source is not None else b""

    @cached_property
    def etag(self) -> str:
        """Strong entity tag of the plain bytes."""
        return hashlib.sha256(self.plain).hexdigest()[:20]

    @cached_property
    def _packed(self) -> dict[str, bytes]:
        if self.suffix not in _PACKED:
            return {}
        if self.source is not None:
            ready = {
                name: self.source.with_name(f"{self.source.name}.{end}")
                for name, end in (("br", "br"), ("gzip", "gz"))
            }
            if all(path.is_file() for path in ready.values()):
                return {name: path.read_bytes() for name, path in ready.items()}
        return {
            "br": brotli.compress(self.plain, quality=9),
            "gzip": gzip.compress(self.plain, 9, mtime=0),
        }

    def encoded(self, accepted: str) -> tuple[str, bytes]:
        """Return the smallest form that a client accepts.

        Parameters
        ----------
        accepted : the request's Accept-Encoding

        Returns
        -------
        Name of the encoding, empty for the plain form, and the bytes.
        """
        names = {part.split(";")[0].strip() for part in accepted.lower().split(",")}
        for name in ("br", "gzip"):
            if name in names and name in self._packed:
                return name, self._packed[name]
        return "", self.plain


@dataclass(frozen=True)
class Bundle:
    """Every file below ``/assets``.

    Parameters
    ----------
    digest : changes with any of our own files; a part of their addresses
    files : path below ``/assets`` -> file
    modules : addresses of our scripts below the digest, for preloading
    complete : whether the third-party files are in place
    """

    digest: str
    files: dict[str, Asset]
    modules: tuple[str, ...]
    complete: bool


def build_bundle(tokens_css: str) -> Bundle:
    """Return the table of served files.

    Parameters
    ----------
    tokens_css : generated colours, served as ``tokens.css``

    Returns
    -------
    Own files below their digest, third-party files below ``vendor/``.
    """
    own: dict[str, Asset] = {
        "tokens.css": Asset(".css", content=tokens_css.encode()),
    }
    for folder in (ROOT / "app", ROOT / "messages"):
        base = folder if folder.name == "app" else ROOT
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(base).as_posix()
                own[name] = Asset(path.suffix, path, own=True)
    total = hashlib.sha256()
    for name, asset in sorted(own.items()):
        total.update(name.encode() + b"\0" + asset.plain)
    digest = total.hexdigest()[:12]
    files = {f"{digest}/{name}": asset for name, asset in own.items()}
    for path in sorted(VENDOR.rglob("*")) if VENDOR.is_dir() else ():
        if path.is_file() and path.suffix not in {".br", ".gz"}:
            name = path.relative_to(VENDOR).as_posix()
            files[f"vendor/{name}"] = Asset(path.suffix, path)
    return Bundle(
        digest=digest,
        files=files,
        modules=tuple(
            name for name in own if name.startswith("js/") and name.endswith(".js")
        ),
        complete="vendor/maplibre/maplibre-gl.mjs" in files,
    )
