"""Two ways of writing an identifier are the same one, or they are not (T37)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.canonical import canonical

SAME = [
    ("haru@example.jp", "HARU@Example.JP"),
    ("haru@example.jp", "  haru@example.jp\n"),
    ("haru@example.jp", "ｈａｒｕ＠ｅｘａｍｐｌｅ．ｊｐ"),  # 全角
    ("ハル-1", "ﾊﾙ-1"),  # 半角
    ("が", "か\u3099"),  # NFC and NFD
    ("zoë@example.jp", "zoe\u0308@example.jp"),
    ("ΟΔΟΣ", "οδος"),
]
DIFFERENT = [
    ("haru@example.jp", "haru+desk@example.jp"),
    ("haru@example.jp", "h.aru@example.jp"),
    ("haru@example.jp", "har_@example.jp"),
    ("haru@example.jp", "haru@example_jp"),
    ("haru@example.jp", "%"),
    ("haru@example.jp", "haru%"),
    ("iris@example.jp", "İris@example.jp"),
    ("iris@example.jp", "ıris@example.jp"),
    ("strasse@example.jp", "straße@example.jp"),
    ("haru@example.jp", "hаru@example.jp"),  # the second letter is Cyrillic
    ("haru@example.jp", "ha\u200bru@example.jp"),
    ("はは", "ばば"),
    ("zoe@example.jp", "zoë@example.jp"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_t37_ways_of_writing_one_identifier(left: str, right: str) -> None:
    """Width, case, composition and surrounding space do not matter."""
    assert canonical(left) == canonical(right) != ""


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_t37_look_alikes_stay_two(left: str, right: str) -> None:
    """A look-alike, a wildcard or another letter is another identifier."""
    assert canonical(left) != canonical(right)


@pytest.mark.parametrize("nothing", ["", "  ", "\u3000", "haru\0@example.jp", "haru\ud800@example.jp"])
def test_what_cannot_identify_is_empty(nothing: str) -> None:
    """Space alone, a NUL or half a surrogate pair identifies nobody."""
    assert canonical(nothing) == ""


@given(st.text())
def test_the_canonical_form_is_its_own(value: str) -> None:
    """What is canonical stays as it is, however the value came composed."""
    assert canonical(canonical(value)) == canonical(value)
    assert canonical(unicodedata.normalize("NFD", value)) == canonical(unicodedata.normalize("NFC", value))
