"""What a letter says of the search: every system by its public name and how far it was searched, and by which kinds of identifiers."""

from __future__ import annotations

from collections.abc import Mapping

from desk.domain.case import Case, Language, Person, Rung, Searched
from desk.domain.identity import RECOGNISED
from desk.domain.policy import Text
from desk.letters.words import IDENTIFIERS

PREFIX = "system."
PROVEN_BY = {Rung.PERSON: "email", Rung.RECORDS: "login_id"}  # what the proof of each rung lets the systems be searched by


def system_names(labels: Mapping[str, Text]) -> dict[str, str]:
    """The keys of `extra` that carry the systems' names in both languages."""
    ja = {f"{PREFIX}{name}.ja": label.ja for name, label in labels.items()}
    return ja | {f"{PREFIX}{name}.en": label.en for name, label in labels.items()}


def search_facts(case: Case, person: Person | None, extra: Mapping[str, str], language: Language) -> dict[str, object]:
    """The search in words; left out while it is unfinished or a system has no name, so that none is passed over in silence."""
    keys = {name: f"{PREFIX}{name}.{language}" for name in case.coverage.systems}
    if not keys or case.coverage.unfinished or any(key not in extra for key in keys.values()):
        return {}

    def named(*states: Searched) -> list[str]:
        return [extra[keys[name]] for name in case.coverage.named(*states)]

    kinds = [IDENTIFIERS[kind].said(language) for kind in _kinds(case, person, extra)]
    return {
        "looked_through": named(Searched.SEARCHED, Searched.NOTHING_HELD),
        "not_applicable": named(Searched.NOT_APPLICABLE),
        "excused": named(Searched.EXCUSED),
        **({"searched_by": kinds} if kinds else {}),
    }


def _kinds(case: Case, person: Person | None, extra: Mapping[str, str]) -> list[str]:
    """The kinds of identifiers searched by: as the sender says, or what was proven and, where an officer recognised the person, claimed."""
    if "identifiers" in extra:
        used = set(extra["identifiers"].split())
    else:
        used = {PROVEN_BY[rung] for rung in case.identity.proven}
        if person and case.identity.review == RECOGNISED:
            used |= {kind for kind, value in person.identifiers.items() if value}
    return [kind for kind in IDENTIFIERS if kind in used]
