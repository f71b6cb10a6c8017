"""Cities measured on many machines: their strips sent to the workers of a cluster.

The scheduler is dask.distributed's; workers need this product at the same version and
nothing else: no database, no settings. Sums of strips are whole numbers, so figures are
those of one machine, to the bit, however many workers there are.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import CancelledError
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from gis.errors import MachinesError
from layers import Title
from processes import tell
from processes.kernels import exact
from processes.kernels.exact import City, Partial, partial, piece, strips

_STRIPS_PER_THREAD = 4
_CONNECT_S = 5
_MEASURING = Title(zh="多机计算", en="measuring on several machines")


class Machines:
    """Workers behind a scheduler; connected when first asked.

    Parameters
    ----------
    address : of the scheduler, `tcp://host:port` or `tls://host:port`
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Any = None
        self._lock = Lock()

    def measure(self, city: City) -> Partial:
        """Sums of all strips of a city.

        Raises
        ------
        MachinesError : no scheduler, no workers, or workers of another version
        NotClosed : shapes cross themselves
        """
        client = self._connected()
        threads = sum(client.nthreads().values())
        if threads == 0:
            raise MachinesError(
                f"CITYGRID_DASK: {self.address} 没有工作进程 / has no workers; start "
                f"some: dask worker {self.address}"
            )
        code = _code()
        asked = []
        for strip in strips(city, threads * _STRIPS_PER_THREAD):
            part = client.scatter(piece(city, strip), hash=False)
            asked.append(client.submit(_strip, code, part, strip, pure=False))
        total: Partial | None = None
        try:
            arriving = _library().as_completed(asked, loop=client.loop)
            for done, future in enumerate(arriving, start=1):
                found = future.result()
                total = found if total is None else total + found
                future.release()
                tell(done / len(asked), _MEASURING)
        except Exception as error:  # errors of the kernel are those of one machine
            is_lost = isinstance(error, (OSError, TimeoutError, CancelledError))
            if not (is_lost or type(error).__module__.startswith("distributed")):
                raise
            raise MachinesError(
                f"CITYGRID_DASK: {self.address} 计算中断 / stopped answering "
                f"({type(error).__name__})"
            ) from error
        finally:
            client.cancel(asked)
        if total is None:
            raise MachinesError(f"CITYGRID_DASK: {self.address} gave no answer")
        return total

    def close(self) -> None:
        """Leave the scheduler."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _connected(self) -> Any:  # noqa: ANN401  # the library has no types
        """A client of the scheduler."""
        with self._lock:
            if self._client is not None and self._client.status == "running":
                return self._client
            try:
                self._client = _library().Client(
                    self.address, timeout=_CONNECT_S, set_as_default=False
                )
            except (OSError, TimeoutError, ValueError) as error:
                raise MachinesError(
                    f"CITYGRID_DASK: {self.address} 无法连接 / cannot be reached "
                    f"within {_CONNECT_S} s; is `dask scheduler` running there?"
                ) from error
            return self._client


def _library() -> Any:  # noqa: ANN401  # the library has no types
    """dask.distributed, which is installed only where it is used.

    Raises
    ------
    MachinesError : it is not installed
    """
    try:
        return import_module("distributed")
    except ImportError as error:
        raise MachinesError(
            "CITYGRID_DASK: 未安装 distributed / is not installed: "
            "pip install -r requirements-many.txt"
        ) from error


def _strip(code: str, part: City, strip: tuple[int, int]) -> Partial:
    """Sums of one strip, by a worker.

    Raises
    ------
    MachinesError : the worker's kernel is not that of whoever asks
    """
    if code != _code():
        raise MachinesError(
            "CITYGRID_DASK: 版本不同 / a worker runs another version of citygrid"
        )
    return partial(part, strip, threads=1)


@cache
def _code() -> str:
    """Digest of the kernel's sources."""
    text = hashlib.sha256()
    for path in sorted(Path(exact.__file__).parent.glob("*.py")):
        text.update(path.read_bytes())
    return text.hexdigest()
