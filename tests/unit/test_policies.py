"""The law and the policy on file: what the office reads from them, and that it does not open on a doubtful entry."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from desk.domain.case import Authority, Form, Right, Rung
from desk.domain.policy import Ground, Policy
from desk.policies import ConfigError, policies, read_policies
from desk.settings import CHECKOUT

LAW = Path("law/appi-2022.toml")
POLICY = Path("policy/corezo-2026-04.toml")
TODAY = date(2026, 11, 22)
ITEMS = (
    *("name", "company", "company_address", "title", "telephone", "email", "form_input", "change_history"),
    *("linked_id", "linked_profile"),
    *("usage", "inquiries", "ip_terminal", "location", "cookie"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample office's law and policy that a test may spoil."""
    for part in ("law", "policy"):
        shutil.copytree(CHECKOUT / "config" / part, tmp_path / part)
    return tmp_path


@pytest.fixture
def policy() -> Policy:
    """The sample office's policy as it stands today."""
    return read_policies(CHECKOUT / "config").in_force(TODAY)


def edit(file: Path, old: str, new: str) -> None:
    """Write something else in a file, once."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(folder: Path) -> ConfigError:
    """The error with which the office refuses this configuration."""
    with pytest.raises(ConfigError) as refused:
        read_policies(folder)
    return refused.value


def second_version(folder: Path, first_until: str, second_from: str) -> None:
    """Add a later policy, and end the first one."""
    later = folder / "policy" / "corezo-2027-01.toml"
    shutil.copy(folder / POLICY, later)
    edit(later, "corezo-2026-04", "corezo-2027-01")
    edit(later, "valid_from = 2026-04-01", f"valid_from = {second_from}")
    edit(folder / POLICY, "valid_from = 2026-04-01", f"valid_from = 2026-04-01\n{first_until}")


def new_law(folder: Path) -> None:
    """End the law on file, and add the one that follows it."""
    later = folder / "law" / "appi-2028.toml"
    shutil.copy(folder / LAW, later)
    edit(later, "appi-2022", "appi-2028")
    edit(later, "valid_from = 2022-04-01", "valid_from = 2028-07-16")
    edit(folder / LAW, "valid_from = 2022-04-01", "valid_from = 2022-04-01\nvalid_until = 2028-07-15")


# ---- what is read


def test_the_office_reads_its_own_configuration() -> None:
    """The policies of the process are those of its configuration folder, and they are read once."""
    assert policies().in_force(TODAY).version == "corezo-2026-04"
    assert policies() is policies()


def test_every_right_of_the_law_is_there(policy: Policy) -> None:
    """All nine rights stand in the law, and each says in both languages what it is and does."""
    assert set(policy.law.rights) == set(Right)
    assert {entitlement.question for entitlement in policy.law.rights.values()} == {"see", "mend", "stop", "erase"}
    assert all(entitlement.what.ja and entitlement.what.en for entitlement in policy.law.rights.values())


def test_fees_are_allowed_for_three_rights_only(policy: Policy) -> None:
    """Art. 38 names the notice of purposes, disclosure, and the disclosure of third-party records."""
    assert {right for right, entitlement in policy.law.rights.items() if entitlement.fee_allowed} == {Right.PURP, Right.DISC, Right.TPR}


def test_the_inventory_is_that_of_clause_1(policy: Policy) -> None:
    """Eight items from the user, two from linked services, five the operator collects, in the order of the policy."""
    assert tuple(policy.items) == ITEMS
    assert [item.clause for item in policy.items.values()] == ["1(1)"] * 8 + ["1(2)"] * 2 + ["1(3)"] * 5
    assert all(isinstance(item.authority, Authority) for item in policy.items.values())


def test_the_purposes_are_those_of_clause_2(policy: Policy) -> None:
    """There are nine purposes."""
    assert tuple(policy.purposes) == tuple(f"U{number}" for number in range(1, 10))


def test_retention_grounds_have_days_and_others_have_none(policy: Policy) -> None:
    """A record kept by law is kept for a number of days; a refusal knows none."""
    assert policy.law.grounds["tax-books"].days == 2557
    assert policy.law.grounds["harm"] == Ground(code="harm", article="Art. 33(2)(i)", text=policy.law.grounds["harm"].text)


def test_disclosure_needs_both_questions_of_identity(policy: Policy) -> None:
    """For a disclosure it must be proven who asks and which records are meant; each proof has an alternative."""
    assert policy.ladder.needs[Right.DISC] == {Rung.PERSON, Rung.RECORDS}
    ways = [method.proves for method in policy.ladder.methods.values()]
    assert all(sum(rung in proves for proves in ways) >= 2 for rung in Rung)


def test_the_date_of_suit_is_a_figure_of_the_law(policy: Policy) -> None:
    """The policy names its own days, Art. 39 the days until a suit."""
    assert (policy.days.target, policy.days.ceiling, policy.days.suit) == (14, 30, 15)


def test_the_fee_is_the_published_one(policy: Policy) -> None:
    """A disclosure costs 1,000 yen from the day the tariff was published; no other right costs anything."""
    assert {right: policy.fee_for(right, TODAY) for right in Right if policy.fee_for(right, TODAY)} == {Right.DISC: 1000}
    assert policy.fee_for(Right.DISC, date(2026, 3, 31)) == 0


def test_the_person_may_choose_either_form(policy: Policy) -> None:
    """The office delivers electronically and on paper."""
    assert set(policy.forms) == set(Form)


def test_an_office_may_deliver_on_paper_only(folder: Path) -> None:
    """Where an electronic record would be too difficult, the law leaves paper (Art. 33(2))."""
    edit(folder / POLICY, '["electronic", "paper"]', '["paper"]')
    assert read_policies(folder).in_force(TODAY).forms == (Form.PAPER,)


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2026, 11, 23), id="a national holiday"),
        pytest.param(date(2026, 5, 6), id="a holiday moved from a Sunday"),
        pytest.param(date(2026, 9, 22), id="a day between two holidays"),
        pytest.param(date(2029, 1, 1), id="a holiday three years ahead"),
        pytest.param(date(2026, 12, 29), id="the first day of the office's year end"),
        pytest.param(date(2027, 1, 3), id="the last day of the office's year end"),
        pytest.param(date(2026, 1, 2), id="a year end begun the year before"),
        pytest.param(date(2028, 6, 10), id="the office's foundation day"),
    ],
)
def test_nobody_works_on(policy: Policy, day: date) -> None:
    """National holidays and the office's own closures are holidays of the policy."""
    assert day in policy.holidays


@pytest.mark.parametrize("day", [date(2026, 12, 28), date(2027, 1, 4), date(2026, 6, 11)])
def test_the_office_works_next_to_its_closures(policy: Policy, day: date) -> None:
    """A closure ends where the policy says."""
    assert day not in policy.holidays


def test_without_a_published_tariff_nothing_costs(folder: Path) -> None:
    """A policy may leave the tariff out; then there is no fee."""
    text = (folder / POLICY).read_text(encoding="utf-8")
    start, end = text.index("[tariff]"), text.index("[contacts.desk]")
    (folder / POLICY).write_text(text[:start] + text[end:], encoding="utf-8")
    assert read_policies(folder).in_force(TODAY).fee_for(Right.DISC, TODAY) == 0


# ---- versions


def test_each_version_is_in_force_on_its_own_days(folder: Path) -> None:
    """The last day of one version is followed by the first of the next; both stay on file for requests that began under them."""
    second_version(folder, "valid_until = 2026-12-31", "2027-01-01")
    read = read_policies(folder)
    assert read.in_force(date(2026, 12, 31)).version == "corezo-2026-04"
    assert read.in_force(date(2027, 1, 1)).version == "corezo-2027-01"
    assert read.version("corezo-2026-04", "appi-2022").valid_until == date(2026, 12, 31)


def test_a_policy_stands_under_the_law_of_the_day(folder: Path) -> None:
    """When the law changes under a policy, requests before and after are judged under their own law."""
    new_law(folder)
    read = read_policies(folder)
    assert read.in_force(date(2028, 7, 15)).law.version == "appi-2022"
    assert read.in_force(date(2028, 7, 16)).law.version == "appi-2028"
    assert read.version("corezo-2026-04", "appi-2028").law.version == "appi-2028"


def test_a_policy_never_meets_a_law_of_another_time(folder: Path) -> None:
    """A version that ended before a law began is not on file under that law."""
    second_version(folder, "valid_until = 2026-12-31", "2027-01-01")
    new_law(folder)
    with pytest.raises(ConfigError, match="corezo-2026-04 under appi-2028"):
        read_policies(folder).version("corezo-2026-04", "appi-2028")


def test_a_day_without_a_policy_has_none() -> None:
    """Before the first version nothing is in force, and nothing is made up."""
    with pytest.raises(ConfigError, match="no version is in force on 2026-03-31; the first is from 2026-04-01"):
        read_policies(CHECKOUT / "config").in_force(date(2026, 3, 31))


def test_a_version_that_is_not_on_file_is_named() -> None:
    """A request under a version that was removed is not judged by another one."""
    with pytest.raises(ConfigError, match=r"'corezo-2025-04 under appi-2022'.* did you mean 'corezo-2026-04 under appi-2022'"):
        read_policies(CHECKOUT / "config").version("corezo-2025-04", "appi-2022")


def test_two_versions_at_once_are_refused(folder: Path) -> None:
    """Two policies in force on one day would leave a request's policy to chance."""
    second_version(folder, "valid_until = 2027-01-01", "2027-01-01")
    error = refusal(folder)
    assert (error.file, error.key) == (folder / POLICY, "valid_until")
    assert error.reason == "corezo-2026-04 and corezo-2027-01 would both be in force on 2027-01-01; accepted: 2026-12-31"


def test_a_version_without_end_before_another_is_refused(folder: Path) -> None:
    """A new version needs the old one to have ended."""
    second_version(folder, "", "2027-01-01")
    assert refusal(folder).key == "valid_until"


def test_days_without_a_version_are_refused(folder: Path) -> None:
    """Between two versions there is no day on which none is in force."""
    second_version(folder, "valid_until = 2026-12-30", "2027-01-01")
    assert refusal(folder).reason == "nothing would be in force between corezo-2026-04 and corezo-2027-01; accepted: 2026-12-31"


def test_a_folder_without_a_law_is_refused(folder: Path) -> None:
    """An office needs at least one law on file."""
    (folder / LAW).unlink()
    error = refusal(folder)
    assert (error.file, error.reason) == (folder / "law", "holds no file; accepted: at least one NAME.toml")


def test_a_folder_without_a_policy_is_refused(folder: Path) -> None:
    """An office needs at least one policy on file."""
    (folder / POLICY).unlink()
    assert refusal(folder).file == folder / "policy"
