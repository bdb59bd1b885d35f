"""Every letter, in both languages, for requests at the points where it is written."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest

from desk.domain.case import Case, Coverage, Identity, Language, Right, Search, Searched, State
from desk.letters import LETTERS, CannotWrite, Letter, NoSuchLetter, write
from desk.letters.writing import MAIL, RULE
from tests.unit.letters_samples import (
    CASES,
    EXTRA,
    NO_DATA,
    PACKED,
    PARTIAL,
    PERSON,
    POLICY,
    RECEIVED,
    REFUSED,
    STATUS,
    TARIFF,
    TODAY,
    UPHELD,
)

HOLES = ("None", "Undefined", "{{", "}}", "{%", "[]", "()", "True", "False", "<", "、、", ", ,", "：\n", "。。", "..")
EVERY = [(name, case, language) for name in LETTERS for case, language in product(CASES[name], ("ja", "en"))]
NOTICES = [each for each in EVERY if each[0].startswith("N")]
COMMON = (
    "2611-7KQ2F-9XCWM-T",
    "2026年11月24日",
    "株式会社サンプル櫻",
    "個人情報お問い合わせ窓口",
    "見本 花子 様",
    "対象の情報：",
    "ご請求の到達日：2026年11月22日",
    STATUS,
    "異議",
    "苦情受付窓口",
    "個人情報保護委員会",
    "03-0000-1001",
    "10時から17時まで",
)
UNPROVEN = ("N01", "N02", "N03", "N04", "N06")


def written(name: str, case: Case, language: Language = "ja") -> Letter:
    """The letter with everything it may need."""
    return write(name, case=replace(case, language=language), policy=POLICY, person=PERSON, today=TODAY, extra=EXTRA)


@pytest.mark.parametrize(("name", "case", "language"), EVERY)
def test_f34_no_letter_has_a_hole(name: str, case: Case, language: Language) -> None:
    """No letter shows a missing value or a piece of its template, and its sections stand apart (F34)."""
    letter = written(name, case, language)
    assert not [hole for hole in HOLES if hole in letter.subject + "\n" + letter.body]
    assert "\n" not in letter.subject
    assert "\n\n\n" not in letter.body
    assert not re.search(r"[^\n]\n(?:■|\* )", letter.body)


@pytest.mark.parametrize(("name", "case", "language"), NOTICES)
def test_every_notice_says_what_domain_5_demands(name: str, case: Case, language: Language) -> None:
    """Number, date, operator, desk, request, arrival, next step, objection and complaint are in every notice."""
    letter = written(name, case, language)
    japanese = letter.body.rpartition(RULE)[2]
    assert case.number in letter.subject
    assert not [words for words in COMMON if words not in japanese], name


@pytest.mark.parametrize("name", LETTERS)
def test_an_english_letter_ends_with_the_authoritative_japanese_text(name: str) -> None:
    """The English courtesy text comes first, then the whole Japanese letter (domain C12); a question to an officer is Japanese only."""
    japanese, both = written(name, CASES[name][0]), written(name, CASES[name][0], "en")
    if "en" not in LETTERS[name].languages:
        assert both == japanese
        return
    english, rule, below = both.body.partition(f"\n\n{RULE}\n\n")
    assert rule
    assert below == japanese.body
    assert english.endswith("the Japanese text below is authoritative.")
    assert both.subject.isascii()


def test_every_letter_is_one_file_per_language() -> None:
    """Nothing in templates/mail is without a use, and no letter is without its file."""
    letters = {f"{recipe.stem}.{language}.txt" for recipe in LETTERS.values() for language in recipe.languages}
    common = {file.name for file in MAIL.iterdir() if file.name.startswith(("_", "letter.", "slip."))}
    assert {file.name for file in MAIL.iterdir()} == letters | common


def test_both_languages_have_the_same_parts() -> None:
    """An English letter asks the same questions of the request as the Japanese one, in the same order."""
    for file in MAIL.glob("N*.ja.txt"):
        english = file.with_name(file.name.replace(".ja.", ".en."))
        sections = [re.findall(r"^(?:■|\*) |\{% include \"(\w+)", text.read_text(), re.MULTILINE) for text in (file, english)]
        assert sections[0] == sections[1], file.name


@pytest.mark.parametrize("name", UNPROVEN)
def test_before_identity_no_letter_hints_at_what_is_held(name: str) -> None:
    """What was looked up, whom it invited, and whether proofs conflict changes no word of a letter to an unproven address (T1, T10)."""
    case = CASES[name][0]
    known = replace(case.identity, looked_up=True, invited=True, conflicting=True)
    searched = Coverage({"cards": Search(state=Searched.SEARCHED, found={"name": 7})})
    assert written(name, replace(case, identity=known, coverage=searched)) == written(name, case)


def test_the_proof_letter_names_nobody_and_no_right() -> None:
    """Whoever holds the address now learns neither who asks nor what for (domain C02)."""
    letter = written("proof", RECEIVED, "en")
    text = letter.subject + letter.body
    assert not [word for word in ("見本", "花子", "開示", "isclosure", "個人データ", "hanako") if word in text]
    assert all(word in text for word in ("ABCD2345", "https://desk.example.jp/proof/token", "10分間", "24時間", "お心当たりのない方"))


def test_a_question_to_an_officer_is_number_and_link_only() -> None:
    """An officer's mail says which request and where, and nothing of the person."""
    letter = written("question", PARTIAL, "en")
    assert letter.subject == "【窓口】2611-7KQ2F-9XCWM-T 決定 の回答をお願いします"
    assert EXTRA["link"] in letter.body
    assert "見本" not in letter.body


@pytest.mark.parametrize(
    ("name", "case", "said"),
    [
        ("N01", RECEIVED, ("1,000円", "2026-04", "2026年12月6日", "2026年12月7日", "廃棄", "取り下げる", "登録アドレスに届く確認コード")),
        ("N02", CASES["N02"][0], ("第16条第4項", "取り次ぎ", "お預かりしているかどうか", "・役職")),
        ("N03", CASES["N03"][0], ("個人番号", "保険者番号", "基礎年金番号", "本籍", "2026年12月6日", "2026年12月22日", "在留カード")),
        ("N04", CASES["N04"][0], ("個人番号", "2026年12月13日", "2026年12月22日", "再開")),
        ("N05", CASES["N05"][0], ("2026年11月22日付け", "再開", "書類", "お取り下げを承り")),
        ("N05", CASES["N05"][1], ("2026年11月24日付け", "ご本人の確認をお願いし", "公表している手続き", "再開", "廃棄")),
        ("N05", CASES["N05"][2], ("手数料のご案内(2026年11月22日)", "先にお送りした通知は、そのまま有効", "再開")),
        ("N06", CASES["N06"][0], ("お知らせするものではありません", "ログインID", "異議")),
        ("N07", CASES["N07"][1], ("まだ確認を終えていない", "2026年12月22日")),
        ("N08", PARTIAL, ("1,000円", "2026-04", "実費を勘案", "銀行振込", "2026年12月20日", "2026年12月22日", "第38条", "別の通知")),
        ("N09", CASES["N09"][1], ("残りの額：700円", "2026-04", "2026年12月20日", "2026年12月22日", "再開")),
        ("N10", REFUSED, ("第33条第2項第3号", "他の法令に違反", "第39条", "手数料はいただきません")),
        ("N11", NO_DATA, ("名刺受発注、お問い合わせ管理、書庫", "電子メールアドレス、ログインID", "第33条第3項", "手数料はいただきません")),
        ("N12", PARTIAL, ("その他入力フォームの内容", "第33条第2項第1号", "会社住所", "第16条第4項", "お調べできなかった記録：書庫")),
        (
            "N13",
            PACKED,
            ("氏名：1件(ご本人からのご提供)", "2026年11月22日現在", "規約等の変更の通知", f"{STATUS}/package", "2026年12月22日"),
        ),
        ("N13", CASES["N13"][1], ("書面をご請求者に郵送", "役職：2件")),
        ("N17", CASES["N17"][0], ("「書面」をご希望", "第33条第2項ただし書", "・電子データ", "2026年12月8日")),
        ("N18", UPHELD, ("維持いたします", "関わっていない承認担当者", "個人情報保護委員会", "裁判所")),
        ("N18", CASES["N18"][1], ("手続きを再開して、あらためて審査",)),
    ],
)
def test_a_notice_says_what_is_demanded_of_it(name: str, case: Case, said: tuple[str, ...]) -> None:
    """Each notice holds what the table of notices asks of it (domain §5)."""
    body = written(name, case).body
    assert not [words for words in said if words not in body]


def test_a_late_reminder_leaves_as_many_days_as_one_on_time() -> None:
    """A reminder that an outage held back names no day that is over, and moves the last day along."""
    late = TODAY.replace(year=2027, month=3)
    body = write("N09", case=PARTIAL, policy=POLICY, person=PERSON, today=late, extra=EXTRA).body
    assert "期日：2027年4月7日" in body
    assert "2027年4月9日まで" in body


def test_a_delay_never_promises_a_day_that_is_over() -> None:
    """Past the ceiling of the policy, a new answer day is counted from the letter, unless the sender names one."""
    late, case = TODAY.replace(year=2027), replace(RECEIVED, state=State.INVESTIGATING)
    assert "2027年12月8日までにご回答" in write("N07", case=case, policy=POLICY, person=PERSON, today=late, extra=EXTRA).body
    named = {**EXTRA, "new_date": "2027-12-01"}
    assert "2027年12月1日までにご回答" in write("N07", case=case, policy=POLICY, person=PERSON, today=late, extra=named).body


def test_without_the_published_rule_nobody_is_threatened_with_a_deemed_withdrawal() -> None:
    """Where no rule is published, unpaid requests rest and unproven ones wait (domain §4)."""
    lenient = replace(POLICY, deemed_withdrawal=False)
    for name in ("N03", "N04", "N08", "N09"):
        body = write(name, case=CASES[name][0], policy=lenient, person=PERSON, today=TODAY, extra=EXTRA).body
        assert "取り下げられたもの" not in body


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_that_lacks_something_is_not_written(name: str) -> None:
    """Without any one of the keys it needs, a letter is CannotWrite, never a mail with a gap."""
    for key in LETTERS[name].needs:
        extra = {other: value for other, value in EXTRA.items() if other != key}
        with pytest.raises(CannotWrite):
            write(name, case=CASES[name][0], policy=POLICY, person=PERSON, today=TODAY, extra=extra)


def test_nothing_held_is_never_said_of_a_search_that_is_unfinished_or_unnamed() -> None:
    """N11 is not written while a system has not answered, nor where one of them has no name to be called by."""
    failed = Coverage({**NO_DATA.coverage.systems, "crm": Search(state=Searched.FAILED)})
    unnamed = {key: value for key, value in EXTRA.items() if key != "system.paper.ja"}
    for case, extra in ((replace(NO_DATA, coverage=failed), EXTRA), (NO_DATA, unnamed)):
        with pytest.raises(CannotWrite):
            write("N11", case=case, policy=POLICY, person=PERSON, today=TODAY, extra=extra)


def test_the_search_is_described_as_it_was_made() -> None:
    """What was claimed counts only where an officer recognised the person; the sender may know better."""
    recognised = replace(NO_DATA, identity=Identity(review="本人と認める", confirmed=True))
    assert "手がかりとした情報：電子メールアドレス、所属会社名\n" in written("N11", recognised).body
    known = write("N11", case=NO_DATA, policy=POLICY, person=PERSON, today=TODAY, extra={**EXTRA, "identifiers": "login_id order"})
    assert "手がかりとした情報：ログインID、ご注文番号\n" in known.body
    with pytest.raises(CannotWrite):
        written("N11", replace(NO_DATA, identity=Identity(confirmed=True)))


def test_a_fee_without_its_tariff_on_file_is_not_asked_for() -> None:
    """A fee notice states tariff and basis; where the tariff is not the one on file, it is not written (Art. 38)."""
    for policy in (replace(POLICY, tariff=None), replace(POLICY, tariff=replace(TARIFF, version="2027-01"))):
        with pytest.raises(CannotWrite):
            write("N08", case=PARTIAL, policy=policy, person=PERSON, today=TODAY, extra=EXTRA)


@pytest.mark.parametrize("name", ["N08", "N09", "N10", "N11", "N12", "N13", "N18"])
def test_an_answer_is_not_written_before_it_is_decided(name: str) -> None:
    """A notice of what is not on record yet is CannotWrite, and the error says nothing but the number."""
    with pytest.raises(CannotWrite, match=rf"^{RECEIVED.number}: The letter cannot be written"):
        written(name, RECEIVED)


@pytest.mark.parametrize("right", Right)
def test_the_letters_before_a_ruling_can_be_written_for_every_right(right: Right) -> None:
    """A request may be any right of the law; a day for a suit is named for those of Art. 39 only, a fee for those with a tariff."""
    for name in ("N01", "N02", "N03", "N04", "N05", "N06", "N07"):
        body = written(name, replace(CASES[name][0], right=right)).body
        assert POLICY.law.rights[right].label.ja in body
        assert ("第39条" in body) <= (right not in {Right.PURP, Right.INFO, Right.ERASE_V})
        assert ("円です" in body) == (name == "N01" and right is Right.DISC)


def test_an_unknown_letter_is_an_error() -> None:
    """A name the desk has no letter for is NoSuchLetter, whatever it looks like."""
    for name in ("N99", "", "../../etc/passwd", "letter"):
        with pytest.raises(NoSuchLetter):
            written(name, RECEIVED)


def test_a_letter_is_the_same_however_often_it_is_written() -> None:
    """A letter written again is the same letter, so that a repeated mail is recognised as one."""
    assert written("N12", PARTIAL) == written("N12", PARTIAL)
