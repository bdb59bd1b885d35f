"""The command line: `madoguchi …`. Each command loads only what it needs, so that the front starts at once."""

from __future__ import annotations

import asyncio
import sys
from datetime import date
from typing import Annotated

import cyclopts

from desk.domain.gates import Role
from desk.log import start_logging
from engine import prefect_settings

app = cyclopts.App(name="madoguchi", help="窓口: a desk for personal-information requests.")
officer_app = cyclopts.App(name="officer", help="The people of the office.")
sources_app = cyclopts.App(name="sources", help="The systems that hold personal data.")
app.command(officer_app)
app.command(sources_app)
Roles = Annotated[list[Role], cyclopts.Parameter(name="--role", negative=())]


@app.command
def init(*, manager: str = "manager", email: str = "manager@corezo.example.jp") -> None:
    """Make the keys and the ledger, and enrol the first officer; safe to repeat."""
    from engine import office

    enrolled = asyncio.run(office.init(manager, email))
    print("keys and ledger are ready")
    if enrolled:
        _tell(enrolled)


@app.command
def check() -> None:
    """Name every reason why this office cannot work; exits 1 if there is one."""
    from engine import office

    problems = asyncio.run(office.check())
    for problem in problems:
        print(f"✗ {problem}")
    print("this office can work" if not problems else f"{len(problems)} to mend")
    sys.exit(1 if problems else 0)


@app.command
def worker() -> None:
    """Keep the office moving: the engine's worker, the door and the post."""
    prefect_settings.prepare()
    start_logging()
    from engine.worker import work

    asyncio.run(work())


@app.command
def web(*, host: str = "127.0.0.1", port: int = 8000, desk_port: int = 8001) -> None:
    """The front: the public pages and the API on one port, the officers' pages on another."""
    start_logging()
    from desk.web.app import desk_app, public_app
    from engine.front import serve_front

    asyncio.run(serve_front(host, {port: public_app, desk_port: desk_app}))


@app.command
def serve() -> None:
    """Create or update Prefect's deployments, queues and schedules."""
    prefect_settings.prepare()
    from engine.serve import serve as serve_deployments

    for name in asyncio.run(serve_deployments()):
        print(name)


@app.command
def verify() -> None:
    """Recompute every audit chain and checkpoint; exits 1 if one does not hold."""
    from engine import office

    report = asyncio.run(office.verify())
    for fault in report.faults:
        print(f"✗ {fault}")
    print(f"{report.entries} entries, {report.unanchored} since the last checkpoint, {len(report.faults)} faults")
    sys.exit(1 if report.faults else 0)


@app.command
def backup(target: str = "") -> None:
    """Write ledger, keys and packages to a new folder (in backups/ of the data folder, if none is named), all as of one instant."""
    from engine import office

    print(asyncio.run(office.backup(target)))


@app.command
def restore(source: str) -> None:
    """Put a backup back into an office that has none of its own yet."""
    from engine import office

    print(asyncio.run(office.restore(source)))


@app.command
def halt(number: str = "*", *, lift: bool = False, officer: str = "manager") -> None:
    """Stop one case, or all of them, before the next effect; with --lift, let go again."""
    from engine import office

    asyncio.run(office.halt(number, officer, lifted=lift))
    print(f"{'lifted' if lift else 'halted'}: {number}")


@officer_app.command(name="add")
def officer_add(officer: str, *, role: Roles, email: str = "") -> None:
    """Enrol an officer; prints the otpauth:// address and a first password once. Mail goes to ID at the desk's own domain by default."""
    from engine import office

    _tell(asyncio.run(office.add_officer(officer, role, email)))


@officer_app.command(name="disable")
def officer_disable(officer: str) -> None:
    """Someone left."""
    from engine import office

    asyncio.run(office.disable_officer(officer))


@officer_app.command(name="reset")
def officer_reset(officer: str) -> None:
    """A new secret and password for someone who lost a device."""
    from engine import office

    _tell(asyncio.run(office.reset_officer(officer)))


@officer_app.command(name="away")
def officer_away(officer: str, *, until: date | None = None) -> None:
    """Someone is away until a day; without one, is back."""
    from engine import office

    asyncio.run(office.officer_away(officer, until))


@sources_app.command(name="check")
def sources_check() -> None:
    """Hold sources.toml against the systems themselves; exits 1 if something does not fit."""
    from engine import office

    problems = asyncio.run(office.check_sources())
    for problem in problems:
        print(f"✗ {problem}")
    print("every system answers and fits" if not problems else f"{len(problems)} to mend")
    sys.exit(1 if problems else 0)


def _tell(enrolled: object) -> None:
    print(f"officer:  {enrolled.id}\npassword: {enrolled.password}\n{enrolled.otpauth}")  # type: ignore[attr-defined]  # shown once


FOUNDED_ONLY = {"worker", "web", "verify", "backup", "halt", "officer"}


def _needs_founding() -> bool:
    """Whether the command asked for needs an office that is not founded yet."""
    from desk.settings import settings

    return (
        sys.argv[1:2] != [] and sys.argv[1] in FOUNDED_ONLY and "--help" not in sys.argv and not (settings().keys / "master.key").exists()
    )


def main() -> None:
    """Run a command; a known problem is one sentence, not a traceback."""
    if _needs_founding():
        print("✗ this office has no keys and no ledger yet: run `madoguchi init`", file=sys.stderr)
        sys.exit(1)
    from desk.config_error import ConfigError
    from desk.domain.case import CaseError
    from desk.store.seal import KeysMissing
    from desk.store.upkeep import BackupExists, NoBackup, OfficeExists

    try:
        app()
    except (ConfigError, CaseError) as problem:
        print(f"✗ {problem}", file=sys.stderr)
        sys.exit(1)
    except (KeysMissing, BackupExists, NoBackup, OfficeExists) as problem:
        print(f"✗ {problem}: {type(problem).__doc__}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
