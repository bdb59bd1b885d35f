"""Where a sample office is: its folder, its ports, its secrets, and the environment its processes run in."""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from desk.settings import CHECKOUT
from engine.prefect_settings import REQUIRED
from sample import systems

PARTS = ("web", "desk", "prefect", "mail", "smtp")
BELOW_THE_SYSTEM = range(15_000, 32_000)  # ports that no system hands out by itself
USUAL_PORTS = {"web": 8000, "desk": 8001, "prefect": 4200, "mail": 8025, "smtp": 2525}
MARK = ".sample-office"
LOOPBACK = "127.0.0.1"


class Busy(Exception):
    """Another sample office runs in this folder."""


class NotOurs(Exception):
    """This folder holds something else than a sample office; it is left alone."""


@dataclass(frozen=True, kw_only=True)
class Premises:
    """One sample office's folder, ports, databases and secrets."""

    folder: Path
    ports: Mapping[str, int]
    database: str  # the ledger's URL
    prefect_database: str
    prefect_auth: str
    account_key: str

    def url(self, part: str) -> str:
        """Where a part of the office is reached."""
        return f"http://{LOOPBACK}:{self.ports[part]}"

    @property
    def logs(self) -> Path:
        """Where every process writes its log."""
        return self.folder / "logs"

    @property
    def data(self) -> Path:
        """Keys, ledger and packages."""
        return self.folder / "var"

    @property
    def environment(self) -> dict[str, str]:
        """What the office's processes are told; settings of another Prefect are not passed on, settings of the desk are."""
        passed = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        direct = dict.fromkeys(("NO_PROXY", "no_proxy"), f"{LOOPBACK},localhost")
        return {**passed, **direct, "PYTHONPATH": str(CHECKOUT), **self._desk, **self._prefect, **systems.urls(self.folder)}

    @property
    def _desk(self) -> dict[str, str]:
        return {
            "MADOGUCHI_DATABASE": self.database,
            "MADOGUCHI_DATA": str(self.data),
            "MADOGUCHI_CONFIG": str(CHECKOUT / "config"),
            "MADOGUCHI_PUBLIC_URL": self.url("web"),
            "MADOGUCHI_DESK_URL": self.url("desk"),
            "MADOGUCHI_PREFECT_UI_URL": self.url("prefect"),
            "MADOGUCHI_ACCOUNT_KEY": self.account_key,
            "MADOGUCHI_SMTP_HOST": LOOPBACK,
            "MADOGUCHI_SMTP_PORT": str(self.ports["smtp"]),
            "MADOGUCHI_SMTP_SECURITY": "none",
            "MADOGUCHI_SMTP_USERNAME": "",
        }

    @property
    def _prefect(self) -> dict[str, str]:
        """What both sides of Prefect are told, and which of the server's services the desk needs."""
        return {
            **REQUIRED,
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": f"{self.url('prefect')}/api",
            "PREFECT_API_AUTH_STRING": self.prefect_auth,
            "PREFECT_SERVER_API_AUTH_STRING": self.prefect_auth,
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self.prefect_database,
            "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"{self.url('prefect')},http://localhost:{self.ports['prefect']}",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_SERVER_UI_V2_ENABLED": "false",  # that one asks amplitude.com for its settings, analytics off or not
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
            "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",  # the desk has no automations
            "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",  # the ledger knows what is late
            "PREFECT_SERVER_SERVICES_REPOSSESSOR_ENABLED": "false",  # nor concurrency slots
            "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",  # a suspended run waits for weeks
        }


def settled(folder: Path, wanted: Mapping[str, int], database: str, prefect_database: str) -> Premises:
    """An office's premises: each part on the port wanted if it is free, else on another; databases in the folder unless given."""
    taken: set[int] = set()
    ports = {part: free_port(wanted.get(part, 0), taken) for part in PARTS}
    return Premises(
        folder=folder,
        ports=ports,
        database=database or f"sqlite+aiosqlite:///{folder / 'var' / 'ledger.db'}",
        prefect_database=prefect_database or f"sqlite+aiosqlite:///{folder / 'prefect' / 'prefect.db'}",
        prefect_auth=f"desk:{secrets.token_urlsafe(32)}",
        account_key=secrets.token_urlsafe(48),
    )


def free_port(wanted: int, taken: set[int]) -> int:
    """A port nobody listens at, the one wanted if it can be had; it is noted as taken."""
    candidates = ([wanted] if wanted else []) + random.sample(BELOW_THE_SYSTEM, 50)
    found = next(port for port in candidates if port not in taken and _is_free(port))
    taken.add(found)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def locked(folder: Path) -> BinaryIO:
    """A lock on a folder for as long as the file it gives stays open; raises Busy."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f"{folder.name}.lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Busy(f"another sample office runs in {folder}") from None
    return lock


def cleared(folder: Path, *, keep: bool) -> None:
    """A folder for an office: empty, unless what is there shall be kept; raises NotOurs rather than wipe anything else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise NotOurs(f"{folder} holds something else than a sample office")
    if folder.exists() and not keep:
        shutil.rmtree(folder)
    for place in (folder, folder / "logs", folder / "prefect"):
        place.mkdir(mode=0o700, exist_ok=True)
    (folder / MARK).touch()


def desk_command(*words: str) -> tuple[str, ...]:
    """A command of the desk, as `.venv/bin/madoguchi` runs it."""
    return (sys.executable, "-m", "engine.cli", *words)
