"""Words that stand in letters: one line of harmless text, salutations, periods, and the names of coded values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from desk.domain.case import Form, Language, Person, Rung, Verdict
from desk.domain.dates import long_date
from desk.domain.policy import Text

SPACES = {"Cc", "Zl", "Zp"}  # control characters, line and paragraph separators: each becomes a space
NOTHING = {"Cf", "Cs"}  # direction marks and other unseen signs, halves of surrogate pairs: dropped
LONGEST_NAME = 80
LINKABLE = re.compile(r"[@/\\]|www\.|[^\W\d_]{2,}[.。][^\W_]{2,}", re.IGNORECASE)  # what a mail program may turn into a link

FORMS: Mapping[Form, Text] = {
    Form.ELECTRONIC: Text("電子データ", "electronic record"),
    Form.PAPER: Text("書面", "paper"),
}
RUNGS: Mapping[Rung, Text] = {
    Rung.PERSON: Text("どなたからのご請求か", "Who is asking"),
    Rung.RECORDS: Text("お調べする記録が、その方ご自身のものか", "Whether the records to be searched are that person's own"),
}
SOURCES: Mapping[str, Text] = {
    "user": Text("ご本人からのご提供", "provided by you"),
    "linked-service": Text("連携サービスからの取得", "obtained from a linked service"),
    "operator": Text("ご利用に伴う弊社での取得", "collected by us as you used the service"),
}
IDENTIFIERS: Mapping[str, Text] = {
    "email": Text("電子メールアドレス", "e-mail address"),
    "login_id": Text("ログインID", "login ID"),
    "company": Text("所属会社名", "company"),
    "order": Text("ご注文番号", "order number"),
}
VERDICTS: Mapping[Verdict, Text] = {
    Verdict.DISCLOSED: Text("ご請求にお応えするもの", "Granted"),
    Verdict.PARTLY: Text("一部についてお応えできないもの", "Granted in part only"),
    Verdict.REFUSED: Text("お応えできないもの", "Not granted"),
    Verdict.NO_DATA: Text("該当する情報がなかったもの", "Nothing held"),
    Verdict.REFERRED: Text("契約先の企業にお申し出いただくもの", "To be requested from the client company"),
}


def line(text: str) -> str:
    """The text as one harmless line: no control characters, no line breaks, no unseen marks, no spaces at its ends."""
    kept = "".join(" " if unicodedata.category(c) in SPACES else c for c in text if unicodedata.category(c) not in NOTHING)
    return re.sub(" {2,}", " ", kept).strip()


def lines(text: str) -> tuple[str, ...]:
    """The lines of an officer's or the policy's words, each harmless, without the empty ones."""
    return tuple(filter(None, map(line, text.splitlines())))


def salutation(person: Person | None, language: Language) -> str:
    """佐藤 花子 様; whoever gives no name, or a name made to carry a link, is addressed without one (T9)."""
    name = line(person.name) if person else ""
    if not name or len(name) > LONGEST_NAME or LINKABLE.search(unicodedata.normalize("NFKC", name)):
        return "ご請求者様" if language == "ja" else "Dear requester,"
    return f"{name} 様" if language == "ja" else f"Dear {name},"


def period(since: date | None, until: date | None, language: Language) -> str:
    """The period asked for, both days included."""
    if language == "ja":
        first = f"{long_date(since, 'ja')}から" if since else ""
        last = f"{long_date(until, 'ja')}まで" if until else ""
        return first + last or "すべての期間"
    first = f"from {long_date(since, 'en')}" if since else ""
    last = f"until {long_date(until, 'en')}" if until else ""
    return f"{first} {last}".strip() or "not limited"
