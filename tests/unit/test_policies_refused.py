"""The office does not open on a doubtful law or policy: every entry that cannot stand is refused by file, key and reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desk.policies import ConfigError, read_policies
from desk.settings import CHECKOUT

LAW = Path("law/appi-2022.toml")
POLICY = Path("policy/corezo-2026-04.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample office's law and policy that a test may spoil."""
    for part in ("law", "policy"):
        shutil.copytree(CHECKOUT / "config" / part, tmp_path / part)
    return tmp_path


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


SPOILT_LAW = {
    "an unknown key": ("suit_days = 15", "suit_days = 15\nsuit_day = 15", "suit_day", "did you mean 'suit_days'?"),
    "an unknown key of a right": ('article = "Art. 32(2)"', 'artikle = "Art. 32(2)"', "rights.PURP.artikle", "did you mean 'article'?"),
    "a missing key": ("suit_days = 15", "", "suit_days", "is missing"),
    "a missing first day": ("valid_from = 2022-04-01", "", "valid_from", "is missing"),
    "an unknown right": ("[rights.DISC]", "[rights.DISK]", "rights.DISK", "did you mean 'DISC'? accepted: CEASE, CEASE5, CORR, DISC,"),
    "an unknown ground of a right": ('["untrue"]', '["untru"]', "rights.CORR.grounds", "unknown ground 'untru'; did you mean 'untrue'?"),
    "a refusal as a ground": ('["untrue"]', '["harm"]', "rights.CORR.grounds", "unknown ground 'harm'"),
    "an unknown refusal": ('"harm", "hindrance"', '"harms", "hindrance"', "rights.DISC.refusals", "did you mean 'harm'?"),
    "a refusal twice": ('"harm", "hindrance"', '"harm", "harm"', "rights.DISC.refusals", "refusal 'harm' is given twice"),
    "a right nobody may refuse": ('["measures-hindrance"]', "[]", "rights.INFO.refusals", "is empty"),
    "an unknown question": (
        'question = "mend"',
        'question = "amend"',
        "rights.CORR.question",
        "did you mean 'mend'? accepted: erase, mend,",
    ),
    "a fee as a word": ("fee_allowed = true", 'fee_allowed = "true"', "rights.PURP.fee_allowed", "must be a valid boolean"),
    "an outcome the decision needs": ("[outcomes.no-data]", "[outcomes.nodata]", "outcomes.no-data", "is missing"),
    "a refusal the decision needs": (
        "[refusals.disclosure-elsewhere]",
        "[refusals.elsewhere]",
        "refusals.disclosure-elsewhere",
        "is missing",
    ),
    "a code in two tables": ("[outcomes.erased]", "[outcomes.leaked]", "outcomes.leaked", "the code is taken by grounds.leaked"),
    "retention without days": ("days = 2557", "", "retention.tax-books.days", "is missing"),
    "retention for no days": ("days = 2557", "days = 0", "retention.tax-books.days", "must be greater than 0"),
    "days of a ground": (
        "[grounds.leaked]",
        "[grounds.leaked]\ndays = 3",
        "grounds.leaked.days",
        "unknown key 'days'; accepted: article, text",
    ),
    "empty words": ('en = "Correction"', 'en = " "', "rights.CORR.label.en", "is empty"),
    "one language only": ('{ ja = "訂正・追加・削除", en', '{ de = "Berichtigung", en', "rights.CORR.label.de", "accepted: en, ja"),
    "no second language": (', en = "Correction" }', " }", "rights.CORR.label.en", "is missing"),
    "words where a table must be": (
        'text = { ja = "消去しました。", en = "Erased." }',
        'text = "Erased."',
        "outcomes.erased.text",
        "a table",
    ),
    "another name than the file's": ('version = "appi-2022"', 'version = "appi-2023"', "version", "accepted: appi-2022"),
    "an end before the beginning": ("suit_days = 15", "valid_until = 2022-03-31\nsuit_days = 15", "valid_until", "lies before valid_from"),
    "a law later than the policy": ("valid_from = 2022-04-01", "valid_from = 2026-04-02", "valid_from", "no law is in force on 2026-04-01"),
    "a law that ends before the policy": (
        "suit_days",
        "valid_until = 2027-01-01\nsuit_days",
        "valid_until",
        "no law is in force on every later day",
    ),
}

SPOILT_POLICY = {
    "an unknown key": ("[texts]", "[texts]\nprivacy = 1", "texts.privacy", "unknown key 'privacy'; accepted: authority_body, safety"),
    "an unknown table": ("[texts]", "[text]", "text", "did you mean 'texts'?"),
    "a missing key": ("prerequisite = false", "", "items.company_address.prerequisite", "is missing"),
    "an unknown authority": ('authority = "shared"', 'authority = "share"', "items.company.authority", "did you mean 'shared'?"),
    "an unknown source": ('source = "linked-service"', 'source = "linked"', "items.linked_id.source", "did you mean 'linked-service'?"),
    "an item code that is none": ("[items.name]", '[items."*"]', "items.*", "should match"),
    "days as a word": ("retention_days = 90", 'retention_days = "90"', "items.location.retention_days", "must be a valid integer"),
    "days as a truth value": ("retention_days = 90", "retention_days = true", "items.location.retention_days", "must be a valid integer"),
    "days without end": ("retention_days = 90", "retention_days = 99999999999", "items.location.retention_days", "less than or equal"),
    "a date as a word": ("published = 2026-04-01", 'published = "2026-04-01"', "tariff.published", "must be a valid date"),
    "an instant for a day": ("published = 2026-04-01", "published = 2026-04-01T00:00:00Z", "tariff.published", "must be a valid date"),
    "a first day before the Act": ("valid_from = 2026-04-01", "valid_from = 0001-01-01", "valid_from", "must be greater than or equal"),
    "an unknown purpose": ("U9 = ", "X9 = ", "purposes.X9", "unknown purpose 'X9'; accepted: U1, U2,"),
    "a purpose left out": ("U9 = ", "U10 = ", "purposes.U10", "accepted: U1, U2,"),
    "an unknown channel": ('"post", "telephone"', '"post", "fax"', "procedure.channels.3", "accepted: mail, post, telephone, web"),
    "a channel twice": ('"post", "telephone"', '"post", "post"', "procedure.channels", "channel 'post' is given twice"),
    "no channels": ('["web", "mail", "post", "telephone"]', "[]", "procedure.channels", "is empty"),
    "an office without its form": ('["web", "mail"', '["mail"', "procedure.channels.web", "is missing"),
    "an unknown form": ('["electronic", "paper"]', '["electronic", "papers"]', "procedure.forms.1", "did you mean 'paper'?"),
    "an office without paper": ('["electronic", "paper"]', '["electronic"]', "procedure.forms.paper", "is missing"),
    "an unknown right on the form": (
        'rights_by_form = ["DISC"]',
        'rights_by_form = ["DISK"]',
        "procedure.rights_by_form.0",
        "did you mean 'DISC'?",
    ),
    "no right on the form": ('rights_by_form = ["DISC"]', "rights_by_form = []", "procedure.rights_by_form", "is empty"),
    "an unknown timer": ("target = 14", "targets = 14", "procedure.days.targets", "did you mean 'target'?"),
    "a timer of the law": ("target = 14", "target = 14\nsuit = 30", "procedure.days.suit", "unknown key 'suit'"),
    "a target after the ceiling": ("target = 14", "target = 31", "procedure.days.target", "must be sooner than ceiling, 30 days"),
    "a search longer than the target": (
        "investigate = 7",
        "investigate = 14",
        "procedure.days.investigate",
        "must be sooner than target, 14 days",
    ),
    "papers reminded too late": (
        "papers_reminder = 10",
        "papers_reminder = 14",
        "procedure.days.papers_reminder",
        "sooner than papers, 14",
    ),
    "papers final too late": ("papers_final = 21", "papers_final = 30", "procedure.days.papers_final", "sooner than papers_deemed, 30"),
    "a fee reminded too late": (
        "fee_reminder = 14",
        "fee_reminder = 28",
        "procedure.days.fee_reminder",
        "must be sooner than fee, 28 days",
    ),
    "a fee deemed unpaid too soon": ("fee_deemed = 30", "fee_deemed = 28", "procedure.days.fee", "must be sooner than fee_deemed, 28 days"),
    "a closure on no day": (
        'from = "06-10"',
        'from = "06-31"',
        "procedure.closures.foundation_day.from",
        "06-31 is not a day of every year",
    ),
    "a closure in leap years": ('until = "06-10"', 'until = "02-29"', "procedure.closures.foundation_day.until", "not a day of every year"),
    "an unknown method": (
        "[identity.methods.mail-code]",
        "[identity.methods.mailcode]",
        "identity.methods.mailcode",
        "did you mean 'mail-code'?",
    ),
    "an unknown proof": ('proves = ["records"]', 'proves = ["record"]', "identity.methods.account.proves.0", "did you mean 'records'?"),
    "a proof without alternative": ('proves = ["person", "records"]', 'proves = ["records"]', "identity.methods", "proven by: mail-code"),
    "a right that needs no proof": ('DISC = ["person", "records"]', "DISC = []", "identity.needs.DISC", "is empty"),
    "a right without its proofs": ('DISC = ["person", "records"]', "", "identity.needs.DISC", "is missing"),
    "a fee the law forbids": (
        "DISC = 1000",
        "CORR = 1000",
        "tariff.amounts.CORR",
        "appi-2022 allows no fee for this right; accepted: DISC, PURP, TPR",
    ),
    "a fee for an unknown right": ("DISC = 1000", "DISK = 1000", "tariff.amounts.DISK", "did you mean 'DISC'?"),
    "a tariff without amounts": ("DISC = 1000", "", "tariff.amounts", "is empty"),
    "a negative fee": ("DISC = 1000", "DISC = -1000", "tariff.amounts.DISC", "must be greater than 0"),
    "a fee in fractions": ("DISC = 1000", "DISC = 1000.0", "tariff.amounts.DISC", "must be a valid integer"),
    "no complaints desk": ("[contacts.complaints]", "[contacts.grievances]", "contacts.complaints", "is missing"),
    "a telephone that is none": ("03-0000-1001", "call us", "contacts.desk.telephone", "should match"),
    "an address that is none": ("privacy-desk@corezo.example.jp", "privacy-desk", "contacts.desk.email", "should match"),
}


@pytest.mark.parametrize(("old", "new", "key", "reason"), SPOILT_LAW.values(), ids=SPOILT_LAW)
def test_the_law_is_refused_for(folder: Path, old: str, new: str, key: str, reason: str) -> None:
    """A law file with an entry that cannot stand stops the office, and the error names the entry and what is wrong."""
    edit(folder / LAW, old, new)
    error = refusal(folder)
    assert error.key == key
    assert reason in error.reason
    assert str(error) == f"{error.file.name}: {key}: {error.reason}"


@pytest.mark.parametrize(("old", "new", "key", "reason"), SPOILT_POLICY.values(), ids=SPOILT_POLICY)
def test_the_policy_is_refused_for(folder: Path, old: str, new: str, key: str, reason: str) -> None:
    """A policy file with an entry that cannot stand stops the office, and the error names the entry and what is wrong."""
    edit(folder / POLICY, old, new)
    error = refusal(folder)
    assert (error.file, error.key) == (folder / POLICY, key)
    assert reason.lower() in error.reason.lower()


def test_an_empty_file_is_refused(folder: Path) -> None:
    """A file that says nothing is no policy."""
    (folder / POLICY).write_text("", encoding="utf-8")
    assert (refusal(folder).key, refusal(folder).reason) == ("version", "is missing")


def test_an_empty_table_is_refused(folder: Path) -> None:
    """An inventory without items would answer every request with "no data"."""
    text = (folder / POLICY).read_text(encoding="utf-8")
    start, end = text.index("[items.name]"), text.index("[purposes]")
    (folder / POLICY).write_text(text[:start] + "[items]\n\n" + text[end:], encoding="utf-8")
    assert (refusal(folder).key, refusal(folder).reason) == ("items", "is empty")


def test_a_file_that_is_not_toml_is_refused(folder: Path) -> None:
    """A broken file is refused with its line."""
    edit(folder / POLICY, "[texts]", "[texts")
    assert "is not TOML" in refusal(folder).reason
    assert "line" in refusal(folder).reason


def test_a_file_in_another_encoding_is_refused(folder: Path) -> None:
    """A file saved as Shift_JIS is refused rather than misread."""
    (folder / POLICY).write_bytes((folder / POLICY).read_text(encoding="utf-8").replace("·", "-").encode("shift_jis", "ignore"))
    assert refusal(folder).reason == "is not UTF-8"


def test_a_file_that_cannot_be_read_is_refused(folder: Path) -> None:
    """What cannot be opened is refused, not passed over."""
    (folder / "policy" / "other.toml").mkdir()
    assert refusal(folder).reason.startswith("cannot be read")
