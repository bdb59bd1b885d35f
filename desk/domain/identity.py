"""Who asks, and whose records these are: what the policy's ladder makes of the proofs on record (policy 5, Art. 37)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from desk.domain.canonical import canonical
from desk.domain.case import Case, Rung, State
from desk.domain.dates import business_days_after, on_day, start_of
from desk.domain.policy import Policy

Trace = tuple[str, str, str, str]  # a record somebody is known by: system, table, key, and the log-in it names, if it names one

RECOGNISED = "本人と認める"
PAPERS = "書類を求める"
REFUSED = "認められない"


def to_look_up(case: Case) -> bool:
    """Whether an address on file is still to be looked for: once by what was written, and once more by a signed account."""
    known = case.identity
    if not known.looked_up:
        return True
    return Rung.RECORDS in known.proven and not known.invited and not known.invited_for_account


def sufficient(case: Case, policy: Policy) -> bool:
    """Whether every rung the right needs is proven and the proofs point to one person, or an officer recognised the principal."""
    if case.identity.review == RECOGNISED:
        return True
    return not case.identity.conflicting and policy.ladder.needs[case.right] <= case.identity.proven


def came_in(case: Case, policy: Policy) -> bool:
    """Whether what papers were asked for came in: an officer's answer, proof enough, or an account by which an address may be found."""
    return bool(case.identity.review) or sufficient(case, policy) or to_look_up(case)


def officer_from(case: Case, policy: Policy) -> datetime | None:
    """From when an officer looks at a request whose person has proven nothing, so that nobody is forgotten."""
    if case.state is not State.ID_CHECK:
        return None
    day = business_days_after(on_day(case.state_since), policy.days.identity_business, policy.holidays)
    return start_of(day)


def needs_officer(case: Case, policy: Policy, now: datetime) -> bool:
    """Whether the proofs alone do not decide: some rung is missing though the person acted, no address was found, or they conflict."""
    known = case.identity
    if known.conflicting or known.proven or (known.looked_up and not known.invited):
        return True
    begun = officer_from(case, policy)
    return begun is not None and now >= begun


def one_person(claims: Collection[Collection[Trace]]) -> bool:
    """Whether what different proofs lead to is one person's: a record is reached by every proof, and they have one holder."""
    sets = [set(claim) for claim in claims]
    return bool(sets) and bool(set.intersection(*sets)) and one_holder(set.union(*sets))


def one_holder(traces: Iterable[Trace]) -> bool:
    """Whether no table names two log-ins.

    Two log-ins behind one address are two holders of a mailbox, and the records of the one are not the other's to see (domain §6, C02).
    """
    named = {(system, table, canonical(login)) for system, table, _, login in traces if canonical(login)}
    return len(named) == len({(system, table) for system, table, _ in named})


def address_on_file(addresses: Iterable[str]) -> str:
    """The one address to which a code may go, or nothing where the records name none or more than one."""
    distinct = {canonical(address): address.strip() for address in addresses if canonical(address)}
    return next(iter(distinct.values())) if len(distinct) == 1 else ""


def searchable(claimed: Mapping[str, str], proven: Mapping[str, str], review: str) -> dict[str, str]:
    """By what the systems are searched: only by what was proven, or by all that was claimed where an officer recognised the person."""
    return {**claimed, **proven} if review == RECOGNISED else dict(proven)


def completed(keys: Mapping[str, str], on_file: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The search keys with what the person's own records add, where they agree: a login leads to the address, and the reverse."""
    added: dict[str, set[str]] = {}
    for record in on_file:
        for kind, value in record.items():
            if value.strip() and kind not in keys:
                added.setdefault(kind, set()).add(value)
    return {**keys, **{kind: next(iter(values)) for kind, values in added.items() if len(values) == 1}}
