"""Bytes -> text: which encoding they are in, never guessed without evidence."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from pathlib import Path

from gis.errors import LoadError

_DELIMITERS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bytes of another encoding read as GB 18030 give rare characters; real Chinese text is
# nearly all of GB 2312, and most of it of that standard's first level.
_GB2312_SHARE = 0.9
_LEVEL_1_SHARE = 0.6
_BLOCK = 1 << 22  # bytes
_WIDEST = 3  # a field of fixed width may cut the last character short of so many bytes


def decode(raw: bytes, encoding: str | None, name: str) -> tuple[str, str]:
    """Text of the bytes, and the encoding that gave it.

    Raises
    ------
    LoadError : not in the stated encoding; or in none that can be told apart
    """
    found = encoding or find_encoding([raw], name)
    try:
        return raw.decode(codecs.lookup(found).name), found.removesuffix("-sig")
    except (LookupError, UnicodeDecodeError) as error:
        raise LoadError(f"{name}: --encoding {found}: {error}") from error


def find_encoding(pieces: Iterable[bytes], name: str, *, is_cut: bool = False) -> str:
    """utf-8(-sig), utf-16 or gb18030, whichever the pieces prove.

    Parameters
    ----------
    is_cut : pieces are fields of fixed width, whose last character may be incomplete

    Raises
    ------
    LoadError : neither fits, or what fits gives no readable Chinese
    """
    known = [piece for piece in pieces if piece]
    for mark, encoding in _MARKS:
        if known and known[0].startswith(mark):
            return encoding
    if any(b"\0" in piece for piece in known) and not is_cut:
        raise LoadError(
            f"{name}: 含零字节，可能是无 BOM 的 UTF-16 holds zero bytes: UTF-16 "
            "without a mark? State it: --encoding utf-16-le"
        )
    if _fits(known, "utf-8", is_cut=is_cut) is not None:
        return "utf-8"
    text = _fits(known, "gb18030", is_cut=is_cut)
    if text is not None and _is_chinese(text):
        return "gb18030"
    raise LoadError(
        f"{name}: 无法确定文字编码 the text is neither UTF-8 nor readable as GB 18030 "
        "(GBK); state it: --encoding, for example big5 or latin-1"
    )


def find_file_encoding(path: Path, stated: str | None) -> tuple[str, int]:
    """Encoding of a large file and the number of its lines, at a block's memory.

    Raises
    ------
    LoadError : not in the stated encoding; or in none that can be told apart
    """
    with path.open("rb") as file:
        head = file.read(_BLOCK)
    marked = next((e for mark, e in _MARKS if head.startswith(mark)), None)
    if not stated and not marked and b"\0" in head:
        find_encoding([head], path.name)
    candidates = [stated or marked or ""] if stated or marked else ["utf-8", "gb18030"]
    for encoding in candidates:
        lines = _count_lines(path, encoding)
        if lines is None:
            continue
        if encoding == "gb18030" and not stated:
            find_encoding([head], path.name, is_cut=True)
        return encoding, lines
    raise LoadError(
        f"{path.name}: 无法确定文字编码 the text is not {' or '.join(candidates)}; "
        "state it: --encoding"
    )


def _count_lines(path: Path, encoding: str) -> int | None:
    """Lines of a file; None where its bytes are not of the encoding."""
    lines, last = 0, ""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                text = decoder.decode(block)
                lines += text.count("\n")
                last = text[-1:] or last
            decoder.decode(b"", final=True)
    except (LookupError, UnicodeDecodeError):
        return None
    return lines + (last != "\n")


def _fits(pieces: list[bytes], encoding: str, *, is_cut: bool) -> str | None:
    """Text of all pieces, None where one is not of the encoding."""
    parts = []
    for piece in pieces:
        try:
            parts.append(piece.decode(encoding))
        except UnicodeDecodeError as error:
            if not is_cut or error.start < len(piece) - _WIDEST:
                return None
            parts.append(piece[: error.start].decode(encoding))
    return "\n".join(parts)


def _is_chinese(text: str) -> bool:
    """Whether the characters beyond ASCII are those of ordinary Chinese text."""
    wide = [c for c in text[:2_000_000] if ord(c) > 0x7F]
    if not wide:
        return True
    first = second = other = 0
    for character in wide:
        try:
            lead = character.encode("gb2312")[0]
        except UnicodeEncodeError:
            other += 1
            continue
        if lead <= 0xD7:
            first += 1
        else:
            second += 1
    count = len(wide)
    return (first + second) / count >= _GB2312_SHARE and first / count >= _LEVEL_1_SHARE


def find_delimiter(text: str) -> str:
    """The delimiter that splits the first lines most often and most evenly."""
    lines = [line for line in text[:65_536].splitlines()[:30] if line.strip()]

    def evenness(delimiter: str) -> tuple[int, int]:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
        widths = [len(row) for row in rows if len(row) > 1]
        common = max(set(widths), key=widths.count) if widths else 0
        return (widths.count(common) if widths else 0, common)

    return max(_DELIMITERS, key=evenness)
