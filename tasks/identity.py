"""Identity: take note, find the address on file, and confirm that who asks is the principal and the records are theirs."""

from __future__ import annotations

from collections.abc import Iterable

from desk.domain import identity
from desk.domain.case import Case, Person, State
from desk.domain.decision import only_entrusted
from desk.domain.life import Deed
from desk.log import log
from desk.settings import settings
from desk.sources.source import Holder, Identifiers, SystemUnreachable
from desk.store import cases, letters, limits, proofs
from desk.store.ledger import reading
from tasks.once import deed, once
from tasks.systems import office_systems

FINDABLE = ("email", "login_id")


@deed
async def acknowledge(number: str) -> None:
    """Tell the person that the request arrived (N01); an address that many requests name is not flooded (T9)."""
    async with once(number, Deed.ACKNOWLEDGE) as now:
        if now is None:
            return
        await cases.move(now.db, number, State.ACKNOWLEDGED)
        contact = (await cases.person(now.db, number)).email
        if not contact or await limits.count(now.db, "receipts", contact.casefold(), proofs.DAY) <= settings().letters_per_address_a_day:
            await letters.owe(now.db, number, "N01", "contact")


@deed
async def scope(number: str) -> None:
    """Settle what is asked; refer it where every item is the client's to answer (Art. 16(4))."""
    async with once(number, Deed.SCOPE) as now:
        if now and only_entrusted(now.case, now.policy):
            await cases.move(now.db, number, State.REFERRED)
            await letters.owe(now.db, number, "N02", "contact")
        elif now:
            await cases.move(now.db, number, State.SCOPED)


@deed
async def invite(number: str) -> None:
    """Find the one address on file and send it a code; whatever is found, the person sees the same."""
    identifiers = await _claimed(number)
    holders, complete = await _holders(number, identifiers)
    address = identity.address_on_file(holder.email for holder in holders) if complete else ""
    async with once(number, Deed.INVITE) as now:
        if now is None:
            return
        account = "account" in await proofs.proven_identifiers(now.db, number)
        sent = bool(address) and await proofs.issue(now.db, number, proofs.Purpose.ADDRESS, address)
        await cases.note(now.db, number, looked_up=True, invited=sent or now.case.identity.invited, invited_for_account=account)
        await cases.move(now.db, number, State.ID_CHECK)


async def _claimed(number: str) -> Identifiers:
    async with reading() as db:
        person = await cases.person(db, number)
        account = (await proofs.proven_identifiers(db, number)).get("account", {})
    return {kind: value for kind, value in {**claims(person), **account}.items() if kind in FINDABLE and value}


def claims(person: Person) -> dict[str, str]:
    """The identifiers a person named; the contact address is one of them where no other was named."""
    named = {kind: value for kind, value in person.identifiers.items() if value}
    return named or {"email": person.email}


async def _holders(number: str, identifiers: Identifiers) -> tuple[tuple[Holder, ...], bool]:
    """Whom the identifiers point to, and whether every system answered; an address is used only if all did."""
    found: list[Holder] = []
    complete = True
    for source in office_systems():
        try:
            found += await source.whose(identifiers)
        except SystemUnreachable:
            complete = False
            log("identity").warning("a system did not answer", extra={"number": number, "system": source.name})
    return tuple(found), complete


@deed
async def confirm(number: str) -> None:
    """Hold the proofs against each other: one person, then the search may begin; else an officer looks."""
    async with reading() as db:
        proven = await proofs.proven_identifiers(db, number)
        case = await cases.read(db, number)
    review = case.identity.review
    keys = await search_keys(number, case)
    same = bool(keys) if review == identity.RECOGNISED else await _one_person(number, proven)
    async with once(number, Deed.CONFIRM) as now:
        if now is None:
            return
        if not same:
            await cases.note(now.db, number, conflicting=True, review="")
            return
        await cases.note(now.db, number, confirmed_at=now.at)
        await cases.remember(now.db, number, keys)
        await cases.move(now.db, number, State.INVESTIGATING, by=(review and "officer") or "proofs")


async def _one_person(number: str, proven: dict[str, dict[str, str]]) -> bool:
    """Whether the proofs on record lead to one person."""
    claims_held = []
    for evidence in proven.values():
        holders, complete = await _holders(number, evidence)
        if not complete:
            raise SystemUnreachable(number)
        claims_held.append(_traces(holders))
    return identity.one_person(claims_held)


async def _agree(number: str, identifiers: Identifiers) -> bool:
    """Whether every identifier that leads anywhere leads to the same person."""
    led = [_traces((await _holders(number, {kind: value}))[0]) for kind, value in identifiers.items()]
    reached = [traces for traces in led if traces]
    return not reached or identity.one_person(reached)


def _traces(holders: Iterable[Holder]) -> set[identity.Trace]:
    return {(holder.system, holder.table, holder.key, holder.login_id) for holder in holders}


async def search_keys(number: str, case: Case) -> Identifiers:
    """By what the systems are searched: what was proven; or, where an officer recognised the person, all that was named.

    What was named counts only where every part of it leads to one person; nothing is left where not even the proofs do.
    """
    async with reading() as db:
        person = await cases.person(db, number)
        proven = await proofs.proven_identifiers(db, number)
    merged = {kind: value for evidence in proven.values() for kind, value in evidence.items()}
    named = identity.searchable(claims(person), merged, case.identity.review)
    keys = named if await _agree(number, named) else merged if await _agree(number, merged) else {}
    holders, _ = await _holders(number, keys)
    wider = identity.completed(keys, [{"email": holder.email, "login_id": holder.login_id} for holder in holders])
    reached, _ = await _holders(number, wider)
    return wider if identity.one_holder(_traces(reached)) else keys


@deed
async def reject(number: str) -> None:
    """Say that identity could not be confirmed, with no hint at what is held (N06)."""
    async with once(number, Deed.REJECT) as now:
        if now:
            await cases.move(now.db, number, State.REJECTED)
            await letters.owe(now.db, number, "N06", "contact")


@deed
async def ask_papers(number: str) -> None:
    """Ask for other proof (N03); each asking has its own letter and its own days."""
    async with once(number, Deed.ASK_PAPERS) as now:
        if now:
            await cases.note(now.db, number, review="")
            await cases.move(now.db, number, State.DOCS_REQUESTED)
            await letters.owe(now.db, number, "N03", "contact", occasion=letters.asking(now.at))


@deed
async def remind_papers(number: str) -> None:
    """Remind the person of the proof asked for (N04), once per asking."""
    async with once(number, Deed.REMIND_PAPERS) as now:
        if now:
            await letters.owe(now.db, number, "N04", "contact", occasion=letters.asking(now.case.state_since))


@deed
async def look_again(number: str) -> None:
    """What was asked for came in: identity is looked at afresh."""
    async with once(number, Deed.LOOK_AGAIN) as now:
        if now:
            await cases.move(now.db, number, State.ID_CHECK)
