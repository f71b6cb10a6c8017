"""A file on its way in: received onto disk, whole or not at all.

Every upload has a folder below CITYGRID_HOME/uploads, locked as long as the server
that receives it or the process that loads it lives. A folder without a lock belonged
to one that was killed, and is removed.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path, PurePath
from typing import IO, BinaryIO

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from gis.serve.rows import ClientGone

#: Bytes of a body; more is better loaded on the machine itself (`citygrid load`).
LARGEST = 2 << 30
#: Seconds without a byte after which a client counts as gone.
PATIENCE_S = 60.0
_BLOCK = 1 << 20  # bytes gathered before they are written
_MAKING_S = 60.0  # in which a folder that is being made has its lock
_SPARE = 1 << 30  # bytes of disk that an upload must leave free


class Spool:
    """The folder of one upload.

    Parameters
    ----------
    folder : below it the file stands under its own name
    lock : descriptor that holds the folder's lock; the loading process inherits it
    """

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self.lock = lock
        self.path = folder

    @classmethod
    def open(cls, root: Path, upload_id: str) -> Spool:
        """Make and lock the folder of an upload; those of the dead are removed."""
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for other in root.iterdir():
            fresh = time.time() - other.stat().st_mtime < _MAKING_S
            if not is_alive(root, other.name) and not (other.name[0] == "." and fresh):
                shutil.rmtree(other, ignore_errors=True)
        making = root / f".{upload_id}"
        making.mkdir(mode=0o700)
        lock = os.open(making, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = making.rename(root / upload_id)
        return cls(folder, lock)

    def file(self, name: str) -> BinaryIO:
        """The upload's file, opened to be written."""
        self.path = self.folder / safe_name(name)
        return self.path.open("wb")

    def name(self, name: str) -> None:
        """Give the file the name that the client says it has."""
        self.path = self.path.rename(self.folder / safe_name(name))

    def discard(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Let go of the lock; a process that inherited it holds it on."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def is_alive(root: Path, upload_id: str) -> bool:
    """Whether anybody still works on an upload."""
    try:
        probe = os.open(root / upload_id, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(probe)
    return False


def safe_name(name: str) -> str:
    r"""A client's file name as it may stand in a folder of ours.

    Examples
    --------
    >>> safe_name("C:\\data\\部件 2015.csv"), safe_name("../../etc/passwd")
    ('部件 2015.csv', 'passwd')
    """
    last = PurePath(name.replace("\\", "/")).name
    shown = re.sub(r"[\x00-\x1f\x7f/]", "_", last).strip(". ")
    while len(shown.encode()) > 200:
        shown = shown[1:]
    return shown or "file"


async def receive(
    chunks: AsyncIterator[bytes], file: IO[bytes], *, largest: int
) -> int:
    """Write a body to disk as it comes; its bytes.

    Raises
    ------
    HTTPException : 408 no byte came for long, 413 too long, 507 the disk is full
    ClientGone : the client went away
    """
    size, held = 0, bytearray()
    async for chunk in patient(chunks):
        size += len(chunk)
        if size > largest:
            raise too_large(largest)
        held += chunk
        if len(held) >= _BLOCK:
            await to_thread.run_sync(write, file, bytes(held))
            held.clear()
    await to_thread.run_sync(write, file, bytes(held))
    return size


async def patient(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The parts of a body, none of them waited for too long.

    Raises
    ------
    HTTPException : 408 none came in time
    ClientGone : the client went away
    """
    try:
        while True:
            async with asyncio.timeout(PATIENCE_S):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk
    except TimeoutError as error:
        raise HTTPException(408, f"body: no byte came for {PATIENCE_S:g} s") from error
    except ClientDisconnect as error:
        raise ClientGone from error


def too_large(largest: int) -> HTTPException:
    """What is said of a body that is too long; the rest of it is not read."""
    return HTTPException(
        413,
        f"body: at most {largest:,} bytes; load larger files on the server itself "
        "(citygrid load FILE)",
        headers={"Connection": "close"},
    )


def write(file: IO[bytes], data: bytes) -> None:
    """Write a part, leaving the disk some room for the database.

    Raises
    ------
    HTTPException : 507 there is none left
    """
    try:
        free = shutil.disk_usage(Path(file.name).parent).free
        if free < _SPARE + len(data):
            raise HTTPException(507, f"disk: {free:,} bytes free, {_SPARE:,} are kept")
        file.write(data)
    except OSError as error:
        raise HTTPException(507, f"disk: {error.strerror}") from error
