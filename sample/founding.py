"""Found the sample office: keys, ledger and officers; prints the officers' secrets once, as JSON, to whoever started it."""

from __future__ import annotations

import asyncio
import json
import sys

from desk.domain.gates import Role
from desk.store import officers
from desk.store.ledger import close_ledger
from engine import office

MANAGER = "kanri-1"
PEOPLE = {  # every pairing that must differ has at least two people
    "uke-1": "clerk",
    "uke-2": "clerk",
    "shirabe-1": "investigator",
    "shirabe-2": "investigator",
    "kessai-1": "approver",
    "kessai-2": "approver",
    "daini-1": "second-approver",
    "daini-2": "second-approver",
    "keiri-1": "accounting",
    "keiri-2": "accounting",
    "kansa-1": "auditor",
    MANAGER: "manager",
}


def email_of(officer: str) -> str:
    """An officer's invented address."""
    return f"{officer}@corezo.example.jp"


async def found() -> list[dict[str, object]]:
    """Found the office, or enter one founded before; everybody's secrets are new."""
    first = await office.init(MANAGER, email_of(MANAGER))
    told = [await _enrolled(officer, role, first) for officer, role in PEOPLE.items()]
    await close_ledger()
    return [{"id": one.id, "roles": [PEOPLE[one.id]], "totp_secret": one.secret, "password": one.password} for one in told]


async def _enrolled(officer: str, role: str, first: officers.Enrolled | None) -> officers.Enrolled:
    if first and officer == MANAGER:
        return first
    try:
        return await office.add_officer(officer, [Role(role)], email_of(officer))
    except officers.OfficerExists:
        return await office.reset_officer(officer)


if __name__ == "__main__":
    json.dump(asyncio.run(found()), sys.stdout)
