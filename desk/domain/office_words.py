"""Coded values as the office says them, in Japanese: for the desk's pages, the forms and what Prefect shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from desk.domain.case import Form, Kind, Rung, Searched, State, Step, Verdict
from desk.domain.gates import SECOND, Gate, Refusal, Role
from desk.domain.policy import Text

STATES: Mapping[State, str] = {
    State.RECEIVED: "受領",
    State.ACKNOWLEDGED: "受付済",
    State.SCOPED: "範囲確定",
    State.ID_CHECK: "本人確認中",
    State.DOCS_REQUESTED: "書類待ち",
    State.INVESTIGATING: "調査中",
    State.DRAFTED: "決定案",
    State.APPROVED1: "承認済",
    State.APPROVED2: "第二承認済",
    State.DECIDED: "決定",
    State.FEE_NOTICED: "手数料請求中",
    State.FEE_REMINDED: "手数料督促中",
    State.FULFILLING: "実施中",
    State.NOTIFIED: "通知済",
    State.CLOSED: "完了",
    State.REJECTED: "本人確認不可",
    State.REFERRED: "委託元案内",
    State.WITHDRAWN: "取下げ",
    State.DEEMED_WITHDRAWN: "みなし取下げ",
    State.REOPENED: "異議審査中",
}
STEPS: Mapping[Step, str] = {
    Step.IDENTITY: "本人確認",
    Step.INVESTIGATION: "調査",
    Step.DECISION: "決定",
    Step.FEE: "手数料",
    Step.FULFILMENT: "実施",
    Step.NOTICE: "通知",
}
SEARCHED: Mapping[Searched, str] = {
    Searched.WAITING: "調査待ち",
    Searched.SEARCHED: "該当あり",
    Searched.NOTHING_HELD: "該当なし",
    Searched.NOT_APPLICABLE: "対象外",
    Searched.FAILED: "応答なし",
    Searched.EXCUSED: "除外",
}
VERDICTS: Mapping[Verdict, str] = {
    Verdict.DISCLOSED: "開示",
    Verdict.PARTLY: "一部開示",
    Verdict.REFUSED: "不開示",
    Verdict.NO_DATA: "保有なし",
    Verdict.REFERRED: "委託元へ",
}
KINDS: Mapping[Kind, str] = {
    Kind.GRANTED: "開示",
    Kind.PARTIAL: "一部開示",
    Kind.REFUSED: "不開示",
    Kind.NO_DATA: "保有なし",
    Kind.REFERRED: "委託元へ案内",
}
RUNGS: Mapping[Rung, str] = {Rung.PERSON: "請求者が本人であること", Rung.RECORDS: "記録がその本人のものであること"}
FORMS: Mapping[Form, str] = {Form.ELECTRONIC: "電子データ", Form.PAPER: "書面"}
CHANNELS: Mapping[str, str] = {"web": "ウェブ", "api": "API", "mail": "メール", "post": "郵送", "telephone": "電話"}
LANGUAGES: Mapping[str, str] = {"ja": "日本語", "en": "英語"}
IDENTIFIERS: Mapping[str, str] = {"email": "メールアドレス", "login_id": "ログインID", "company": "会社名", "order": "注文番号"}
READERS: Mapping[str, str] = {"contact": "連絡先", "proven": "確認済みの宛先", "address": "登録上の宛先"}
LETTER_STATES: Mapping[str, str] = {"owed": "送信待ち", "sent": "送信済", "refused": "不達", "on-paper": "書面で送付"}
REASONS: Mapping[str, str] = {
    "unreachable": "応答がありません",
    "no longer registered": "登録から外れています",
    "holds none of the items": "求められた項目を持ちません",
}
LETTERS: Mapping[str, str] = {
    "N01": "受付のお知らせ",
    "N02": "契約先のご案内",
    "N03": "本人確認書類のお願い",
    "N04": "書類の督促",
    "N05": "取下げのお知らせ",
    "N06": "本人確認できない旨",
    "N07": "遅れのお知らせ",
    "N08": "手数料のご案内",
    "N09": "手数料の督促",
    "N10": "回答(不開示)",
    "N11": "回答(保有なし)",
    "N12": "回答(一部不開示)",
    "N13": "回答とお渡し",
    "N17": "方法変更のお知らせ",
    "N18": "異議への回答",
    "proof": "本人確認のご案内",
    "status-code": "状況確認のコード",
    "package-code": "受取りのコード",
    "question": "担当者へのお知らせ",
}
HELP: Mapping[Gate, str] = {
    Gate.REVIEW: "請求者が本人であり、求める記録が本人のものかを判断してください。「認められない」は承認の権限が要ります。",
    Gate.ARCHIVE: "紙の書庫を調べ、該当の有無を答えてください。該当がある場合は、内容を先に「文案」に書き、その番号を添えてください。",
    Gate.SEARCH: "応答のないシステムです。再試行するか、理由を「文案」に書き、その番号を添えて除外してください。保有なしではありません。",
    Gate.DECISION: "決定案と根拠の条文、送る通知の内容を確かめて署名してください。準備に関わった方、もう一方の署名者は署名できません。",
    Gate.PAYMENT: "手数料の入金を確かめてください。「入金した」には、入金された額を入れてください。",
    Gate.LAPSE: "催告の後も手続がありません。公表した定めにより取下げとみなすか、待つかを選んでください。",
    Gate.DISPATCH: "書面を発送し、追跡番号を入れてください。",
    Gate.RESEND: "通知が届きませんでした。宛先を確かめて再送するか、書面で送ってください。",
    Gate.OBJECTION: "異議を、この件に関わっていない方が審査してください。理由を「文案」に書き、その番号を添えてください。",
}
EXTRAS: Mapping[str, str] = {"draft": "文案", "amount": "金額(円)", "tracking": "追跡番号"}
DEEDS: Mapping[str, str] = {
    "received": "請求を受領",
    "asked": "担当者に質問",
    "answered": "回答を受理",
    "answer refused": "回答を受理せず",
    "answer late": "決定後の回答(無効)",
    "letter owed": "通知を作成",
    "letter sent": "通知を送信",
    "letter refused": "通知が不達",
    "wrong code": "誤ったコード",
    "proven": "コードによる確認",
    "rung proven": "本人確認の一段が成立",
    "searched": "調査の結果を記録",
    "search failed": "システムが応答せず",
    "another account": "別のアカウントの証明",
    "excused": "システムを除外",
    "not applicable": "対象外と記録",
    "evidence looked at": "資料を閲覧",
    "request looked at": "請求内容を閲覧",
    "proofs looked at": "確認された識別子を閲覧",
    "letters looked at": "通知の本文を閲覧",
    "drafts looked at": "文案を閲覧",
    "words written": "文案を登録",
    "withheld": "項目を不開示に提案",
    "no longer withheld": "不開示の提案を取消し",
    "ruling proposed": "決定案を作成",
    "signed": "署名",
    "fee billed": "手数料を請求",
    "payment booked": "入金を記録",
    "fee waived": "手数料を免除",
    "package sealed": "お渡しデータを封印",
    "package fetched": "お渡しデータを受領",
    "package asked again": "お渡しデータの再発行の希望",
    "package purged": "お渡しデータを消去",
    "dispatched": "書面を発送",
    "withdrawal asked": "取下げの申し出",
    "objection": "異議の申し出",
    "call back asked": "折り返しの希望",
    "logged in": "ログイン",
    "officer added": "担当者を登録",
    "officer reset": "認証を再発行",
    "officer disabled": "担当者を停止",
    "officer away": "不在を設定",
    "halted": "停止",
    "halt lifted": "停止を解除",
}
FACTS: Mapping[str, str] = {
    "gate": "質問",
    "about": "対象",
    "answer": "回答",
    "reason": "理由",
    "system": "システム",
    "state": "結果",
    "rows": "件数",
    "letter": "通知",
    "to": "宛先",
    "item": "項目",
    "ground": "根拠",
    "draft": "文案",
    "amount": "金額",
    "tariff": "料金表",
    "place": "署名の順",
    "kind": "種別",
    "was": "前の状態",
    "rung": "段階",
    "method": "方法",
    "purpose": "用途",
    "tries": "回数",
    "right": "権利",
    "channel": "受付方法",
    "law": "法令",
    "policy": "方針",
    "plan": "案の要約値",
    "manifest": "目録の要約値",
    "form": "形式",
    "officer": "担当者",
    "roles": "役割",
}
PURPOSES: Mapping[str, str] = {"address": "本人確認", "status": "状況の確認", "package": "データの受取り"}
ACTORS: Mapping[str, str] = {"desk": "自動処理", "person": "請求者", "unknown": "不明"}


def about(gate: Gate, subject: str, labels: Mapping[str, Text]) -> str:
    """What a question is about, in brackets: a system, a letter, or the place of a signature; empty where it needs none."""
    if gate is Gate.DECISION:
        return "第二承認" if subject == SECOND else "第一承認"
    if gate is Gate.RESEND:
        return LETTERS.get(subject, subject)
    return labels[subject].ja if subject in labels else subject


def reason(code: object) -> str:
    """Why something was refused, failed or left out, in words; a code nobody knows stays as it is."""
    said = str(code)
    if said in set(Refusal):
        return Refusal(said).ja
    return REASONS.get(said, said.replace("draft ", "文案"))


def roles(held: Collection[str]) -> str:
    """Roles in words, in their own order."""
    return "・".join(role.ja for role in Role if role in held)


def deed(name: str) -> str:
    """What was done, in words: a deed by name, or the state it led to."""
    if name in DEEDS:
        return DEEDS[name]
    state = next((state for state in State if state.lower() == name), None)
    return f"状態を「{STATES[state]}」に" if state else name
