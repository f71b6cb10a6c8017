"""Memory that one run gives back stays with the process for the next.

Arrays of a run are large and live for a moment. glibc hands memory of that kind back to
the system at once, which has to empty every page of it again when the next run asks:
on two threads a quarter of the time that a city of 20,000 services takes.
"""

from __future__ import annotations

import ctypes
from functools import cache

#: Free memory that the process keeps at most, in bytes.
KEPT = 512 << 20
#: Larger arrays are handed back at once, in bytes.
LARGEST = 32 << 20

_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of <malloc.h>


@cache
def keep_memory() -> None:
    """Have the allocator keep what is freed, where it is glibc's."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_TRIM, KEPT)
        set_option(_MMAP, LARGEST)
