"""The life of one request: order and waiting, readable aloud."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from prefect import flow
from prefect.exceptions import Abort
from prefect.flow_runs import asuspend_flow_run
from pydantic import ValidationError

from desk.domain.case import LeaseLost
from desk.domain.gates import Question
from desk.domain.life import Ask, Deed, Do, Done, Wait
from flows import run
from flows.forms import OfficerForm, answer_of, form_for
from tasks import decision, fee, fulfilment, identity, investigation, notice, questions
from tasks.lease import holding
from tasks.once import judged

DEEDS: Mapping[Deed, Any] = {
    Deed.ACKNOWLEDGE: identity.acknowledge,
    Deed.SCOPE: identity.scope,
    Deed.INVITE: identity.invite,
    Deed.CONFIRM: identity.confirm,
    Deed.REJECT: identity.reject,
    Deed.ASK_PAPERS: identity.ask_papers,
    Deed.REMIND_PAPERS: identity.remind_papers,
    Deed.LOOK_AGAIN: identity.look_again,
    Deed.SEARCH: investigation.search,
    Deed.PROPOSE: decision.propose,
    Deed.DECIDE: decision.decide,
    Deed.ANSWER: decision.answer,
    Deed.CHARGE: fee.charge,
    Deed.REMIND_FEE: fee.remind_fee,
    Deed.FULFIL: fee.fulfil,
    Deed.PACK: fulfilment.pack,
    Deed.DELIVER: fulfilment.deliver,
    Deed.WITHDRAW: notice.withdraw,
    Deed.DELAY: notice.delay,
    Deed.REOPEN: notice.reopen,
    Deed.RESUME: notice.resume,
    Deed.CLOSE: notice.close,
}


@flow(name="handle-request", persist_result=False, validate_parameters=True)  # named and tagged by `show`
async def handle_request(number: str) -> None:
    """Do what the request needs next, until it is closed; where a person must act, sleep."""
    try:
        async with holding(number, run.which_run()) as mine:
            while mine.current and await go_on(number):
                pass
    except LeaseLost:  # the run is another worker's now: whatever this one reported to Prefect would be of somebody else
        raise Abort from None


async def go_on(number: str) -> bool:
    """Do the one next thing; False when nothing is left to do."""
    match await judged(number):
        case Do(deed):
            await DEEDS[deed](number)
        case Ask(gate, about):
            await ask(await questions.put(number, gate, about))
        case Wait():
            await run.show(number)
            await asuspend_flow_run(key=questions.fresh_key())
        case Done():
            await run.show(number)
            return False
    return True


async def ask(question: Question) -> None:
    """Put one question to the officers; only a good answer on record opens its gate."""
    await run.show(question.number)
    form: OfficerForm | None = None
    with suppress(ValidationError):  # woken by force, or without an answer
        form = await asuspend_flow_run(wait_for_input=form_for(question), key=question.key)
    answer, code = answer_of(form) if form else (None, "")
    await questions.take_answer(question, answer, code, await run.given_at(question))
    await run.forget(question)
