"""What the entries of the law and of the policy must be to each other; each rule that is broken is a ConfigError."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from desk.config_error import ConfigError
from desk.domain.case import Form, Right, Rung
from desk.policies.reading import require_known
from desk.policies.shapes import LawFile, PolicyFile

RIGHTS = frozenset(right.value for right in Right)
RULED_BY = {  # the codes desk/domain/decision.py gives, by the table they stand in
    "outcomes": ("disclosed", "no-data", "client-authority"),
    "refusals": ("harm", "hindrance", "other-law", "disclosure-elsewhere"),
}
ROLES = ("desk", "manager", "complaints")
ORDERED = (  # the first must come before the second
    ("papers_reminder", "papers"),
    ("papers", "papers_final"),
    ("papers_final", "papers_deemed"),
    ("fee_reminder", "fee"),
    ("fee", "fee_deemed"),
    ("investigate", "target"),
    ("target", "ceiling"),
    ("package", "ledger"),
)
EVERY_YEAR = 2023  # a year without 29 February
ALTERNATIVES = 2

Dated = LawFile | PolicyFile


def check_law(file: Path, law: LawFile) -> None:
    """Every right, every code the decision needs, no code twice, no code unknown."""
    _check_version(file, law)
    _require(file, "rights", sorted(RIGHTS), law.rights)
    for table, codes in RULED_BY.items():
        _require(file, table, codes, getattr(law, table))
    _check_codes_once(file, law)
    for right, entry in law.rights.items():
        require_known(file, f"rights.{right}.grounds", entry.grounds, law.grounds, "ground")
        require_known(file, f"rights.{right}.refusals", entry.refusals, law.refusals, "refusal")


def check_policy(file: Path, policy: PolicyFile) -> None:
    """The published policy holds together in itself."""
    _check_version(file, policy)
    _check_purposes(file, policy)
    _check_procedure(file, policy)
    _check_days(file, policy)
    _check_closures(file, policy)
    _check_identity(file, policy)
    _require(file, "contacts", ROLES, policy.contacts)


def check_under(file: Path, policy: PolicyFile, law: LawFile) -> None:
    """The policy asks no fee where this law allows none (Art. 38)."""
    allowed = [right for right, entry in law.rights.items() if entry.fee_allowed]
    for right in policy.tariff.amounts if policy.tariff else ():
        if right not in allowed:
            reason = f"{law.version} allows no fee for this right; accepted: {', '.join(sorted(allowed))}"
            raise ConfigError(file, f"tariff.amounts.{right}", reason)


def check_periods(files: Mapping[Path, Dated]) -> None:
    """On every day from the first version on, exactly one version is in force."""
    ordered = sorted(files.items(), key=lambda entry: entry[1].valid_from)
    for (file, earlier), (_, later) in pairwise(ordered):
        last = later.valid_from - timedelta(days=1)
        if earlier.valid_until is None or earlier.valid_until > last:
            reason = f"{earlier.version} and {later.version} would both be in force on {later.valid_from}; accepted: {last}"
            raise ConfigError(file, "valid_until", reason)
        if earlier.valid_until < last:
            reason = f"nothing would be in force between {earlier.version} and {later.version}; accepted: {last}"
            raise ConfigError(file, "valid_until", reason)


def check_covered(file: Path, policy: PolicyFile, laws: Sequence[LawFile]) -> None:
    """A law is in force on every day the policy is."""
    if policy.valid_from < min(law.valid_from for law in laws):
        raise ConfigError(file, "valid_from", f"no law is in force on {policy.valid_from}")
    if last_day(policy) > max(last_day(law) for law in laws):
        raise ConfigError(file, "valid_until", f"no law is in force on {policy.valid_until or 'every later day'}")


def last_day(version: Dated) -> date:
    """The last day a version is in force; the end of the calendar while it stands."""
    return version.valid_until or date.max


def _check_version(file: Path, version: Dated) -> None:
    stem = file.stem
    if version.version != stem:
        raise ConfigError(file, "version", f"must be the file's name; accepted: {stem}")
    if last_day(version) < version.valid_from:
        raise ConfigError(file, "valid_until", f"lies before valid_from, {version.valid_from}")


def _check_codes_once(file: Path, law: LawFile) -> None:
    seen: dict[str, str] = {}
    for table in ("grounds", "refusals", "outcomes", "retention"):
        for code in getattr(law, table):
            if code in seen:
                raise ConfigError(file, f"{table}.{code}", f"the code is taken by {seen[code]}.{code}")
            seen[code] = table


def _check_purposes(file: Path, policy: PolicyFile) -> None:
    numbered = [f"U{number}" for number in range(1, len(policy.purposes) + 1)]
    for code in policy.purposes:
        require_known(file, f"purposes.{code}", [code], numbered, "purpose")


def _check_procedure(file: Path, policy: PolicyFile) -> None:
    procedure = policy.procedure
    require_known(file, "procedure.channels", procedure.channels, procedure.channels, "channel")
    require_known(file, "procedure.forms", procedure.forms, Form, "form")
    require_known(file, "procedure.rights_by_form", procedure.rights_by_form, RIGHTS, "right")
    _require(file, "procedure.channels", ["web"], procedure.channels)
    _require(file, "procedure.forms", [Form.PAPER], procedure.forms)  # what remains where another method is difficult (Art. 33(2))


def _check_days(file: Path, policy: PolicyFile) -> None:
    days = policy.procedure.days
    for sooner, later in ORDERED:
        if getattr(days, sooner) >= getattr(days, later):
            raise ConfigError(file, f"procedure.days.{sooner}", f"must be sooner than {later}, {getattr(days, later)} days")


def _check_closures(file: Path, policy: PolicyFile) -> None:
    for code, closure in policy.procedure.closures.items():
        for key, day in (("from", closure.from_), ("until", closure.until)):
            try:
                date.fromisoformat(f"{EVERY_YEAR}-{day}")
            except ValueError as error:
                raise ConfigError(file, f"procedure.closures.{code}.{key}", f"{day} is not a day of every year") from error


def _check_identity(file: Path, policy: PolicyFile) -> None:
    identity = policy.identity
    _require(file, "identity.needs", sorted(RIGHTS), identity.needs)
    for right, rungs in identity.needs.items():
        require_known(file, f"identity.needs.{right}", rungs, Rung, "proof")
    for rung in Rung:
        ways = [code for code, method in identity.methods.items() if rung in method.proves]
        if len(ways) < ALTERNATIVES:
            reason = f"{rung.value} needs an alternative; proven by: {', '.join(ways) or 'none'}"
            raise ConfigError(file, "identity.methods", reason)


def _require(file: Path, key: str, codes: Iterable[str], held: Collection[object]) -> None:
    for code in codes:
        if code not in held:
            raise ConfigError(file, f"{key}.{code}", "is missing")
