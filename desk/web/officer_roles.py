"""What each role may do on the desk: one matrix, asked before every page and every deed (T45)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum, auto

from desk.domain.gates import Role

EVERYONE = frozenset(Role)
WORKING = frozenset({Role.CLERK, Role.INVESTIGATOR, Role.APPROVER, Role.SECOND_APPROVER})  # those who handle what was asked and found


class May(Enum):
    """One thing an officer may or may not do."""

    QUEUE = auto()  # see which requests are open
    CASE = auto()  # see one request, without what is personal
    FINDINGS = auto()  # see where it was searched, what is proposed and which letters went
    PERSONAL = auto()  # open what is personal; each look is on record
    ANSWER = auto()  # answer questions; which ones, the gate decides
    WRITE = auto()  # write words under a number
    WITHHOLD = auto()  # propose to keep an item back
    OFFICE = auto()  # see who works here and what is stopped
    HALT = auto()  # stop a request or all, and let go again


MATRIX: Mapping[May, frozenset[Role]] = {
    May.QUEUE: EVERYONE,
    May.CASE: EVERYONE - {Role.MANAGER},
    May.FINDINGS: WORKING | {Role.AUDITOR},
    May.PERSONAL: WORKING,
    May.ANSWER: WORKING | {Role.ACCOUNTING},
    May.WRITE: WORKING,
    May.WITHHOLD: frozenset({Role.INVESTIGATOR}),
    May.OFFICE: frozenset({Role.MANAGER, Role.AUDITOR}),
    May.HALT: frozenset({Role.MANAGER}),
}


def may(roles: Collection[Role], what: May) -> bool:
    """Whether somebody with these roles may do this."""
    return not MATRIX[what].isdisjoint(roles)
