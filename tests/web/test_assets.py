"""The browser files: fetched by sum, never committed, clear when they cannot be had."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import brotli
import pytest

from gis.web import ROOT, assets


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> assets.Package:
    """One package of our own making, packed in a folder of archives."""
    body = b"export const x = 1;\n" * 40
    package = assets.Package(
        name="@example/thing",
        version="1.2.3",
        sha256="",
        licence="MIT",
        licence_file="LICENSE",
        folder="thing",
        files=("dist/thing.mjs",),
    )
    archives = tmp_path / "archives"
    archives.mkdir()
    path = archives / package.archive
    with tarfile.open(path, "w:gz") as tar:
        for name, content in (
            ("dist/thing.mjs", body + b"//# sourceMappingURL=thing.mjs.map\n"),
            ("LICENSE", b"free"),
        ):
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    package = replace(package, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(assets, "read_packages", lambda: (package,))
    return package


def test_archives_given_by_hand_are_unpacked_once(
    tmp_path: Path, small: assets.Package
) -> None:
    root = tmp_path / "web"
    root.mkdir()
    archives = tmp_path / "archives"
    assert assets.fetch_assets(root, archives=archives) == ["@example/thing@1.2.3"]
    script = root / "vendor" / "thing" / "thing.mjs"
    assert b"sourceMappingURL" not in script.read_bytes()
    packed = gzip.decompress(script.with_name("thing.mjs.gz").read_bytes())
    assert packed == script.read_bytes()
    unpacked = brotli.decompress(script.with_name("thing.mjs.br").read_bytes())
    assert unpacked == script.read_bytes()
    assert "MIT" in (root / "vendor" / "LICENCES.txt").read_text("utf-8")
    assert assets.missing_files(root) == []
    assert assets.fetch_assets(root, archives=archives) == []
    script.unlink()
    assert assets.missing_files(root) == ["@example/thing@1.2.3"]


def test_another_archive_is_refused(
    tmp_path: Path, small: assets.Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = replace(small, sha256="0" * 64)
    monkeypatch.setattr(assets, "read_packages", lambda: (wrong,))
    with pytest.raises(assets.SumMismatch, match="expected 0000"):
        assets.fetch_assets(tmp_path, archives=tmp_path / "archives")
    assert not (tmp_path / "vendor").exists()


def test_without_npm_the_message_says_both_ways_out(
    tmp_path: Path, small: assets.Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets.shutil, "which", lambda _: None)
    with pytest.raises(assets.NpmMissing) as caught:
        assets.fetch_assets(tmp_path)
    assert "apt-get install nodejs npm" in str(caught.value)
    assert "--archives" in str(caught.value)


def test_every_package_has_sum_and_licence() -> None:
    for package in assets.read_packages():
        assert len(package.sha256) == 64
        assert package.licence
        assert package.version[0].isdigit()


def test_no_third_party_script_is_committed() -> None:
    done = subprocess.run(
        ["git", "ls-files", str(ROOT)],
        cwd=ROOT.parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    committed = done.stdout.split()
    assert not [name for name in committed if "vendor" in name]
    own = [name for name in committed if name.endswith((".js", ".css"))]
    for name in own:
        text = (ROOT.parent.parent / name).read_text("utf-8")
        assert len(text.splitlines()) <= 400, name
        assert max(map(len, text.splitlines())) < 400, f"{name} looks minified"
        assert "https://" not in text, f"{name} names another host"
