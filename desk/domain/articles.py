"""How an article of law is written out for a person; the files and the ledger keep the short form, such as Art. 33(2)(i)."""

from __future__ import annotations

import re

from desk.domain.case import Language
from desk.domain.policy import Text

SOURCES = {
    "Art.": Text(ja="個人情報保護法", en="the Act on the Protection of Personal Information (APPI)"),
    "Order": Text(ja="個人情報保護法施行令", en="the Order for Enforcement of the APPI"),
    "Rule": Text(ja="個人情報保護法施行規則", en="the Rules for Enforcement of the APPI"),
}
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
SHORT = re.compile(r"(Art\.|Order|Rule) (\d+)((?:\(\w+\))*)")
CLAUSE = re.compile(r"policy (\d+(?:\(\d+\))*)")


def cited(article: str, language: Language) -> str:
    """An article written out: 個人情報保護法第33条第2項第1号; one of another law is returned as the file has it."""
    if clause := CLAUSE.fullmatch(article):
        return f"プライバシーポリシー {clause[1]}" if language == "ja" else f"clause {clause[1]} of our privacy policy"
    if not (short := SHORT.fullmatch(article)):
        return article
    source, number, parts = short.groups()
    if language == "en":
        return f"Art. {number}{parts} of {SOURCES[source].en}"
    return f"{SOURCES[source].ja}第{number}条" + "".join(_part(part) for part in re.findall(r"\((\w+)\)", parts))


def _part(part: str) -> str:
    """A paragraph (項) is counted in figures, an item (号) in Roman numerals."""
    return f"第{ROMAN.index(part) + 1}号" if part in ROMAN else f"第{part}項"
