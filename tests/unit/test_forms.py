"""What a person writes becomes a checked request, or errors tied to fields."""

from __future__ import annotations

import string
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import EVERYTHING, Right
from desk.domain.policy import Policy
from desk.policies import read_policies
from desk.web import plain
from desk.web.forms import BadForm, Refused, Submission, checked, once, posted, submission, words
from desk.web.plain import NotPlain

TODAY = date(2026, 11, 22)
POLICY: Policy = read_policies(Path(__file__).parents[2] / "config").in_force(TODAY)
GOOD = {
    "right": "DISC",
    "language": "ja",
    "form": "electronic",
    "name.family": "見本",
    "contact.email": "hanako@example.jp",
    "identifiers.login_id": "hanako",
}


def wrong(items: tuple[str, ...] = (EVERYTHING,), **changes: str) -> list[tuple[str, str]]:
    """The fields and codes of what is wrong with a good submission after some changes (`__` stands for a dot)."""
    values = GOOD | {name.replace("__", "."): value for name, value in changes.items()}
    with pytest.raises(Refused) as refused:
        checked(Submission(values=values, items=items), POLICY, TODAY)
    return [(error.field, error.code) for error in refused.value.errors]


def test_a_good_submission_is_a_request() -> None:
    """What was written stands in the request, and what was left out is empty."""
    asked = checked(Submission(values=GOOD, items=("name", "email", "name")), POLICY, TODAY)
    assert (asked.right, asked.items, asked.person.name, asked.person.identifiers) == (
        Right.DISC,
        ("name", "email"),
        "見本",
        {"login_id": "hanako"},
    )


def test_everything_swallows_single_items() -> None:
    """Whoever asks for everything and for one item asks for everything."""
    assert checked(Submission(values=GOOD, items=("name", EVERYTHING)), POLICY, TODAY).items == (EVERYTHING,)


def test_one_name_is_enough() -> None:
    """People with one name are not asked for another."""
    asked = checked(Submission(values=GOOD | {"name.family": "", "name.given": "スハルト"}, items=("*",)), POLICY, TODAY)
    assert asked.person.name == "スハルト"


def test_every_error_is_told_at_once_in_the_order_of_the_page() -> None:
    """Nobody has to send a form five times to learn five things."""
    errors = wrong(items=(), name__family="", contact__email="", identifiers__login_id="", form="", period__from="昨日")
    assert errors == [
        ("items", "no-items"),
        ("period.from", "not-a-date"),
        ("form", "missing"),
        ("name.family", "missing"),
        ("contact.email", "no-contact"),
        ("identifiers.email", "no-identifier"),
    ]


def test_an_error_is_not_told_twice() -> None:
    """A wrong address is not also a missing one."""
    assert wrong(contact__email="nowhere") == [("contact.email", "not-an-address")]


def test_a_right_the_form_does_not_take_is_named() -> None:
    """The person is told how else to ask for it."""
    assert wrong(right="CEASE5") == [("right", "not-by-form")]
    assert wrong(right="TEA") == [("right", "unknown-value")]


def test_a_postcode_needs_its_address() -> None:
    """A postcode alone reaches nobody; with an address the two are one line, hyphen typed or not."""
    assert wrong(contact__postcode="1000001") == [("contact.postal", "missing")]
    values = GOOD | {"contact.postcode": "〒１００ー０００１", "contact.postal": "東京都見本区1-2"}
    assert checked(Submission(values=values, items=("*",)), POLICY, TODAY).person.postal == "〒100-0001 東京都見本区1-2"


def test_a_period_runs_forwards_and_begins_in_the_past() -> None:
    """Both days are read in any usual way of writing."""
    assert wrong(period__from="2026-11-23") == [("period.from", "in-the-future")]
    assert wrong(period__from="2025-02-01", period__to="2025-01-01") == [("period.to", "period-reversed")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        ("２０２６／１１／２２", date(2026, 11, 22)),
        ("2026年11月22日", date(2026, 11, 22)),
        ("令和8年11月22日", date(2026, 11, 22)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("h31.4.30", date(2019, 4, 30)),
        ("S60/1/2", date(1985, 1, 2)),
        ("", None),
    ],
)
def test_dates_are_read_as_people_write_them(written: str, meant: date | None) -> None:
    """Western years and eras, full and half width."""
    assert plain.day(written) == meant


@pytest.mark.parametrize("written", ["2026-02-30", "0001-01-01", "9999-01-01", "明日", "11/22", "2026-11-22-1", "令和-1年1月1日"])
def test_what_is_no_date_is_refused(written: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(NotPlain):
        plain.day(written)


@pytest.mark.parametrize(
    "written",
    [
        "a@example.jp, evil@example.jp",
        "a@example.jp;evil@example.jp",
        "a@example.jp evil@example.jp",
        "a@example.jp，evil@example.jp",
        '"a b"@example.jp',
        '"a\r\nDATA"@example.jp',
        "a@example.jp\r\nRCPT TO:<evil@example.jp>",
        "a@example.jp\0",
        "A <a@example.jp>",
        "a@example.jp(comment)",
        "a@@example.jp",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@-example.jp",
        ".a@example.jp",
        "a..b@example.jp",
        "@example.jp",
        "a@",
        "ä@example.jp",
        "a" * 65 + "@example.jp",
        "a@" + "b" * 250 + ".jp",
        "a@example.jp\u202e",
    ],
)
def test_t29_anything_but_one_plain_address_is_refused(written: str) -> None:
    """One addr-spec, no comma, quotes, comments or controls, at most 254 characters (T28, T29)."""
    with pytest.raises(NotPlain):
        plain.address(written)


@pytest.mark.parametrize(
    "written", ["hanako@example.jp", " hanako@example.jp\n", "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hana\u200bko@example.jp"]
)
def test_an_address_is_normalised(written: str) -> None:
    """全角, pasted spaces and zero-width signs are no reason to refuse."""
    assert plain.address(written) == "hanako@example.jp"


@given(st.text(string.printable + "，＠。\u3000\u202e", max_size=60))
def test_t29_what_is_taken_for_an_address_has_one_at_and_no_separator(text: str) -> None:
    """Whatever is typed, what comes out is empty or can only be one recipient."""
    try:
        found = plain.address(text)
    except NotPlain:
        return
    assert not found or (found.count("@") == 1 and found.isascii() and not set(found) & set(' ,;:<>()[]"\\\r\n\0'))


@pytest.mark.parametrize(
    ("written", "kept"), [("０３ー１２３４ー５６７８", "03-1234-5678"), ("+81 3 1234 5678", "+81 3 1234 5678"), ("", "")]
)
def test_a_telephone_number_is_normalised(written: str, kept: str) -> None:
    """Any hyphen, any width."""
    assert plain.telephone(written) == kept


@pytest.mark.parametrize("written", ["123", "03-1234-567x", "0" * 16, "電話"])
def test_what_is_no_telephone_number_is_refused(written: str) -> None:
    """Eight to fifteen digits."""
    with pytest.raises(NotPlain):
        plain.telephone(written)


def test_a_name_is_kept_as_it_is_written() -> None:
    """NFKC would respell 神 (U+FA19) and half-width kana; a name is the person's own."""
    assert plain.line("\ufa19ﾔﾏ", 80) == "\ufa19ﾔﾏ"
    assert plain.normal("ﾔﾏﾀﾞ", 80) == "ヤマダ"


@given(st.text(max_size=200))
def test_t42_one_line_is_one_line(text: str) -> None:
    """Whatever is typed comes out as one line without controls, or is refused (T42)."""
    try:
        found = plain.line(text, 100)
    except NotPlain:
        return
    assert len(found) <= 100
    assert not set(found) & set("\0\r\n\t\u200b\u202e\u2066")


def test_several_lines_keep_their_breaks() -> None:
    """Windows breaks become plain ones; the text around them is trimmed."""
    assert plain.lines(" 一行目\r\n二行目\r\n", 100) == "一行目\n二行目"


def test_ones_own_words_are_needed_and_bounded() -> None:
    """An objection says something, and not a book."""
    assert words(" 足りません ") == "足りません"
    for text, code in (("  ", "missing"), ("あ" * 2001, "too-long"), ("\0", "not-allowed-characters")):
        with pytest.raises(Refused) as refused:
            words(text)
        assert refused.value.errors[0].code == code


def test_a_form_comes_whole_or_not_at_all() -> None:
    """Broken UTF-8, a field twice where it may come once, and a flood of fields are refused (T42, T43)."""
    assert posted(b"a=%E6%AB%BB&a=2") == {"a": ["櫻", "2"]}
    for raw in (b"a=%FF", b"\xff", b"&".join(b"a=1" for _ in range(200))):
        with pytest.raises(BadForm):
            posted(raw)
    with pytest.raises(BadForm):
        once({"key": ["1", "2"]}, "key")


def test_the_scope_decides_between_everything_and_some() -> None:
    """Ticked items count only where some were asked for; nobody's scope is narrowed by accident (Art. 37(2))."""
    fields = {"scope": ["all"], "items": ["name"], "status": ["approved"], "right": ["PURP"]}
    assert submission(fields, Right.DISC, "ja") == Submission(values={"right": "DISC", "language": "ja"}, items=(EVERYTHING,))
    assert submission({**fields, "scope": ["some"]}, Right.DISC, "ja").items == ("name",)
    assert submission({"scope": ["some"]}, Right.DISC, "ja").items == ()
