"""How an article of law is written out for a person."""

from __future__ import annotations

from datetime import date

import pytest

from desk.domain.articles import cited
from desk.policies import policies

LAW = policies().in_force(date(2026, 11, 22)).law


@pytest.mark.parametrize(
    ("article", "written"),
    [
        ("Art. 33(2)(i)", "個人情報保護法第33条第2項第1号"),
        ("Art. 18", "個人情報保護法第18条"),
        ("Order 11", "個人情報保護法施行令第11条"),
        ("Rule 18(3)", "個人情報保護法施行規則第18条第3項"),
        ("policy 6(2)", "プライバシーポリシー 6(2)"),
        ("会社法第432条第2項", "会社法第432条第2項"),
    ],
)
def test_an_article_is_written_out_in_japanese(article: str, written: str) -> None:
    """The short form becomes law, article, paragraph and item."""
    assert cited(article, "ja") == written


def test_an_article_is_written_out_in_english() -> None:
    """The English form names the law after the article."""
    assert cited("Art. 33(2)(i)", "en") == "Art. 33(2)(i) of the Act on the Protection of Personal Information (APPI)"
    assert cited("policy 6(2)", "en") == "clause 6(2) of our privacy policy"


def test_every_article_of_the_law_file_can_be_cited() -> None:
    """No short form of the law file reaches a Japanese letter unwritten."""
    articles = [ground.article for ground in LAW.grounds.values()]
    articles += [article for right in LAW.rights.values() for article in (right.article, right.notice_article)]
    assert not [article for article in articles if cited(article, "ja").startswith(("Art.", "Order", "Rule", "policy"))]
