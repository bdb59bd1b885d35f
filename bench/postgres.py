"""A PostgreSQL server of the bench's own: Debian's, because Prefect needs its contrib modules."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

VERSIONS = Path("/usr/lib/postgresql")


class NoPostgres(Exception):
    """Debian's postgresql is not installed; `make test` installs it, or: apt-get install postgresql."""


@contextmanager
def postgres() -> Iterator[tuple[str, str]]:
    """Two empty databases on a fresh server, for the ledger and for Prefect; both end with the block."""
    programs = sorted(VERSIONS.glob("*/bin"), key=lambda path: int(path.parent.name))
    if not programs:
        raise NoPostgres(NoPostgres.__doc__)
    folder = Path(mkdtemp(prefix="bench-postgres-"))
    port = _free_port()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        _run(programs[-1], folder, "initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "desk", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c shared_buffers=256MB"
        _run(programs[-1], folder, "pg_ctl", "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", options, "start")
        for name in ("ledger", "prefect"):
            _run(programs[-1], folder, "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "desk", name)
        yield tuple(f"postgresql+asyncpg://desk@127.0.0.1:{port}/{name}" for name in ("ledger", "prefect"))  # type: ignore[misc]  # two
    finally:
        _run(programs[-1], folder, "pg_ctl", "-D", str(folder / "data"), "-m", "fast", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(programs: Path, folder: Path, name: str, *arguments: str, check: bool = True) -> None:
    """Run one of PostgreSQL's programs, as the user postgres where we are root (it refuses root)."""
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run([programs / name, *arguments], check=check, user=user, cwd=folder, capture_output=True)
