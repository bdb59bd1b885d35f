"""What the command line does to an office: founding it, checking it, its people, its safety copies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from desk.clock import now, today
from desk.config_error import ConfigError
from desk.domain.gates import Role
from desk.policies import policies
from desk.settings import settings
from desk.store import audit, halts, officers, seal, upkeep
from desk.store.ledger import ledger_is_sound, reading, writing
from engine import prefect_settings
from tasks.systems import close_systems, office_systems

NEEDED = {Role.CLERK: 1, Role.INVESTIGATOR: 1, Role.APPROVER: 1, Role.SECOND_APPROVER: 1, Role.ACCOUNTING: 1, Role.MANAGER: 1}


async def init(manager: str, email: str) -> officers.Enrolled | None:
    """Keys, tables, first officer; gives what the officer must be told, or None if there are officers already."""
    seal.make_keys(settings().keys)
    await upkeep.migrate()
    async with writing() as db:
        return None if await officers.everyone(db) else await officers.add(db, manager, [Role.MANAGER], email)


async def check() -> tuple[str, ...]:
    """Every reason why this office cannot work."""
    found = [*_policy_problems(), *prefect_settings.problems()]
    if not (settings().keys / "master.key").exists():
        return (*found, f"there are no keys in {settings().keys.name}/: run `madoguchi init`")
    if not await ledger_is_sound():
        found.append("the ledger is not whole: put a backup back with `madoguchi restore`")
    found += await upkeep.problems()
    found += await _officer_problems()
    return (*found, *(await check_sources() if not _policy_problems() else ()))


def _policy_problems() -> list[str]:
    try:
        policies().in_force(today())
    except ConfigError as problem:
        return [str(problem)]
    return []


async def _officer_problems() -> list[str]:
    async with reading() as db:
        able = [officer for officer in await officers.everyone(db) if not officer.disabled]
    found = [f"nobody is {role}" for role in NEEDED if not any(role in officer.roles for officer in able)]
    first = {officer.id for officer in able if Role.APPROVER in officer.roles}
    second = {officer.id for officer in able if Role.SECOND_APPROVER in officer.roles}
    makers = {officer.id for officer in able if officer.roles & {Role.CLERK, Role.INVESTIGATOR}}
    if first and second and not _three_people(makers, first, second):
        found.append("too few people for maker ≠ approver: whoever prepares a ruling, and each of the two who sign it, must be different")
    return found


def _three_people(makers: set[str], first: set[str], second: set[str]) -> bool:
    """Whether some maker, first and second approver are three different people."""
    return any(len({maker, one, two}) == len("123") for maker in makers for one in first for two in second)


async def check_sources() -> tuple[str, ...]:
    """What is wrong with sources.toml, held against the systems themselves."""
    try:
        problems = [f"{source.name}: {problem}" for source in office_systems() for problem in await source.check()]
    except ConfigError as problem:
        return (str(problem),)
    finally:
        await close_systems()
    return tuple(problems)


async def verify() -> audit.Verified:
    """Recompute the audit chains."""
    return await audit.verify()


async def backup(target: str) -> str:
    """Write a safety copy."""
    folder = Path(target) if target else settings().data / "backups" / f"{now():%Y%m%dT%H%M%SZ}"
    return f"{await upkeep.back_up(folder)} rows copied to {folder}"


async def restore(source: str) -> str:
    """Put a safety copy back."""
    return f"{await upkeep.put_back(Path(source))} rows put back"


async def halt(number: str, officer: str, *, lifted: bool) -> None:
    """Stop a case or all, or let go again."""
    async with writing() as db:
        await (halts.lift if lifted else halts.halt)(db, number, officer)


async def add_officer(officer: str, roles: Iterable[Role], email: str) -> officers.Enrolled:
    """Enrol someone."""
    async with writing() as db:
        return await officers.add(db, officer, roles, email or f"{officer}@{settings().mail_from.rpartition('@')[2]}")


async def disable_officer(officer: str) -> None:
    """Someone left."""
    async with writing() as db:
        await officers.disable(db, officer)


async def reset_officer(officer: str) -> officers.Enrolled:
    """Someone lost a device."""
    async with writing() as db:
        return await officers.reset(db, officer)


async def officer_away(officer: str, until: date | None) -> None:
    """Someone is away."""
    async with writing() as db:
        await officers.away(db, officer, until)
