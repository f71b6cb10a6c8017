"""PostgreSQL's settings for a private server, after the memory of the machine."""

from __future__ import annotations

import os
from pathlib import Path


def build_settings(*, port: int, run: Path, durable: bool) -> str:
    """Text of a file that postgresql.conf includes.

    Parameters
    ----------
    run : folder of the unix socket
    durable : False gives up crash safety for speed
    """
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    shared_mb = min(max(memory_mb // 6, 128), 8192)
    settings: dict[str, object] = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": run,
        "unix_socket_permissions": "0700",
        "max_connections": 80,
        "shared_buffers": f"{shared_mb}MB",
        "effective_cache_size": f"{max(memory_mb // 2, 256)}MB",
        "work_mem": "32MB",
        "maintenance_work_mem": f"{min(max(memory_mb // 16, 64), 1024)}MB",
        "jit": "off",  # compiling costs more than these queries take
        "random_page_cost": 1.1,
        "max_wal_size": "4GB",
        "wal_compression": "on",
        "idle_in_transaction_session_timeout": "10min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_checkpoints": "off",
        # a parameter may be personal: only the statement's own text is logged
        "log_parameter_max_length_on_error": 0,
        "log_min_error_statement": "panic",
    }
    if not durable:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())
