"""One typed value made plain: unseen characters removed, 全角 and 半角 one where it matters, or the code of what is wrong with it.

Names, companies and free words are kept as written, for NFKC would respell some people's names; addresses, numbers and dates are
normalised (NFKC). Zero-width signs are dropped; controls, NUL, halves of surrogate pairs and direction overrides are refused.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

LONGEST_ADDRESS = 254
LONGEST_LOCAL_PART = 64
FEWEST_DIGITS, MOST_DIGITS = 8, 15
POSTCODE_DIGITS = 7
FIRST_YEAR, LAST_YEAR = 1900, 2200
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"(?P<local>{ATOM}(?:\.{ATOM})*)@(?:{LABEL}\.)+(?P<top>[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9])")
TELEPHONE = re.compile(r"\+?[0-9(][0-9 ()-]*[0-9]")
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ーｰ─"), "-")
JOINERS = "\u200c\u200d"  # belong to the spelling of some names, and to emoji
OVERRIDES = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
DATE = re.compile(r"(?P<era>令和|平成|昭和|[RHS])?(?P<year>元|\d{1,4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?")


class NotPlain(ValueError):
    """A value cannot be taken as it is; its code says why."""

    def __init__(self, code: str) -> None:
        """Name what is wrong, never the value."""
        super().__init__(code)
        self.code = code


def line(text: str, most: int) -> str:
    """One line of at most so many characters; pasted line breaks and tabs become spaces."""
    spaced = "".join(" " if char in "\t\r\n\v\f\x85\u2028\u2029" else char for char in text)
    return _fitting(_seen(spaced, allowed=""), most)


def lines(text: str, most: int) -> str:
    """Several lines of at most so many characters."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _fitting(_seen(unix, allowed="\n\t"), most)


def normal(text: str, most: int) -> str:
    """One line in its compatibility form: ＡＢＣ１２３ is ABC123, ﾔﾏﾀﾞ is ヤマダ."""
    return _fitting(unicodedata.normalize("NFKC", line(text, most)), most)


def address(text: str) -> str:
    """Exactly one mail address (T29): no name, comma, quote, comment or second address; empty stays empty."""
    plain = normal(text, LONGEST_ADDRESS)
    if not plain:
        return ""
    match = ADDRESS.fullmatch(plain)
    if match is None or len(match["local"]) > LONGEST_LOCAL_PART:
        raise NotPlain("not-an-address")
    return plain


def telephone(text: str) -> str:
    """A telephone number with its hyphens, whichever hyphens were typed; empty stays empty."""
    plain = normal(text, 40).translate(DASHES)
    if not plain:
        return ""
    digits = sum(char.isdigit() for char in plain)
    if not TELEPHONE.fullmatch(plain) or not FEWEST_DIGITS <= digits <= MOST_DIGITS:
        raise NotPlain("not-a-telephone")
    return plain


def postcode(text: str) -> str:
    """郵便番号 as 123-4567, hyphen or 〒 typed or not; empty stays empty."""
    plain = normal(text, 20).translate(DASHES).removeprefix("〒").strip()
    if not plain:
        return ""
    digits = plain.replace("-", "").replace(" ", "")
    if len(digits) != POSTCODE_DIGITS or not digits.isdecimal():
        raise NotPlain("not-a-postcode")
    return f"{digits[:3]}-{digits[3:]}"


def day(text: str) -> date | None:
    """A date as 2026-11-22, 2026/11/22, 2026年11月22日, 令和8年11月22日 or R8.11.22; empty is None."""
    plain = normal(text, 30).replace(" ", "").upper()
    if not plain:
        return None
    match = DATE.fullmatch(plain)
    try:
        found = date(_year(match), int(match["month"]), int(match["day"])) if match else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise NotPlain("not-a-date")
    return found


def _year(match: re.Match[str]) -> int:
    year = 1 if match["year"] == "元" else int(match["year"])
    return year + ERAS[match["era"]] if match["era"] else year


def _seen(text: str, allowed: str) -> str:
    """Without signs nobody sees; what would hide or reorder text is refused."""
    for char in text:
        if char not in allowed and (unicodedata.category(char) in {"Cc", "Cs"} or char in OVERRIDES):
            raise NotPlain("not-allowed-characters")
    return "".join(char for char in text if unicodedata.category(char) != "Cf" or char in JOINERS)


def _fitting(text: str, most: int) -> str:
    plain = text.strip()
    if len(plain) > most:
        raise NotPlain("too-long")
    return plain
