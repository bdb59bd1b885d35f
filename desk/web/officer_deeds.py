"""What officers do on the desk: answer, look, write, keep back, stop. Every deed asks who it is, and is on record."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from desk import clock
from desk.domain import decision
from desk.domain.case import Case
from desk.domain.gates import Question, Refusal
from desk.domain.policy import Text
from desk.policies import policies
from desk.store import agenda, answers, audit, cases, drafts, questions, stopping, withholding
from desk.store.ledger import reading, writing
from desk.store.officers import Officer
from desk.store.reading_case import EVERY_CASE
from desk.web import forms
from desk.web.access import known_form
from desk.web.forms import BadForm, Refused, once
from desk.web.officer_forms import Fields, NotAnAnswer, about_of, answer_of, code_of
from desk.web.officer_pages import case_page, office_page
from desk.web.officer_roles import May
from desk.web.officer_session import DeskRoute, seated
from desk.web.security import counted, own_form

STATUS = {Refusal.CLOSED: 409, Refusal.STALE_PLAN: 409, Refusal.WRONG_ROLE: 403, Refusal.OWN_WORK: 403, Refusal.UNKNOWN_OFFICER: 403}
UNFIT = 422
FIELDS = {
    **dict.fromkeys((Refusal.WRONG_CODE, Refusal.USED_CODE), "code"),
    **dict.fromkeys((Refusal.EXTRA_MISSING, Refusal.EXTRA_UNASKED, Refusal.NO_SUCH_DRAFT), "extra"),
}
ON_RECORD = frozenset({Refusal.STALE_PLAN})  # the ledger itself writes these down


def deeds_for(labels: Mapping[str, Text]) -> APIRouter:
    """The forms that change something; `labels` is what the systems are called."""
    router = APIRouter(route_class=DeskRoute, include_in_schema=False, dependencies=[Depends(counted)])
    _answering(router, labels)
    _looking(router, labels)
    _withholding(router, labels)
    _stopping(router)
    return router


def _answering(router: APIRouter, labels: Mapping[str, Text]) -> None:
    @router.post("/desk/cases/{number}/answers")
    async def answer(number: str, request: Request) -> Response:
        """Answer a question; accepted, or refused with the reason, and the form is there again."""
        officer, fields, number = await seated(request, May.ANSWER), await own_form(request), known_form(number)
        try:
            question = await _question(number, fields)
            refused = await _taken(question, fields, officer)
        except NotAnAnswer as problem:
            refused = problem.refusal
        if refused is None:
            return RedirectResponse(f"/desk/cases/{number}#next", 303)
        if refused is Refusal.CLOSED:
            await _note_late(number, fields, officer)
        given = {name: once(fields, name) for name in ("gate", "about", "answer", "draft", "amount", "tracking")}
        said = {"problem": refused.ja, "at": "answer", "field": FIELDS.get(refused, "answer"), "given": given}
        return await case_page(request, officer, number, labels, status=STATUS.get(refused, UNFIT), **said)


async def _question(number: str, fields: Fields) -> Question:
    """The question a form was shown for, under whichever key it is open by now."""
    about = about_of(fields)
    async with reading() as db:
        open_now = await questions.open_questions(db, number)
    for question in open_now:
        if about.fits(question):
            return question
    raise NotAnAnswer(Refusal.STALE_PLAN if any(about.stale(question) for question in open_now) else Refusal.CLOSED)


async def _taken(question: Question, fields: Fields, officer: Officer) -> Refusal | None:
    given = answer_of(fields, question, officer.id)
    taken = await answers.take(question.key, given, code_of(fields), clock.now(), "desk", question)
    if taken.refusal and taken.refusal not in ON_RECORD:
        async with writing() as db:
            await agenda.lock(db, question.number)
            await audit.enter(db, question.number, "answer refused", officer.id, gate=question.gate, reason=taken.refusal)
    return taken.refusal


async def _note_late(number: str, fields: Fields, officer: Officer) -> None:
    """Somebody else was first: what came too late is on record and changes nothing (F16)."""
    about = about_of(fields)
    async with writing() as db:
        await agenda.lock(db, number)
        if any(entry.facts.get("gate") == about.gate for entry in await audit.history(db, number)):
            await audit.enter(db, number, "answer late", officer.id, gate=about.gate)


def _looking(router: APIRouter, labels: Mapping[str, Text]) -> None:
    @router.post("/desk/cases/{number}/look")
    async def look(number: str, request: Request) -> Response:
        """Show what is personal, as far as it was asked for; every look is on record."""
        officer, fields = await seated(request, May.PERSONAL), await own_form(request)
        return await case_page(request, officer, known_form(number), labels, opened=frozenset(fields.get("open", ())))

    @router.post("/desk/cases/{number}/drafts")
    async def write(number: str, request: Request) -> Response:
        """Keep words under a number, by which a form speaks of them."""
        officer, fields, number = await seated(request, May.WRITE), await own_form(request), known_form(number)
        try:
            said = forms.words(once(fields, "words"))
        except Refused as refused:
            facts = {"problem": _wrong(refused), "at": "drafts", "given": {"words": once(fields, "words")}}
            return await case_page(request, officer, number, labels, status=UNFIT, **facts)
        async with writing() as db:
            await agenda.lock(db, number)
            draft = await drafts.add(db, number, officer.id, said)
        return RedirectResponse(f"/desk/cases/{number}?draft={draft}#drafts", 303)


def _wrong(refused: Refused) -> str:
    too_long = any(error.code == "too-long" for error in refused.errors)
    return "長すぎます。2,000字以内にしてください。" if too_long else "言葉を書いてください。制御文字は使えません。"


def _withholding(router: APIRouter, labels: Mapping[str, Text]) -> None:
    @router.post("/desk/cases/{number}/withholdings")
    async def withhold(number: str, request: Request) -> Response:
        """Propose to keep an item back, on a ground of the law that this right knows, with reasons."""
        officer, fields, number = await seated(request, May.WITHHOLD), await own_form(request), known_form(number)
        item, ground = once(fields, "item"), once(fields, "ground")
        async with reading() as db:
            case = await cases.read(db, number)
        try:
            _must_be_known(case, item, ground)
            reasons = forms.words(once(fields, "reasons"))
        except (BadForm, Refused):
            facts = {"problem": "項目と根拠を選び、理由を2,000字以内で書いてください。", "at": "withhold"}
            return await case_page(request, officer, number, labels, status=UNFIT, **facts, given=_strings(fields))
        async with writing() as db:
            await withholding.withhold(db, number, item, ground, reasons, officer.id)
        return RedirectResponse(f"/desk/cases/{number}#ruling", 303)

    @router.post("/desk/cases/{number}/withholdings/over")
    async def give(number: str, request: Request) -> Response:
        """No longer propose to keep an item back."""
        officer, fields, number = await seated(request, May.WITHHOLD), await own_form(request), known_form(number)
        async with writing() as db:
            await withholding.give(db, number, once(fields, "item"), officer.id)
        return RedirectResponse(f"/desk/cases/{number}#ruling", 303)


def _must_be_known(case: Case, item: str, ground: str) -> None:
    policy = policies().version(case.policy, case.law)
    if item not in decision.asked(case, policy) or ground not in policy.law.rights[case.right].refusals:
        raise BadForm


def _strings(fields: Fields) -> dict[str, str]:
    return {name: values[0] for name, values in fields.items() if values}


def _stopping(router: APIRouter) -> None:
    @router.post("/desk/office/halts")
    async def halt(request: Request) -> Response:
        """Stop a request or all before the next effect, or let it go on; takes a one-time code."""
        officer, fields = await seated(request, May.HALT), await own_form(request)
        typed = once(fields, "number").strip()
        number = EVERY_CASE if once(fields, "all") == "1" or typed == EVERY_CASE else known_form(typed)
        deed = stopping.let_go if once(fields, "deed") == "lift" else stopping.stop
        refused = await deed(number, officer.id, code_of(fields))
        if refused is None:
            return RedirectResponse("/desk/office#halts", 303)
        return await office_page(request, officer, status=UNFIT, problem=refused.ja, typed=typed)
