"""The private PostgreSQL cluster in CITYGRID_HOME: made, started, stopped, mended.

Loopback and unix socket only; an unprivileged account when started by root; the
socket's folder is open to its owner alone, so local trust reaches nobody else.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gis.db.binaries import Binaries, find_binaries
from gis.db.orphans import end_orphans
from gis.db.tuning import build_settings
from gis.errors import ClusterError

DATABASE = "citygrid"
_ACCOUNT = "postgres"
_SOCKET_PATH_LIMIT = 107  # sun_path of unix(7), less the closing zero


@dataclass(frozen=True)
class Status:
    """What the cluster is doing."""

    state: Literal["absent", "stopped", "running"]
    pid: int | None = None
    port: int | None = None


class Cluster:
    """One private cluster below a home folder.

    Parameters
    ----------
    home : folder of everything the product writes
    port : loopback port; None keeps the last one, or takes a free one
    durable : False gives up crash safety for speed, for tests only
    binaries : the programs that run it; None finds the machine's best
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        durable: bool = True,
        binaries: Binaries | None = None,
    ) -> None:
        self.home = home
        self.data = home / "pg" / "data"
        self.run = home / "pg" / "run"
        self.log = home / "pg" / "log"
        self._port_file = home / "pg" / "port"
        self._password_file = home / "pg" / "password"
        self._wanted_file = home / "pg" / "wanted"  # from start to stop
        self._wanted_port = port
        self._durable = durable
        self._own_binaries = binaries

    @property
    def dsn(self) -> str:
        """Connection string by unix socket."""
        return f"host={self.run} port={self._port()} dbname={DATABASE} user={DATABASE}"

    def status(self) -> Status:
        """Whether there is a cluster and whether its server runs."""
        if not (self.data / "PG_VERSION").is_file():
            return Status("absent")
        pid = self._running_pid()
        if pid is None:
            return Status("stopped", port=self._port())
        return Status("running", pid, self._port())

    def start(self) -> bool:
        """Start the server, making the cluster first where there is none.

        Returns
        -------
        Whether this call started it; False when it ran already.

        Raises
        ------
        ClusterError : saying what stands in the way and what to do
        """
        with self._locked():
            binaries = self._binaries()
            if self.status().state == "running":
                return False
            if self.status().state == "absent":
                self._create(binaries)
            self._check_version(binaries)
            self._remove_leftovers()
            self._write_port()
            self._write_configuration()
            self._launch(binaries)
            self._wanted_file.touch()
            return True

    @property
    def is_fallen(self) -> bool:
        """Whether the server is gone although nobody stopped it."""
        return self._wanted_file.exists() and self._running_pid() is None

    def revive(self) -> bool:
        """Start a fallen server where it was; whether this call did.

        Who is connected knows its port, so that no other one is taken.

        Raises
        ------
        ClusterError : saying what stands in the way
        """
        with self._locked():
            if not self.is_fallen:
                return False
            self._remove_leftovers()
            self._launch(self._binaries())
            return True

    def stop(self, *, immediate: bool = False) -> bool:
        """Stop the server, for good if it had fallen; whether there was one to stop."""
        with self._locked():
            self._wanted_file.unlink(missing_ok=True)
            if self.status().state != "running":
                return False
            mode = "immediate" if immediate else "fast"
            self._program(
                self._binaries(), "pg_ctl", "-D", self.data, "-m", mode, "-w", "stop"
            )
            return True

    def major(self) -> int | None:
        """Major version of PostgreSQL that wrote the data; None without any."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except (OSError, ValueError):
            return None

    def _binaries(self) -> Binaries:
        return self._own_binaries or find_binaries()

    def reset(self) -> None:
        """Remove the cluster and all its data."""
        self.stop()
        shutil.rmtree(self.home / "pg", ignore_errors=True)

    # -- making ------------------------------------------------------------------

    def _create(self, binaries: Binaries) -> None:
        """Run initdb into a scratch folder and put it in place when whole."""
        self._check_home()
        scratch = self.home / "pg" / "making"
        shutil.rmtree(scratch, ignore_errors=True)
        password = secrets.token_urlsafe(24)
        self._own(scratch)
        secret = self.home / "pg" / "making.password"
        secret.write_text(password)
        self._own_file(secret)
        try:
            self._program(
                binaries, "initdb", "-D", scratch, "-U", DATABASE, "-E", "UTF8",
                "--locale=C.UTF-8", "--auth-local=trust",
                "--auth-host=scram-sha-256", f"--pwfile={secret}",
                *(() if self._durable else ("--no-sync",)),
            )  # fmt: skip
        finally:
            secret.unlink()
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password)
        shutil.rmtree(self.data, ignore_errors=True)
        scratch.rename(self.data)

    def _check_home(self) -> None:
        """Refuse a home that the server cannot enter, or too long a socket path."""
        longest = len(os.fsencode(self.run / ".s.PGSQL.65535"))
        if longest > _SOCKET_PATH_LIMIT:
            raise ClusterError(
                f"CITYGRID_HOME: {self.home} is too long a path for a socket "
                f"({longest} bytes, at most {_SOCKET_PATH_LIMIT}). "
                "Set CITYGRID_HOME to a shorter path"
            )
        (self.home / "pg").mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0:
            return
        try:
            pwd.getpwnam(_ACCOUNT)
        except KeyError:
            raise ClusterError(
                "PostgreSQL refuses to run as root, and there is no account "
                f"{_ACCOUNT!r} to run it: install postgresql-15-postgis-3, or start "
                "citygrid as an ordinary user"
            ) from None
        probe = subprocess.run(
            ["/usr/bin/test", "-x", str(self.home / "pg")],
            check=False,
            **self._identity(),
        )
        if probe.returncode != 0:
            raise ClusterError(
                f"CITYGRID_HOME: the account {_ACCOUNT!r}, which runs PostgreSQL when "
                f"citygrid is started by root, cannot enter {self.home}. Allow it "
                "(chmod o+x on the folders above), set CITYGRID_HOME to a folder it "
                "can enter, or start citygrid as an ordinary user"
            )

    def _check_version(self, binaries: Binaries) -> None:
        """Refuse data that another major version wrote."""
        major = int((self.data / "PG_VERSION").read_text())
        if major != binaries.major:
            raise ClusterError(
                f"{self.data}: written by PostgreSQL {major}, this machine runs "
                f"{binaries.major}. To bring it over, with both installed "
                f"(postgresql-{major}-postgis-3): citygrid backup upgrade"
            )

    def _remove_leftovers(self) -> None:
        """Remove what a killed server left: its processes, its pid file, its socket.

        A process that was at work in a statement goes on without the server, and none
        is started beside it. The number in the pid file may by now belong to another
        process, which PostgreSQL would take for a running server.
        """
        end_orphans(self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for leftover in self.run.glob(".s.PGSQL.*"):
            leftover.unlink()

    def _write_port(self) -> None:
        """Keep the wanted port, the last one if still free, or a free one."""
        if self._wanted_port is not None:
            self._port_file.write_text(str(self._wanted_port))
            return
        if self._port_file.exists() and _is_free(self._port()):
            return
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port_file.write_text(str(probe.getsockname()[1]))

    def _write_configuration(self) -> None:
        """Write the tuned settings that postgresql.conf includes."""
        file = self.data / "citygrid.conf"
        file.write_text(
            build_settings(port=self._port(), run=self.run, durable=self._durable)
        )
        self._own_file(file)
        main = self.data / "postgresql.conf"
        include = "include_if_exists = 'citygrid.conf'\n"
        if include not in main.read_text():
            with main.open("a") as conf:
                conf.write(include)

    def _launch(self, binaries: Binaries) -> None:
        """Start the server and make the database where it is missing."""
        self._own(self.run)
        self.run.chmod(0o700)
        try:
            self._program(
                binaries, "pg_ctl", "-D", self.data, "-l", self.log / "postgresql.log",
                "-w", "-t", "60", "start",
            )  # fmt: skip
        except ClusterError as error:
            raise ClusterError(f"{error}\n{self._log_tail()}") from error
        exists = self._program(
            binaries, "psql", "-X", "-At", "-h", self.run, "-p", self._port(),
            "-U", DATABASE, "-d", "postgres", "-c",
            "select count(*) from pg_database where datname = 'citygrid'",
        )  # fmt: skip
        if exists.strip() == "0":
            self._program(
                binaries, "psql", "-X", "-q", "-h", self.run, "-p", self._port(),
                "-U", DATABASE, "-d", "postgres", "-c",
                "create database citygrid",
            )  # fmt: skip

    # -- asking ------------------------------------------------------------------

    def _port(self) -> int:
        """The port of the file, or 5432 before there is one."""
        try:
            return int(self._port_file.read_text())
        except (OSError, ValueError):
            return self._wanted_port or 5432

    def _running_pid(self) -> int | None:
        """Process number of the running server, None when it is gone."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            folder = Path(f"/proc/{pid}/cwd").resolve(strict=True)
        except (OSError, ValueError, IndexError):
            return None
        return pid if folder == self.data.resolve() else None

    def _log_tail(self) -> str:
        """The last lines of the server's log, for an error message."""
        try:
            lines = (self.log / "postgresql.log").read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(lines.splitlines()[-8:])

    # -- doing -------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time make, start or stop this cluster."""
        self._check_home()
        self._own(self.log)
        with (self.home / "pg" / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _identity(self) -> dict[str, Any]:
        """Arguments of subprocess that leave root's rights behind."""
        if os.geteuid() != 0:
            return {}
        account = pwd.getpwnam(_ACCOUNT)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _own(self, folder: Path) -> None:
        """Make a folder that belongs to the server's account."""
        folder.mkdir(parents=True, exist_ok=True)
        self._own_file(folder)

    def _own_file(self, file: Path) -> None:
        """Give a file to the server's account when root runs."""
        if identity := self._identity():
            os.chown(file, identity["user"], identity["group"])

    def _program(self, binaries: Binaries, name: str, *arguments: object) -> str:
        """Standard output of a server program.

        Raises
        ------
        ClusterError : with what the program said
        """
        # pg_ctl's server inherits the pipes: read from a file or wait for ever
        answer = self.home / "pg" / "log" / f"{name}.out"
        with answer.open("w+") as out:
            code = subprocess.run(
                [binaries.path(name), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                check=False,
                env={"PATH": str(binaries.folder), "LC_ALL": "C.UTF-8"},
                start_new_session=True,  # Ctrl-C is for us: we stop it in order
                **self._identity(),
            ).returncode
            out.seek(0)
            text = out.read()
        if code != 0:
            raise ClusterError(f"{name} failed ({code}): {text.strip()[-800:]}")
        return text


def kill(cluster: Cluster) -> None:
    """Kill the server without warning, as a power cut would; for tests and drills."""
    status = cluster.status()
    if status.pid is None:
        return
    os.kill(status.pid, signal.SIGKILL)
    while Path(f"/proc/{status.pid}").exists():
        time.sleep(0.02)


def _is_free(port: int) -> bool:
    """Whether a loopback port can be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
