"""When two ways of writing an identifier are the same one."""

from __future__ import annotations

import unicodedata


def canonical(value: str) -> str:
    """The form by which identifiers are compared: compatibility-normalised, trimmed, in lower case.

    全角 and 半角, NFC and NFD, upper and lower case are one; `a+b@…` and `a@…`, `ı` and `i`, `ß` and `ss` are not (case folding would
    merge the last, and so find a second person). What cannot be an identifier, such as a lone surrogate or a NUL, becomes empty.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).lower()).strip()
    return plain if _writable(plain) else ""


def _writable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
