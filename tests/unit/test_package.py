"""The package a person is given: its tables, its page, its data, its manifest, its receipt and its zip."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.case import (
    Authority,
    Case,
    Coverage,
    Form,
    Kind,
    Language,
    NotAllowed,
    Outcome,
    Person,
    Record,
    Right,
    Ruling,
    Search,
    Searched,
    State,
    Verdict,
)
from desk.domain.policy import Text
from desk.letters import package
from desk.letters.package_page import LONGEST_TABLE
from desk.letters.package_tables import DANGEROUS, Column, Table, as_csv, file_names
from desk.policies import policies

POLICY = policies().in_force(date(2026, 11, 22))
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
PERSON = Person(family="葉山", given="みなと", email="minato@example.jp")
LABELS = {"cards": Text("名刺受発注", "Card ordering"), "cards.users": Text("利用者", "Users")}
VERDICTS = {
    "name": (Verdict.DISCLOSED, "disclosed"),
    "title": (Verdict.PARTLY, "client-authority"),
    "form_input": (Verdict.DISCLOSED, "disclosed"),
    "inquiries": (Verdict.REFUSED, "harm"),
    "location": (Verdict.NO_DATA, "no-data"),
}
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</td></table><h1>taken over</h1>",
    "<style>*{display:none}</style>",
    "</style><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<!-- <b>",
    "]]><svg/onload=alert(1)>",
    "{{ 7*7 }} {% raw %} ${7*7} __class__",
    "&lt;b&gt; &amp; 'quote' \"quote\"",
    "javascript:alert(1)",
)
cells = st.text(max_size=12) | st.builds("{}{}".format, st.sampled_from(DANGEROUS), st.text(max_size=8))
names = st.text(max_size=90) | st.sampled_from(["..", "../../etc/passwd", "C:\\x", "/", "名刺", "a-b", "A B", "con", "\0", "."])


def case(language: Language = "ja", form: Form = Form.ELECTRONIC) -> Case:
    """A request with one outcome of every kind, and a system in every final state."""
    outcomes = tuple(
        Outcome(item=item, verdict=verdict, article=POLICY.law.grounds[reason].article, reason=reason)
        for item, (verdict, reason) in VERDICTS.items()
    )
    states = {"cards": Searched.SEARCHED, "billing": Searched.NOTHING_HELD, "archive": Searched.EXCUSED, "linked": Searched.NOT_APPLICABLE}
    return Case(
        number="2611-7KQ2F-9XCWM-T",
        right=Right.DISC,
        state=State.FULFILLING,
        language=language,
        form=form,
        arrived_at=datetime(2026, 11, 8, 15, 30, tzinfo=UTC),
        law=POLICY.law.version,
        policy=POLICY.version,
        state_since=NOW,
        coverage=Coverage({name: Search(state=state) for name, state in states.items()}),
        ruling=Ruling(outcomes=outcomes, kind=Kind.PARTIAL),
    )


def record(system: str = "cards", table: str = "users", authority: Authority = Authority.OPERATOR, **items: str) -> Record:
    """A record of an invented person."""
    return Record(system=system, table=table, key="secret-key-4411", authority=authority, items=items)


def built(*records: Record, request: Case | None = None) -> dict[str, bytes]:
    """The pages for these records."""
    return package.pages(case=request or case(), policy=POLICY, person=PERSON, records=records, labels=LABELS, now=NOW)


def page(*records: Record, request: Case | None = None) -> str:
    """The readable page for these records."""
    return built(*records, request=request)["index.html"].decode()


def rows(content: bytes) -> list[list[str]]:
    """A CSV file as a spreadsheet would read it."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def table(*lines: tuple[str, ...]) -> Table:
    """A table of two columns."""
    columns = (Column(item="name", label="氏名"), Column(item="form_input", label="入力"))
    return Table(system="cards", table="users", label="利用者", name="csv/cards-users.csv", columns=columns, rows=lines)


class Elements(HTMLParser):
    """Counts the elements of a page and keeps its text, its attributes and how it is nested."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count an element."""
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        self.text += data


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_t32_no_cell_of_a_spreadsheet_starts_a_formula(lines: list[tuple[str, str]]) -> None:
    """Every cell is text: = + - @, tab, line ends and NUL at the front, also in full width, get an apostrophe; nothing else changes."""
    read = rows(as_csv(table(*lines)))[1:]
    assert not any(cell.startswith(DANGEROUS) for line in read for cell in line)
    undone = [tuple(cell[1:] if cell[:1] == "'" and cell[1:].startswith(DANGEROUS) else cell for cell in line) for line in read]
    again = [tuple(cell[1:] if cell[:1] == "'" and cell[1:].startswith(DANGEROUS) else cell for cell in line) for line in lines]
    assert undone == again


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_a_csv_file_is_rfc_4180_for_excel_in_japan(lines: list[tuple[str, str]]) -> None:
    """UTF-8 with a byte order mark, CRLF after every record, every line as wide as the head, quotes doubled."""
    content = as_csv(table(*lines))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    read = rows(content)
    assert read[0] == ["氏名 (name)", "入力 (form_input)"]
    assert len(read) == len(lines) + 1
    assert {len(line) for line in read} == {2}


@given(st.lists(st.tuples(names, names), unique=True, max_size=30))
def test_t23_names_of_files_are_ours(places: list[tuple[str, str]]) -> None:
    """Whatever systems and tables are called, the names are plain, different, and stay in their folder."""
    made = file_names(places)
    assert list(made) == places
    assert all(re.fullmatch(r"csv/[a-z0-9][a-z0-9-]{0,70}\.csv", name) for name in made.values())
    assert len(set(made.values())) == len(places)


def test_names_that_would_meet_are_told_apart() -> None:
    """`a-b`, `c` and `a`, `b-c` are two files, also beside a table that bears the second name."""
    made = file_names([("a-b", "c"), ("a", "b-c"), ("a", "b-c-2"), ("名刺", "注文")])
    assert list(made.values()) == ["csv/a-b-c.csv", "csv/a-b-c-2.csv", "csv/a-b-c-2-2.csv", "csv/table.csv"]


def test_a_package_holds_a_page_the_data_and_one_csv_per_table() -> None:
    """Its files are those of surface.md, without manifest and receipt."""
    files = built(record(name="葉山 みなと"), record(table="orders", form_input="100枚"), record("crm", "users", name="葉山 みなと"))
    assert set(files) == {"index.html", "data.json", "csv/cards-users.csv", "csv/cards-orders.csv", "csv/crm-users.csv"}


def test_t35_what_is_withheld_entrusted_or_a_key_is_nowhere_in_a_package() -> None:
    """No refused item, no record under a client's authority and no primary key is in any file."""
    files = built(record(name="葉山 みなと", inquiries="withheld-words"), record(authority=Authority.CLIENT, name="entrusted-words"))
    everything = b"".join(files.values())
    assert "葉山 みなと".encode() in everything
    assert not [word for word in (b"withheld-words", b"entrusted-words", b"secret-key-4411") if word in everything]


@given(st.text(max_size=30), st.sampled_from(HOSTILE))
def test_data_for_programs_keeps_every_value_exactly(value: str, hostile: str) -> None:
    """What is held is in data.json as it is held, also where a page or a spreadsheet shows it otherwise."""
    data = json.loads(built(record(name=value, form_input=hostile))["data.json"])
    assert data["records"] == [{"system": "cards", "table": "users", "items": {"name": value, "form_input": hostile}}]


def test_data_for_programs_says_what_was_asked_and_what_became_of_it() -> None:
    """Request, law, date, every outcome with article and source, purposes and systems."""
    data = json.loads(built(record(name="葉山 みなと"))["data.json"])
    assert data["request"]["number"] == "2611-7KQ2F-9XCWM-T"
    assert (data["law"], data["policy"], data["as_of"]) == (POLICY.law.version, POLICY.version, "2026-11-20T06:30:00Z")
    assert [line["item"] for line in data["outcomes"]] == list(VERDICTS)
    assert data["outcomes"][3]["article"] == "Art. 33(2)(i)"
    assert set(data["purposes"]) == set(POLICY.purposes)
    assert {line["system"]: line["state"] for line in data["systems"]}["archive"] == "excused"


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_t24_what_is_held_never_becomes_part_of_the_page(hostile: str, language: Language) -> None:
    """Hostile text in a value, a name or a table's name is read as text: no new element, no new handler."""
    request = case(language)
    calm = Elements(page(record(name="a", form_input="b"), record(name="c", form_input="d"), request=request))
    files = package.pages(
        case=request,
        policy=POLICY,
        person=replace(PERSON, family=hostile),
        records=[record(table=hostile, name=hostile, form_input="b"), record(table=hostile, name="c", form_input=hostile)],
        labels=LABELS,
        now=NOW,
    )
    attacked = Elements(files["index.html"].decode())
    assert attacked.tags == calm.tags
    assert hostile in attacked.text
    assert not [name for name, _ in attacked.attributes if name.startswith("on")]


def test_the_page_runs_nothing_and_fetches_nothing() -> None:
    """No script, picture, frame or form; the policy in its head forbids them all; links go to the desk and to its own files only."""
    text = page(record(name="葉山 みなと"))
    elements = Elements(text)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not elements.tags.keys() & {"script", "img", "iframe", "object", "embed", "form", "link", "base"}
    assert all(value and value.startswith(("#", "csv/", "mailto:")) for name, value in elements.attributes if name == "href")
    assert "url(" not in text
    assert "@import" not in text


def test_links_of_the_page_lead_somewhere() -> None:
    """Every anchor and every file the page links to is there."""
    files = built(record(name="葉山 みなと"), record(table="orders", form_input="100枚"))
    elements = Elements(files["index.html"].decode())
    here = {f"#{value}" for name, value in elements.attributes if name == "id"} | set(files)
    assert not [value for name, value in elements.attributes if name == "href" and value not in here and "@" not in str(value)]
    assert max(Counter(value for name, value in elements.attributes if name == "id").values()) == 1


def test_the_page_answers_item_by_item_in_japanese() -> None:
    """Outcome, article, reason, purposes, systems, dates and the way to object are written out."""
    text = Elements(page(record(name="葉山 みなと"), request=case("ja"))).text
    for words in (
        "葉山 みなと 様",
        "2026年11月9日",
        "2026年12月20日",
        "個人情報保護法第33条第2項第1号",
        "名刺受発注",
        "検索から除外",
        "不開示",
    ):
        assert words in text
    for purpose in POLICY.purposes.values():
        assert purpose.text.ja in text
    assert POLICY.contacts["desk"].email in text
    assert POLICY.authority_body.ja in text
    assert POLICY.label.ja in text


def test_the_page_answers_item_by_item_in_english() -> None:
    """A request in English is answered in English throughout."""
    text = page(record(name="Minato Hayama"), request=case("en"))
    words = Elements(text).text
    assert '<html lang="en">' in text
    for said in ("9 November 2026", "Art. 33(2)(i)", "Card ordering", "Left out", "Not disclosed", "Partly disclosed", "Nothing held"):
        assert said in words
    without_data = Elements(page(request=case("en"))).text.replace("葉山 みなと", "")
    assert not re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]", without_data)


def test_a_single_record_stands_upright_and_many_stand_in_rows() -> None:
    """Heads of rows or of columns name every value, and every table has a name."""
    text = page(record(name="一"), *[record(table="orders", name=f"{n}", form_input="x") for n in range(31)])
    assert text.count('<table class="one"') == 1
    assert text.count('class="many" role="table" aria-labelledby=') == 1
    assert text.count('scope="row"') >= 31
    assert text.count("<table") == text.count('aria-labelledby="system-1-1"') + text.count('aria-labelledby="system-1-2"') + text.count(
        "<caption"
    )


def test_a_long_table_is_cut_on_the_page_and_whole_in_its_file_and_on_paper() -> None:
    """Nothing is left out of the package; on paper, nothing is left out of the page."""
    many = [record(name=f"row-{n}") for n in range(LONGEST_TABLE + 7)]
    files = built(*many)
    assert f"row-{LONGEST_TABLE - 1}<" in files["index.html"].decode()
    assert f"row-{LONGEST_TABLE}<" not in files["index.html"].decode()
    assert len(rows(files["csv/cards-users.csv"])) == LONGEST_TABLE + 8
    assert f"row-{LONGEST_TABLE + 6}<" in page(*many, request=case(form=Form.PAPER))


def test_paper_speaks_of_no_files() -> None:
    """On paper there is nothing to click, to fetch again or to verify."""
    text = page(record(name="葉山 みなと"), request=case(form=Form.PAPER))
    assert "書面" in text
    assert "CSV" not in Elements(text).text
    assert "receipt.json" not in text


def test_control_characters_are_shown_and_halves_of_letters_do_no_harm() -> None:
    """A value that no page can hold is still handed over."""
    files = built(record(name="a\0b\x1b\x7f\ud800"))
    assert "a\u2400b\u241b\u2421" in files["index.html"].decode()
    assert json.loads(files["data.json"])["records"][0]["items"]["name"] == "a\0b\x1b\x7f\ud800"
    assert "\\ud800" in files["csv/cards-users.csv"].decode()


def test_an_answer_without_records_says_so() -> None:
    """A package with nothing to hand over is a page and data, and no empty tables."""
    files = built()
    assert set(files) == {"index.html", "data.json"}
    assert "お渡しする記録はありません" in files["index.html"].decode()


def test_there_is_no_package_before_a_ruling() -> None:
    """What is not decided cannot be handed over."""
    with pytest.raises(NotAllowed):
        built(record(name="葉山 みなと"), request=replace(case(), ruling=None))


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}\.csv", fullmatch=True), st.binary(max_size=40)))
def test_a_manifest_has_the_hash_of_every_file(files: dict[str, bytes]) -> None:
    """Canonical JSON: sorted names, no spaces, the SHA-256 in hex."""
    made = package.manifest(files)
    assert json.loads(made) == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert made == package.manifest(dict(reversed(files.items())))
    assert b" " not in made


def test_a_receipt_is_signed_over_its_canonical_facts_for_this_use_only() -> None:
    """The signature holds under the key named, over the facts after their prefix, and over nothing else."""
    key = Ed25519PrivateKey.generate()
    receipt = json.loads(package.receipt({"b": 1, "a": "窓口"}, key))
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(receipt["key"]))
    signature = base64.b64decode(receipt["signature"])
    public.verify(signature, b"madoguchi-receipt-v1\n" + '{"a":"窓口","b":1}'.encode())
    assert receipt["key_id"] == package.key_id(key.public_key()) == hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]
    assert receipt["receipt"] == {"a": "窓口", "b": 1}
    with pytest.raises(InvalidSignature):
        public.verify(signature, '{"a":"窓口","b":1}'.encode())


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}\.csv", fullmatch=True), st.binary(max_size=400)))
def test_t34_the_same_files_make_the_same_zip_that_tells_nothing_else(files: dict[str, bytes]) -> None:
    """Order, hour and machine leave no trace; the zip has no password and gives back what went in."""
    whole = package.zipped(files)
    assert whole == package.zipped(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(whole)) as bundle:
        assert {name: bundle.read(name) for name in bundle.namelist()} == files
        assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) and not entry.extra and not entry.flag_bits for entry in bundle.infolist())


def test_a_zip_may_be_written_where_nobody_can_go_back() -> None:
    """A file object that only takes bytes is enough, so that a package can be sealed as it is made."""

    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

    stream = OneWay()
    package.zip_into(stream, {"index.html": b"x" * 100_000})
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as bundle:
        assert bundle.testzip() is None
        assert bundle.read("index.html") == b"x" * 100_000
