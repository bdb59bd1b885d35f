"""What a person or an officer wrote, once it stands in a letter: text, on its own line, and nothing else (T24-T30)."""

from __future__ import annotations

import ast
import re
import unicodedata
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import Person
from desk.letters import Letter, write
from desk.letters.words import LONGEST_NAME, line, lines, period, salutation
from desk.letters.writing import MAIL, _printable
from tests.unit.letters_samples import CASES, EXTRA, PARTIAL, POLICY, RECEIVED, TODAY, UPHELD

ATTACKS = (
    "\r\nBcc: everyone@example.com", "\n\nDear customer, pay here", "\u2028second line", "\u0085next", "\x0bdown", "\x0cpage", "\x1b[2J",
    "\u202egnp.exe", "\u200f\u200e", "\u2066isolated\u2069", "\ufeff", "\x00", "\ud800", "{{7*7}}",
    "{% for x in y %}", "{{ self.__class__ }}",
    "${7*7}", "#{7*7}", "<script>alert(1)</script>", "{# gone #}", "\n.\r\nQUIT",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(ATTACKS) | st.text(max_size=20), min_size=1, max_size=6).map("".join)
DESK = Path(__file__).resolve().parents[2] / "desk"


def named(name: str) -> Letter:
    """A notice to a person of this name."""
    return write("N01", case=RECEIVED, policy=POLICY, person=Person(family=name, given=""), today=TODAY, extra=EXTRA)


PLAIN = named("見本 花子")


@given(HOSTILE)
def test_t28_a_line_holds_nothing_that_ends_it_or_turns_it_round(text: str) -> None:
    """Line breaks, control characters, direction marks and halves of surrogates are gone, and doing it twice changes nothing."""
    clean = line(text)
    assert not [char for char in clean if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert len(clean.splitlines()) <= 1
    assert line(clean) == clean
    clean.encode()


@given(HOSTILE)
def test_t28_a_hostile_name_adds_no_line_and_no_header(name: str) -> None:
    """Whatever a name holds, the letter has the lines it always has; only the salutation differs."""
    letter = named(name)
    ours, theirs = PLAIN.body.split("\n"), letter.body.split("\n")
    assert letter.subject == PLAIN.subject
    assert [at for at, (mine, other) in enumerate(zip(ours, theirs, strict=True)) if mine != other] in ([], [ours.index("見本 花子 様")])
    assert not set(letter.body) & {"\r", "\0", "\u202e", "\u2028"}


@given(HOSTILE)
def test_t30_a_hostile_code_or_word_passes_into_a_mail(text: str) -> None:
    """A letter with any value in subject and body becomes one message without a further header (T28, T30)."""
    letter = write("question", case=PARTIAL, policy=POLICY, person=None, today=TODAY, extra={"gate": text, "link": text})
    message = EmailMessage()
    message["Subject"] = letter.subject
    message.set_content(letter.body)
    assert set(message.keys()) == {"Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert letter.subject.startswith("【窓口】")


@pytest.mark.parametrize("text", ["{{7*7}}", "{% raw %}", "{{ ''.__class__.__mro__ }}", "<b>", "&amp;", "{# a #}"])
def test_t25_template_language_in_a_name_appears_as_it_was_written(text: str) -> None:
    """What a person wrote is never a template, nor markup: it stands there letter by letter."""
    assert f"\n{text} 様\n" in named(text).body


def test_t25_no_template_is_made_of_data() -> None:
    """No code of ours makes a template from a string; templates are files, and macros and `super` do not print past the scrubbing."""
    called = {
        node.attr for file in DESK.rglob("*.py") for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Attribute)
    }
    assert "from_string" not in called
    for file in MAIL.iterdir():
        assert not re.search(r"macro|super|\|\s*safe|call |import |self\.", file.read_text("utf-8")), file.name


def test_t26_jinja_is_new_enough() -> None:
    """The floor is 3.1.6 (CVE-2025-27516)."""
    assert tuple(map(int, jinja2.__version__.split(".")[:3])) >= (3, 1, 6)


def test_an_officers_words_keep_their_lines_and_nothing_else() -> None:
    """The reviewer's reason may have paragraphs; each is scrubbed, and none can pass for a template."""
    extra = {**EXTRA, "words": "一つ目。\r\n\u202e二つ目。\n\n{{ number }}"}
    body = write("N18", case=UPHELD, policy=POLICY, person=None, today=TODAY, extra=extra).body
    assert "■ 理由\n一つ目。\n二つ目。\n{{ number }}\n" in body
    assert lines("") == ()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\u200b",
        "http://evil.example.com",
        "www.evil",
        "見よ evil.com",
        "ｅｖｉｌ．ｃｏｍ",
        "a@example.com",
        "x" * (LONGEST_NAME + 1),
    ],
)
def test_t9_a_name_made_to_carry_a_message_is_not_printed(name: str) -> None:
    """A name that is none, or that a mail program would turn into a link, is left out: our form sends nobody's advertisement (T9)."""
    assert salutation(Person(family=name, given=""), "ja") == "ご請求者様"
    assert salutation(Person(family=name, given=""), "en") == "Dear requester,"


@pytest.mark.parametrize("name", ["J.R. Smith", "Nguyễn Văn A", "髙橋", "O'Brien", "田中ロバート・太郎", "Suharto", "葛󠄀城"])
def test_a_name_is_written_as_it_was_given(name: str) -> None:
    """Initials, one name, apostrophes and variant characters stay as they are."""
    assert salutation(Person(family=name, given=""), "ja") == f"{name} 様"
    assert salutation(None, "ja") == "ご請求者様"


@pytest.mark.parametrize("name", ["proof", "status-code", "package-code", "question"])
def test_short_mails_bear_no_name(name: str) -> None:
    """A code may reach whoever holds the address now, so it is addressed to nobody."""
    person = Person(family="見本", given="花子")
    assert "見本" not in write(name, case=CASES[name][0], policy=POLICY, person=person, today=TODAY, extra=EXTRA).body


def test_a_value_that_is_not_text_is_not_printed() -> None:
    """A template that would print None, a list or a yes is a fault, not a letter."""
    values: tuple[object, ...] = (None, True, ["a"], 1.5, {})
    for value in values:
        with pytest.raises(jinja2.TemplateError):
            _printable(value)


def test_a_period_is_said_in_words() -> None:
    """Open ends stay open."""
    first, last = date(2020, 4, 1), date(2026, 3, 31)
    assert period(first, last, "ja") == "2020年4月1日から2026年3月31日まで"
    assert period(first, None, "ja") == "2020年4月1日から"
    assert period(None, last, "ja") == "2026年3月31日まで"
    assert period(None, None, "ja") == "すべての期間"
    assert period(first, None, "en") == "from 1 April 2020"
