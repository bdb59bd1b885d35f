"""What can be done to a waiting run in Prefect without a good answer: nothing of it opens a gate, nothing blocks the case (E6)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import httpx
import pytest

from desk.domain.case import Searched, State
from desk.domain.gates import Refusal, Role
from sample.counter import OpenForm
from tests.e2e.live import PATIENCE, Demo, Live, code_of

LOOK = 0.4
AFRESH = 90.0  # seconds within which a disturbed question can be answered
Trick = Callable[["Try"], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Try:
    """One request whose run waits at 書庫, and an investigator who has not answered anything yet."""

    live: Live
    form: OpenForm
    number: str
    officer: Demo

    def filled(self, **changes: object) -> dict[str, object]:
        """A good answer, with changes."""
        return {"officer": self.officer["id"], "code": code_of(self.officer), "answer": "該当なし", **changes}

    async def send(self, path: str, body: Mapping[str, object] | None) -> httpx.Response:
        """Ask Prefect for something about the run."""
        return await self.live.prefect("POST", f"/flow_runs/{self.form.run}/{path}", body)


def state(kind: str, name: str = "", *, force: bool = True) -> Trick:
    """Change state in the UI."""

    async def trick(on: Try) -> None:
        wanted = {"type": kind, "name": name or kind.capitalize(), "message": "from the UI"}
        (await on.send("set_state", {"state": wanted, "force": force})).raise_for_status()

    return trick


def idle(body: Mapping[str, object] | None) -> Trick:
    """Press Resume without filling anything in."""

    async def trick(on: Try) -> None:
        await on.send("resume", body)

    return trick


def given(**changes: object) -> Trick:
    """Fill the form in with something wrong."""

    async def trick(on: Try) -> None:
        await on.send("resume", {"run_input": on.filled(**changes)})

    return trick


async def left_out(on: Try) -> None:
    """Leave the answer out, in the hope of a default."""
    filled = on.filled()
    del filled["answer"]
    await on.send("resume", {"run_input": filled})


async def by_a_clerk(on: Try) -> None:
    """Answer with a good code of an officer whom the question does not concern."""
    clerk = await on.live.officer(Role.CLERK)
    await on.send("resume", {"run_input": on.filled(officer=clerk["id"], code=code_of(clerk))})


async def code_of_another(on: Try) -> None:
    """Answer in one officer's name with another's code."""
    await on.send("resume", {"run_input": on.filled(code=code_of(await on.live.officer(Role.INVESTIGATOR)))})


async def replayed(on: Try) -> None:
    """Use a one-time code that has answered another request."""
    other = await waiting(on.live)
    code = code_of(on.officer)
    await on.live.counter.resume(other.form, other.filled(officer=on.officer["id"], code=code))
    await on.live.until(other.number, State.DRAFTED)
    await on.send("resume", {"run_input": on.filled(code=code)})


async def slipped_in(on: Try) -> None:
    """Lay an answer beside the form, past Prefect's own check of it, and wake the run by force."""
    answer = {"officer": on.officer["id"], "code": "000000", "answer": "該当なし", "draft": None}
    key = on.form.key.removesuffix("-schema") + "-response"
    (await on.send("input", {"key": key, "value": httpx.Request("POST", "http://x", json=answer).content.decode()})).raise_for_status()
    await state("SCHEDULED")(on)


async def form_deleted(on: Try) -> None:
    """Lose the form, as a crash between sleep and form does (F14)."""
    (await on.live.prefect("DELETE", f"/flow_runs/{on.form.run}/input/{on.form.key}")).raise_for_status()


async def run_deleted(on: Try) -> None:
    """Delete the run in the UI."""
    (await on.live.prefect("DELETE", f"/flow_runs/{on.form.run}")).raise_for_status()


JINJA = {"__prefect_kind": "jinja", "template": "{{ 7*7 }}"}
VARIABLE = {"__prefect_kind": "workspace_variable", "variable_name": "answer"}
DISTURBED: Mapping[str, Trick] = {
    "Running": state("RUNNING", force=False),
    "Running by force": state("RUNNING"),
    "Completed by force": state("COMPLETED"),
    "Failed by force": state("FAILED"),
    "Cancelled by force": state("CANCELLED"),
    "Cancelling by force": state("CANCELLING"),
    "Crashed by force": state("CRASHED"),
    "Pending by force": state("PENDING"),
    "Paused by force": state("PAUSED", "Suspended"),
}
WOKEN: Mapping[str, Trick] = {
    "Retry": state("SCHEDULED", "AwaitingRetry", force=False),
    "Retry by force": state("SCHEDULED", "AwaitingRetry"),
    "Scheduled": state("SCHEDULED", force=False),
    "Scheduled by force": state("SCHEDULED"),
    "slipped in": slipped_in,
    "form deleted": form_deleted,
    "run deleted": run_deleted,
}
NOT_TAKEN: Mapping[str, Trick] = {
    "Resume without a body": idle(None),
    "Resume with nothing": idle({}),
    "Resume with an empty form": idle({"run_input": {}}),
    "answer left out": left_out,
    "unknown answer": given(answer="該当するかもしれない"),
    "code too short": given(code="1"),
    "a variable for an answer": given(answer=VARIABLE),
    "JSON by kind": given(answer={"__prefect_kind": "json", "value": '["該当なし"]'}),
}
REFUSED: Mapping[str, tuple[Trick, Refusal]] = {
    "found, but no draft": (given(answer="該当あり"), Refusal.EXTRA_MISSING),
    "found, with a draft that is not there": (given(answer="該当あり", draft=99), Refusal.NO_SUCH_DRAFT),
    "a draft where none is asked for": (given(draft=1), Refusal.EXTRA_UNASKED),
    "unknown officer": (given(officer="daremo"), Refusal.UNKNOWN_OFFICER),
    "wrong code": (given(code="abcdef"), Refusal.WRONG_CODE),
    "Jinja in plain fields": (given(officer="{{ 7*7 }}"), Refusal.UNKNOWN_OFFICER),
    "Jinja by kind": (given(officer=JINJA), Refusal.UNKNOWN_OFFICER),
    "wrong role": (by_a_clerk, Refusal.WRONG_ROLE),
    "another's code": (code_of_another, Refusal.WRONG_CODE),
    "replayed code": (replayed, Refusal.USED_CODE),
}
TRICKS: Mapping[str, Trick] = {**DISTURBED, **WOKEN, **NOT_TAKEN, **{name: trick for name, (trick, _) in REFUSED.items()}}
ON_ONE_REQUEST = (tuple(REFUSED), tuple(WOKEN), tuple(NOT_TAKEN), *((name,) for name in DISTURBED))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a trick."""

    seconds: float  # until the question could be answered
    same: bool  # whether it is still the same form
    refusal: str  # why the last answer on record does not count
    said: str  # what the artifact says


async def waiting(live: Live) -> Try:
    """A request at 書庫."""
    number = (await live.proven(live.person())).number
    form = await live.counter.wait_for_form(number, patience=PATIENCE)
    assert form.gate == "書庫"
    return Try(live=live, form=form, number=number, officer=await live.officer(Role.INVESTIGATOR))


async def tried(on: Try, trick: Trick) -> tuple[Try, Outcome]:
    """Play a trick on a request; the gate stays shut, and somebody can answer again soon."""
    await trick(on)
    begun = time.monotonic()
    while True:
        await asyncio.sleep(LOOK)
        case = await on.live.case(on.number)
        assert case.state is State.INVESTIGATING
        assert case.coverage.systems["archive"].state is Searched.WAITING
        if form := await on.live.counter.open_form(on.number):
            break
        assert time.monotonic() - begun < AFRESH, "nobody can answer any more"
    seconds, refusal = time.monotonic() - begun, await on.live.last_refusal(on.number)
    outcome = Outcome(seconds=seconds, same=form.key == on.form.key, refusal=refusal, said=await on.live.artifact(on.number))
    return replace(on, form=form, officer=await on.live.officer(Role.INVESTIGATOR)), outcome


async def in_turn(live: Live, names: Sequence[str], limit: asyncio.Semaphore) -> dict[str, Outcome]:
    """Play some tricks on one request, one after the other; a good answer then opens the gate."""
    async with limit:
        on, found = await waiting(live), {}
        for name in names:
            on, found[name] = await tried(on, TRICKS[name])
        await live.answer(on.form, "該当なし", on.officer)
        await live.until(on.number, State.DRAFTED)
        assert Tally(await live.history(on.number))["answered"] == 1
    return found


@pytest.fixture(scope="module")
async def outcomes(live: Live) -> dict[str, Outcome | BaseException]:
    """What became of every trick, or of the request it was played on; a few requests at a time."""
    limit = asyncio.Semaphore(5)
    played = await asyncio.gather(*(in_turn(live, names, limit) for names in ON_ONE_REQUEST), return_exceptions=True)
    found: dict[str, Outcome | BaseException] = {}
    for names, outcome in zip(ON_ONE_REQUEST, played, strict=True):
        found |= dict.fromkeys(names, outcome) if isinstance(outcome, BaseException) else outcome
    return found


def of(outcomes: Mapping[str, Outcome | BaseException], name: str) -> Outcome:
    """What became of a trick; raises what went wrong on its way."""
    outcome = outcomes[name]
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


@pytest.mark.parametrize("name", [*DISTURBED, *WOKEN])
async def test_a_run_disturbed_by_hand_asks_again(name: str, outcomes: dict[str, Outcome | BaseException]) -> None:
    """Whatever state a run is put into, no answer is on record, the question can soon be answered, and a good answer then counts."""
    assert of(outcomes, name).seconds < AFRESH


@pytest.mark.parametrize("name", NOT_TAKEN)
async def test_what_is_no_answer_leaves_the_form_as_it_is(name: str, outcomes: dict[str, Outcome | BaseException]) -> None:
    """An idle Resume, or one that does not fit the form, is turned away by Prefect itself."""
    assert of(outcomes, name).same


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_answer_is_refused_with_its_reason_and_asked_afresh(name: str, outcomes: dict[str, Outcome | BaseException]) -> None:
    """The question is closed, the artifact says 受理できません and why, and another form is open."""
    outcome, why = of(outcomes, name), REFUSED[name][1]
    assert (outcome.same, outcome.refusal) == (False, why)
    assert f"受理できません**: {why.ja}" in outcome.said
