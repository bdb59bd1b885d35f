"""Every letter the desk writes: its file in templates/mail, who reads it, and what the sender must add to case and policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from desk.domain.case import CaseError, Language

Reader = Literal["contact", "on-file", "proven", "officer"]
BOTH: tuple[Language, ...] = ("ja", "en")


class NoSuchLetter(CaseError):
    """The desk has no letter of this name."""


class CannotWrite(CaseError):
    """The letter cannot be written from what is on record; an officer has to look."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one letter is made.

    `needs` are the keys `extra` must hold, `may` those it can hold; any other key is left aside. `named`: the salutation bears the name.
    """

    stem: str
    to: Reader
    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    named: bool = True
    languages: tuple[Language, ...] = BOTH


def _notice(stem: str, to: Reader, *, may: str = "") -> Recipe:
    """A notice of the procedure (domain §5); each one leads to the person's own page, so each needs its address."""
    return Recipe(stem=stem, to=to, needs=frozenset({"status_url"}), may=frozenset(may.split()))


def _mail(stem: str, to: Reader, needs: str, languages: tuple[Language, ...] = BOTH) -> Recipe:
    """A short mail of the desk; it bears no name, for the address may have a new holder."""
    return Recipe(stem=stem, to=to, needs=frozenset(needs.split()), named=False, languages=languages)


# "contact": the address the person gave, until the address on file is proven. "proven": the address on file and no other, unless an officer
# recognised the person. Beside the keys named here, N10 to N13 print what was searched if `extra` holds `system_names(…)`; N11 needs them.
LETTERS: Mapping[str, Recipe] = {
    "N01": _notice("N01-receipt", "contact"),
    "N02": _notice("N02-referral", "contact", may="client_contact"),
    "N03": _notice("N03-documents", "contact"),
    "N04": _notice("N04-documents-reminder", "contact"),
    "N05": _notice("N05-withdrawn", "contact"),
    "N06": _notice("N06-not-confirmed", "contact"),
    "N07": _notice("N07-delay", "contact", may="new_date"),  # an ISO date; else the ceiling of the policy
    "N08": _notice("N08-fee", "proven", may="account"),  # where to pay, if the published methods do not say it
    "N09": _notice("N09-fee-reminder", "proven", may="account"),
    "N10": _notice("N10-refused", "proven"),
    "N11": _notice("N11-no-data", "proven", may="identifiers"),  # kinds, as "email login_id"; else what the proofs say
    "N12": _notice("N12-partial", "proven"),
    "N13": _notice("N13-disclosure", "proven", may="package_url tracking as_of"),  # package_url unless on paper; as_of an ISO date
    "N17": _notice("N17-method", "proven"),
    "N18": _notice("N18-objection", "contact", may="words"),  # the reviewer's reason, as confirmed on the desk
    "proof": _mail("proof", "on-file", "code link code_minutes link_hours"),
    "status-code": _mail("status-code", "contact", "code minutes"),
    "package-code": _mail("package-code", "proven", "code minutes"),
    "question": _mail("question", "officer", "gate link", ("ja",)),
}


def recipe_of(name: str, number: str) -> Recipe:
    """The recipe of a letter; NoSuchLetter if there is none."""
    if name not in LETTERS:
        raise NoSuchLetter(number)
    return LETTERS[name]
