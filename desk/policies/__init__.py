"""The law and the policy as the office has them on file: read once, checked, and handed out by day or by version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

from desk.config_error import ConfigError
from desk.domain.policy import Law, Policy
from desk.policies.checks import check_covered, check_law, check_periods, check_policy, check_under, last_day
from desk.policies.reading import Shape, read_shape, unknown
from desk.policies.shapes import LawFile, PolicyFile
from desk.policies.values import policy_under
from desk.settings import settings

__all__ = ["ConfigError", "Policies", "policies", "read_policies"]

PUBLISHED = Path("policy")
Versions = TypeVar("Versions", bound=Shape)


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Every version of the policy under every version of the law it meets."""

    versions: tuple[Policy, ...]

    def in_force(self, day: date) -> Policy:
        """The policy and the law in force on a day; ConfigError if there is none."""
        for policy in self.versions:
            if all(_stands(version, day) for version in (policy, policy.law)):
                return policy
        first = min(policy.valid_from for policy in self.versions)
        raise ConfigError(PUBLISHED, "valid_from", f"no version is in force on {day}; the first is from {first}")

    def version(self, policy_version: str, law_version: str) -> Policy:
        """The policy as it stood under a law, by the names a request keeps; ConfigError if either is not on file."""
        for policy in self.versions:
            if (policy.version, policy.law.version) == (policy_version, law_version):
                return policy
        given = f"{policy_version} under {law_version}"
        raise ConfigError(PUBLISHED, "version", unknown("version", given, [f"{v.version} under {v.law.version}" for v in self.versions]))


@cache
def policies() -> Policies:
    """The policies of this office, read when first needed; raises ConfigError."""
    return read_policies(settings().config)


def read_policies(folder: Path) -> Policies:
    """Read and check law/ and policy/ of a configuration; raises ConfigError at the first entry that cannot stand."""
    laws = _read(folder / "law", LawFile)
    published = _read(folder / PUBLISHED, PolicyFile)
    for file, law in laws.items():
        check_law(file, law)
    check_periods(laws)
    for file, policy in published.items():
        check_policy(file, policy)
        check_covered(file, policy, list(laws.values()))
    check_periods(published)
    return Policies(versions=tuple(_under_their_laws(published, laws)))


def _stands(version: Policy | Law, day: date) -> bool:
    return version.valid_from <= day <= (version.valid_until or date.max)


def _read(folder: Path, shape: type[Versions]) -> dict[Path, Versions]:
    """The files of law/ or policy/, in the order of their names."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ConfigError(folder, "", "holds no file; accepted: at least one NAME.toml")
    return {file: read_shape(file, shape) for file in files}


def _under_their_laws(published: dict[Path, PolicyFile], laws: dict[Path, LawFile]) -> Iterator[Policy]:
    for file, policy in published.items():
        for law in laws.values():
            if law.valid_from <= last_day(policy) and policy.valid_from <= last_day(law):
                check_under(file, policy, law)
                yield policy_under(policy, law)
