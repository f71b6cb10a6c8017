"""What is sent packed: zstd or gzip where the client takes it, whatever is asked."""

import gzip

import pytest
import zstandard

PATHS = [
    "/collections/park/items?f=json",
    "/collections/park/items?f=csv",
    "/collections/park/items?f=json&limit=5000",
    "/collections/park/items/park-0",
    "/collections/park/tiles/WebMercatorQuad/14/6745/13660",
    "/?f=json",
    "/?f=html",
    "/openapi?f=json",
]


def unpacked(answer) -> bytes:
    body = answer.raw.read(decode_content=False)
    match answer.headers.get("content-encoding"):
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(body)
        case "gzip":
            return gzip.decompress(body)
    return body


@pytest.mark.parametrize("path", PATHS)
def test_every_coding_holds_the_same(server, path):
    found = {}
    for coding in ("identity", "gzip", "zstd", "zstd;q=0, gzip", "br, gzip, zstd"):
        for _ in range(2):  # made, then kept
            answer = server.get(path, headers={"Accept-Encoding": coding}, stream=True)
            assert "Accept-Encoding" in answer.headers["vary"]
            used = answer.headers.get("content-encoding", "identity")
            body = unpacked(answer)
            wanted = {"zstd;q=0, gzip": "gzip", "br, gzip, zstd": "zstd"}
            assert used in ("identity", wanted.get(coding, coding))
            if len(body) >= 1000:
                assert used == wanted.get(coding, coding)
            length = answer.headers.get("content-length")
            assert length is None or used != "identity" or int(length) == len(body)
            found.setdefault(coding, _without_time(body))
    assert len(set(found.values())) == 1


def test_files_are_not_packed_twice(server):
    for name in ("gpkg", "parquet", "xlsx", "fgb"):
        answer = server.get(
            f"/collections/park/items?f={name}", headers={"Accept-Encoding": "zstd"}
        )
        assert "content-encoding" not in answer.headers


def _without_time(body: bytes) -> bytes:
    before, mark, after = body.partition(b'"timeStamp":"')
    return before + mark + after[20:] if mark else body
