"""Requests at the points where letters are written, for the tests of the letters. Everyone here is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from desk.domain.case import Case, Coverage, Fee, Form, Identity, Package, Person, Right, Rung, Search, Searched, State
from desk.domain.decision import propose
from desk.domain.policy import Tariff, Text
from desk.letters import system_names
from desk.policies import policies

TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 22, 3, tzinfo=UTC)
TARIFF = Tariff(
    version="2026-04",
    published=date(2026, 4, 1),
    amounts={Right.DISC: 1000},
    basis=Text("実費を勘案した定額です。", "A fixed amount."),
    methods=Text("銀行振込", "Bank transfer"),
)
POLICY = replace(policies().in_force(TODAY), tariff=TARIFF)
PERSON = Person(family="見本", given="花子", email="hanako@example.jp", identifiers={"email": "hanako@example.jp", "company": "架空商事"})
SYSTEMS = {"cards": Text("名刺受発注", "Card ordering"), "crm": Text("お問い合わせ管理", "Inquiries"), "paper": Text("書庫", "Archive")}
STATUS = "https://desk.example.jp/requests/2611-7KQ2F-9XCWM-T"
EXTRA = {
    "status_url": STATUS,
    "package_url": f"{STATUS}/package",
    "code": "ABCD2345",
    "link": "https://desk.example.jp/proof/token",
    "code_minutes": "10",
    "link_hours": "24",
    "minutes": "10",
    "gate": "決定",
    **system_names(SYSTEMS),
}

RECEIVED = Case(
    number="2611-7KQ2F-9XCWM-T",
    right=Right.DISC,
    state=State.RECEIVED,
    arrived_at=NOON,
    law=POLICY.law.version,
    policy=POLICY.version,
    state_since=NOON,
)
PROVEN = replace(RECEIVED, state=State.DECIDED, identity=Identity(proven=frozenset(Rung), confirmed=True, address_proven=True))


def ruled(case: Case, coverage: Coverage) -> Case:
    """The case with these searches behind it and the ruling they lead to."""
    searched = replace(case, coverage=coverage)
    return replace(searched, ruling=propose(searched, POLICY, 1))


FOUND = Search(
    state=Searched.SEARCHED, found={"name": 1, "email": 1, "form_input": 12, "title": 2}, entrusted={"title": 1, "company_address": 3}
)
MIXED = Coverage({"cards": FOUND, "crm": Search(state=Searched.NOTHING_HELD), "paper": Search(state=Searched.EXCUSED)})
NOTHING = Coverage({name: Search(state=Searched.NOTHING_HELD) for name in SYSTEMS})
BILL = Fee(amount=1000, tariff=TARIFF.version, noticed_at=NOON)
PARTIAL = replace(ruled(replace(PROVEN, withheld={"form_input": "harm"}), MIXED), fee=BILL, state=State.FEE_NOTICED)
NO_DATA = ruled(replace(PROVEN, items=("name", "email")), NOTHING)
REFUSED = ruled(replace(PROVEN, items=("form_input",), withheld={"form_input": "other-law"}), MIXED)
ENTRUSTED = replace(ruled(replace(PROVEN, items=("company_address",)), MIXED), state=State.REFERRED)
PAPERS = replace(RECEIVED, state=State.DOCS_REQUESTED)
PACKED = replace(
    PARTIAL, state=State.FULFILLING, package=Package(built_at=NOON, until=datetime(2026, 12, 22, 14, 59, tzinfo=UTC), manifest_hash="0")
)
WITHDRAWN = replace(RECEIVED, state=State.WITHDRAWN, withdrawal_at=NOON)
UPHELD = replace(REFUSED, state=State.REOPENED, objection_answer="維持する", returned_from=State.CLOSED)

CASES: dict[str, tuple[Case, ...]] = {
    "N01": (RECEIVED, replace(RECEIVED, items=("name", "title"), period_from=date(2020, 4, 1)), replace(RECEIVED, right=Right.CORR)),
    "N02": (replace(RECEIVED, state=State.REFERRED), replace(RECEIVED, state=State.SCOPED), ENTRUSTED),
    "N03": (PAPERS, replace(PAPERS, identity=Identity(proven=frozenset({Rung.PERSON})))),
    "N04": (PAPERS,),
    "N05": (WITHDRAWN, replace(PAPERS, state=State.DEEMED_WITHDRAWN), replace(PARTIAL, state=State.DEEMED_WITHDRAWN)),
    "N06": (replace(RECEIVED, state=State.REJECTED),),
    "N07": tuple(replace(RECEIVED, state=s) for s in (State.ID_CHECK, State.INVESTIGATING, State.DRAFTED, State.FULFILLING)),
    "N08": (PARTIAL,),
    "N09": (PARTIAL, replace(PARTIAL, fee=replace(BILL, paid=300))),
    "N10": (REFUSED,),
    "N11": (NO_DATA,),
    "N12": (PARTIAL, replace(PARTIAL, fee=None)),
    "N13": (PACKED, replace(PACKED, form=Form.PAPER), replace(PACKED, period_until=TODAY)),
    "N17": (replace(PARTIAL, form=Form.PAPER),),
    "N18": (
        UPHELD,
        replace(UPHELD, objection_answer="審査し直す"),
        replace(UPHELD, objection_answer="維持する", returned_from=State.REJECTED),
    ),
    "proof": (RECEIVED,),
    "status-code": (RECEIVED,),
    "package-code": (PACKED,),
    "question": (PARTIAL,),
}
