"""What the desk proposes for every item asked for, with its article; the only place where that judgment is made."""

from __future__ import annotations

from desk.domain.case import EVERYTHING, Authority, Case, Kind, Outcome, Right, Ruling, SearchUnfinished, Verdict
from desk.domain.policy import Policy

DISCLOSED = "disclosed"
NO_DATA = "no-data"
ENTRUSTED = "client-authority"
ERASING = frozenset({Right.CEASE, Right.CEASE5, Right.ERASE_V})


def asked(case: Case, policy: Policy) -> tuple[str, ...]:
    """The items asked for, in the order of the policy; everything is every item of clause 1."""
    if EVERYTHING in case.items:
        return tuple(policy.items)
    return tuple(code for code in policy.items if code in case.items)


def propose(case: Case, policy: Policy, draft: int) -> Ruling:
    """Propose exactly one outcome for every item asked for; a failed search, or none, is never "nothing held" (Art. 33(2), (3))."""
    if case.coverage.unfinished or not case.coverage.systems:
        raise SearchUnfinished(case.number)
    outcomes = tuple(_outcome(item, case, policy) for item in asked(case, policy))
    return Ruling(outcomes=outcomes, kind=_kind(outcomes, named=EVERYTHING not in case.items), round=draft)


def _outcome(item: str, case: Case, policy: Policy) -> Outcome:
    own = case.coverage.count(item, Authority.OPERATOR)
    entrusted = case.coverage.count(item, Authority.CLIENT)
    if not own and not entrusted:
        return _because(item, Verdict.NO_DATA, NO_DATA, policy)
    if not own:
        return _because(item, Verdict.REFERRED, ENTRUSTED, policy)
    if ground := case.withheld.get(item):
        return _because(item, Verdict.REFUSED, ground, policy)
    if entrusted:
        return _because(item, Verdict.PARTLY, ENTRUSTED, policy)
    return _because(item, Verdict.DISCLOSED, DISCLOSED, policy)


def _because(item: str, verdict: Verdict, reason: str, policy: Policy) -> Outcome:
    return Outcome(item=item, verdict=verdict, article=policy.law.grounds[reason].article, reason=reason)


def _kind(outcomes: tuple[Outcome, ...], *, named: bool) -> Kind:
    """What the outcomes come to; an item nobody named and nobody holds takes nothing from a full disclosure."""
    verdicts = {outcome.verdict for outcome in outcomes}
    held = verdicts - {Verdict.NO_DATA}
    if not held:
        return Kind.NO_DATA
    if held == {Verdict.REFERRED}:
        return Kind.REFERRED
    if not held & {Verdict.DISCLOSED, Verdict.PARTLY}:
        return Kind.REFUSED
    complete = held == {Verdict.DISCLOSED} and not (named and Verdict.NO_DATA in verdicts)
    return Kind.GRANTED if complete else Kind.PARTIAL


def needs_second(case: Case) -> bool:
    """Whether a second approver must sign: whatever is not a full disclosure, and whatever erases (domain §4)."""
    return case.ruling is None or case.ruling.kind is not Kind.GRANTED or case.right in ERASING


def hands_over(case: Case) -> bool:
    """Whether the ruling gives the person anything: a measure to carry out, and so to be paid for, not a notice alone."""
    return case.ruling is not None and case.ruling.kind in {Kind.GRANTED, Kind.PARTIAL}


def cleared(case: Case) -> bool:
    """Whether the ruling may be carried out: who asks is confirmed, and every signature it needs is under it as it now stands."""
    return case.identity.confirmed and case.signed(1) and (case.signed(2) or not needs_second(case))


def wanted_again(case: Case) -> bool:
    """Whether the person asked for the data once more after its days were over, and still has a right to it."""
    return case.package_wanted_at is not None and hands_over(case) and cleared(case)


def only_entrusted(case: Case, policy: Policy) -> bool:
    """Whether every item asked for is under the client's authority, so that the request is referred before any search (Art. 16(4))."""
    items = asked(case, policy)
    return bool(items) and all(policy.items[item].authority is Authority.CLIENT for item in items)
