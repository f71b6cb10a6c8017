"""The only reader of the environment: every setting, its default and its bounds."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from layers import CONFIG

ROOT = Path(__file__).resolve().parent.parent


class SettingError(ValueError):
    """A variable of the environment holds an unusable value."""


@dataclass(frozen=True)
class Setting:
    """One variable: what it is for and what stands when it is not given."""

    name: str
    default: str
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("CITYGRID_HOME", ".citygrid", "folder of everything the product writes"),
    Setting("CITYGRID_HOST", "127.0.0.1", "address the server listens on"),
    Setting("CITYGRID_PORT", "8080", "port the server listens on, 1 to 65535"),
    Setting("CITYGRID_SIZE", "city", "size of the demo city: `small` or `city`"),
    Setting("CITYGRID_SEED", "2012", "seed of the demo city, a whole number"),
    Setting("CITYGRID_DSN", "", "external PostgreSQL in place of the private one"),
    Setting("CITYGRID_CONFIG", "config/", "folder in place of `config/`"),
    Setting("CITYGRID_TOKEN_STAFF", "", "sha256 (hex) of the token for level staff"),
    Setting(
        "CITYGRID_TOKEN_RESTRICTED", "", "sha256 (hex) of the token, level restricted"
    ),
    Setting("CITYGRID_TLS_CERT", "", "certificate chain (PEM) to serve https"),
    Setting("CITYGRID_TLS_KEY", "", "private key (PEM) of the certificate"),
    Setting("CITYGRID_PUBLIC_URL", "", "base of absolute links behind a proxy"),
    Setting(
        "CITYGRID_TRUSTED_PROXIES",
        "127.0.0.1",
        "addresses whose X-Forwarded headers count, comma separated",
    ),
    Setting(
        "CITYGRID_CALLBACK_HOSTS",
        "",
        "hosts that jobs may call back, `host` or `host:port`, comma separated",
    ),
    Setting(
        "CITYGRID_DASK",
        "",
        "scheduler of machines that measure coverage, `tcp://host:port`",
    ),
    Setting(
        "CITYGRID_LIVE_HANG",
        "1800",
        "seconds without a sign of life after which `citygrid live` ends itself, to be "
        "begun again, 1 to 86400; longer than one figure is measured",
    ),
    Setting("CITYGRID_SAMPLES", "", "folder of real files for the acceptance tests"),
)


@dataclass(frozen=True)
class Timeouts:
    """Statement timeouts per role in milliseconds: a request never runs for ever."""

    public: int = 10_000
    staff: int = 30_000
    restricted: int = 30_000
    compute: int = 300_000
    jobs: int = 20_000


@dataclass(frozen=True)
class Share:
    """What the jobs of one level may take of the machine.

    Parameters
    ----------
    running : jobs that one worker computes at a time, each in a process of its own
    waiting : unfinished jobs of the level; beyond that the server is busy
    each : unfinished jobs of one caller, who is told so
    seconds : how long a job may compute; a longer one fails
    """

    running: int
    waiting: int
    each: int
    seconds: int


@dataclass(frozen=True)
class Jobs:
    """Bounds of background jobs: no level takes another's place in the queue.

    Parameters
    ----------
    kept_days : how long a finished job and its result stay
    callback_hosts : `host` or `host:port` that jobs may call back
    """

    public: Share = Share(running=1, waiting=40, each=4, seconds=900)
    staff: Share = Share(running=1, waiting=40, each=20, seconds=3600)
    restricted: Share = Share(running=1, waiting=40, each=20, seconds=3600)
    kept_days: int = 7
    callback_hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What the environment says, checked."""

    home: Path
    host: str
    port: int
    size: Literal["small", "city"]
    seed: int
    dsn: str | None
    config: Path
    token_staff: str | None
    token_restricted: str | None
    tls_cert: Path | None
    tls_key: Path | None
    public_url: str | None
    trusted_proxies: tuple[str, ...]
    samples: Path | None
    dask: str | None = None
    live_hang_s: int = 1800
    timeouts: Timeouts = field(default_factory=Timeouts)
    jobs: Jobs = field(default_factory=Jobs)

    @property
    def is_loopback(self) -> bool:
        """Whether the address that clients are given is this machine's own."""
        host = urlsplit(self.base_url).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    @property
    def base_url(self) -> str:
        """Base of absolute links, without a slash at the end."""
        if self.public_url:
            return self.public_url
        scheme = "https" if self.tls_cert else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings of the process environment, or of the mapping given.

    Raises
    ------
    SettingError : naming the variable, its value and what is allowed
    """
    values = os.environ if environment is None else environment

    def text(name: str) -> str:
        default = next(s.default for s in SETTINGS if s.name == name)
        return values.get(name, "").strip() or default

    def number(name: str, low: int, high: int) -> int:
        value = text(name)
        if not re.fullmatch(r"-?\d+", value) or not low <= int(value) <= high:
            raise SettingError(f"{name}: {value!r} given, must be {low} to {high}")
        return int(value)

    def path(name: str) -> Path | None:
        value = text(name)
        return Path(value).expanduser().absolute() if value else None

    def digest(name: str) -> str | None:
        value = text(name).lower()
        if value and not re.fullmatch(r"[0-9a-f]{64}", value):
            raise SettingError(
                f"{name}: must be the sha256 of the token as 64 hex digits, "
                f"{len(value)} characters given (printf %s TOKEN | sha256sum)"
            )
        return value or None

    size = text("CITYGRID_SIZE")
    if size not in ("small", "city"):
        raise SettingError(f"CITYGRID_SIZE: {size!r} given, must be small or city")
    config = CONFIG if text("CITYGRID_CONFIG") == "config/" else path("CITYGRID_CONFIG")
    if config is None or not (config / "city.yaml").is_file():
        raise SettingError(f"CITYGRID_CONFIG: no city.yaml in {config}")
    cert, key = path("CITYGRID_TLS_CERT"), path("CITYGRID_TLS_KEY")
    if (cert is None) != (key is None):
        raise SettingError("CITYGRID_TLS_CERT and CITYGRID_TLS_KEY go together")
    for name, file in (("CITYGRID_TLS_CERT", cert), ("CITYGRID_TLS_KEY", key)):
        if file is not None and not file.is_file():
            raise SettingError(f"{name}: no file {file}")
    public_url = text("CITYGRID_PUBLIC_URL").rstrip("/") or None
    if public_url and not re.match(r"https?://[^/?#]+", public_url):
        raise SettingError(
            f"CITYGRID_PUBLIC_URL: {public_url!r} given, must begin with http(s)://host"
        )
    proxies = text("CITYGRID_TRUSTED_PROXIES").split(",")
    hosts = [h.strip().lower() for h in text("CITYGRID_CALLBACK_HOSTS").split(",")]
    for host in filter(None, hosts):
        if not re.fullmatch(r"([a-z0-9._-]+|\[[0-9a-f:]+\])(:\d{1,5})?", host):
            raise SettingError(
                f"CITYGRID_CALLBACK_HOSTS: {host!r} given, must be host or host:port"
            )
    dask = text("CITYGRID_DASK") or None
    if dask and not re.fullmatch(r"(tcp|tls)://[^/?#\s]+:\d{1,5}", dask):
        raise SettingError(
            f"CITYGRID_DASK: {dask!r} given, must be tcp://host:port or tls://host:port"
        )
    return Settings(
        home=cast(Path, path("CITYGRID_HOME")),
        host=text("CITYGRID_HOST"),
        port=number("CITYGRID_PORT", 1, 65535),
        size=cast(Literal["small", "city"], size),
        seed=number("CITYGRID_SEED", 0, 2**31 - 1),
        dsn=text("CITYGRID_DSN") or None,
        config=config,
        token_staff=digest("CITYGRID_TOKEN_STAFF"),
        token_restricted=digest("CITYGRID_TOKEN_RESTRICTED"),
        tls_cert=cert,
        tls_key=key,
        public_url=public_url,
        trusted_proxies=tuple(p.strip() for p in proxies if p.strip()),
        samples=path("CITYGRID_SAMPLES"),
        dask=dask,
        live_hang_s=number("CITYGRID_LIVE_HANG", 1, 86_400),
        jobs=Jobs(callback_hosts=tuple(filter(None, hosts))),
    )
