"""Request numbers: short enough for the telephone, random enough not to be guessed, with a check character (ISO 7064, MOD 37,36)."""

from __future__ import annotations

import unicodedata
from datetime import date

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CLEAR = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 characters that are not mistaken for each other
RANDOM_LENGTH = 10  # 50 bits
_MODULUS = 36


def compose(day: date, random: str) -> str:
    """A number such as `2611-7KQ2F-9XCWM-T` from the day and ten clear random characters."""
    if len(random) != RANDOM_LENGTH or any(char not in CLEAR for char in random):
        raise ValueError("ten clear characters are needed")
    stem = f"{day:%y%m}{random}"
    return f"{stem[:4]}-{stem[4:9]}-{stem[9:]}-{check_character(stem)}"


def check_character(stem: str) -> str:
    """The character that makes `stem` whole: it finds every wrong character, and all but one in 630 swaps of neighbours."""
    product = _MODULUS
    for char in stem:
        total = (product + ALPHABET.index(char)) % _MODULUS or _MODULUS
        product = total * 2 % (_MODULUS + 1)
    return ALPHABET[(_MODULUS + 1 - product) % _MODULUS]


def is_whole(number: str) -> bool:
    """Whether a number as typed or read out has the right form and check character."""
    plain = number.replace("-", "")
    if len(plain) != 4 + RANDOM_LENGTH + 1 or any(char not in ALPHABET for char in plain):
        return False
    return check_character(plain[:-1]) == plain[-1]


def tidy(typed: str) -> str:
    """A number as a person types it, full-width or not, brought to its written form; what cannot be one comes back empty."""
    plain = "".join(char for char in unicodedata.normalize("NFKC", typed).upper() if char in ALPHABET)
    return f"{plain[:4]}-{plain[4:9]}-{plain[9:14]}-{plain[14:]}" if is_whole(plain) else ""
