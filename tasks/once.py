"""How a deed is done once: in one transaction, under the lease, and only while the ledger still says that it is next."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from desk import clock
from desk.crashpoint import crashpoint, registered
from desk.domain.case import Case, CaseError
from desk.domain.life import Act, Deed, Do, next_act, wake_at
from desk.domain.policy import Policy
from desk.log import log
from desk.policies import policies
from desk.store import agenda, cases, questions
from desk.store.ledger import Db, reading, writing
from tasks.lease import hold

for _deed in Deed:
    registered(f"{_deed}.before_commit", f"{_deed}.after_commit")


class DeedFailed(CaseError):
    """A deed could not be done; it will be tried again."""


def deed(work: Callable[[str], Awaitable[None]]) -> Task[[str], Coroutine[None, None, None]]:
    """Make a deed a task of the engine: tried again, never cached, and silent about what it failed on.

    An error's text may hold personal data and would be kept by Prefect, so only its kind and place go to the office's own log.
    """

    @wraps(work)
    async def done(number: str) -> None:
        try:
            await work(number)
        except CaseError:
            raise
        except Exception as trouble:  # noqa: BLE001 - whatever it is, its text must not reach Prefect
            log("deed").error(type(trouble).__name__, extra={"number": number, "step": work.__name__, "what": _place(trouble)})
            raise DeedFailed(number) from None

    made = task(cache_policy=NO_CACHE, persist_result=False, retries=3, retry_delay_seconds=[1, 5, 20], retry_jitter_factor=0.5)
    return made(done)


def _place(trouble: BaseException) -> str:
    frame = traceback.extract_tb(trouble.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


@dataclass(frozen=True, kw_only=True)
class Now:
    """An open transaction and the case as it stands in it."""

    db: Db
    case: Case
    policy: Policy
    at: datetime

    @property
    def answer_to(self) -> str:
        """Where letters go once identity was looked at: the address proven, or the contact the officer accepted."""
        return "proven" if self.case.identity.address_proven else "contact"


def policy_of(case: Case) -> Policy:
    """The policy and the law that were in force when the request arrived."""
    return policies().version(case.policy, case.law)


@asynccontextmanager
async def once(number: str, deed: Deed) -> AsyncIterator[Now | None]:
    """The transaction in which a deed is done, or None where the ledger no longer asks for it."""
    async with writing() as db:
        await agenda.confirm(db, hold().lease)
        case = await cases.read(db, number)
        now, policy = clock.now(), policy_of(case)
        asked = next_act(case, policy, now) == Do(deed)
        yield Now(db=db, case=case, policy=policy, at=now) if asked else None
        crashpoint(f"{deed}.before_commit")
    crashpoint(f"{deed}.after_commit")


async def case_of(number: str) -> tuple[Case, Policy]:
    """The request as it stands, with the policy it is pinned to."""
    async with reading() as db:
        case = await cases.read(db, number)
    return case, policy_of(case)


async def judged(number: str) -> Act:
    """Read the ledger and judge what is next; questions the case has moved past are closed."""
    async with writing() as db:
        await agenda.confirm(db, hold().lease)
        hold().seen = await agenda.look(db, number)
        case = await cases.read(db, number)
        policy, now = policy_of(case), clock.now()
        act = next_act(case, policy, now)
        hold().due = wake_at(case, policy, now)
        await questions.supersede_others(db, case, getattr(act, "gate", None), getattr(act, "about", ""))
    return act
