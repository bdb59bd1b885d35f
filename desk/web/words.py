"""The words of the front for coded values, in both languages; longer passages stand in templates/web."""

from __future__ import annotations

from collections.abc import Mapping

from desk.domain.case import Form, Language, Searched, State, Step, Verdict
from desk.domain.life import Turn
from desk.domain.policy import Policy, Text

STEPS: Mapping[Step, Text] = {
    Step.IDENTITY: Text("ご本人の確認", "Identity"),
    Step.INVESTIGATION: Text("調査", "Search"),
    Step.DECISION: Text("決定", "Decision"),
    Step.FEE: Text("手数料", "Fee"),
    Step.FULFILMENT: Text("お渡しの準備", "Preparation"),
    Step.NOTICE: Text("お知らせ", "Notice"),
}
STATES: Mapping[State, Text] = {
    State.RECEIVED: Text("受け付けました", "Received"),
    State.ACKNOWLEDGED: Text("受付のお知らせをお送りしました", "Receipt confirmed"),
    State.SCOPED: Text("ご請求の内容を確かめました", "Content checked"),
    State.ID_CHECK: Text("ご本人の確認をしています", "Confirming who is asking"),
    State.DOCS_REQUESTED: Text("ご本人の確認の追加のお願いをしています", "More proof of identity asked for"),
    State.INVESTIGATING: Text("保有する情報をお調べしています", "Searching our records"),
    State.DRAFTED: Text("回答の案を審査しています", "The answer is being examined"),
    State.APPROVED1: Text("回答の案を審査しています", "The answer is being examined"),
    State.APPROVED2: Text("回答の案を審査しています", "The answer is being examined"),
    State.DECIDED: Text("回答が決まりました", "Decided"),
    State.FEE_NOTICED: Text("手数料のお支払いをお待ちしています", "Waiting for the fee"),
    State.FEE_REMINDED: Text("手数料のお支払いをお待ちしています", "Waiting for the fee"),
    State.FULFILLING: Text("お渡しの準備をしています", "Preparing your copy"),
    State.NOTIFIED: Text("回答をお知らせしました", "Answered"),
    State.CLOSED: Text("手続きを終えました", "Closed"),
    State.REJECTED: Text("ご本人の確認ができず、手続きを終えました", "Ended: identity not confirmed"),
    State.REFERRED: Text("契約先の企業の窓口をご案内して、手続きを終えました", "Ended: referred to the client company"),
    State.WITHDRAWN: Text("お取り下げにより、手続きを終えました", "Ended: withdrawn"),
    State.DEEMED_WITHDRAWN: Text("取り下げられたものとして、手続きを終えました", "Ended: treated as withdrawn"),
    State.REOPENED: Text("お申し出を受けて、見直しています", "Under review after your objection"),
}
TURNS: Mapping[Turn, Text] = {
    Turn.PERSON: Text("お客様のお手続き", "Yours"),
    Turn.DESK: Text("弊社の作業", "Ours"),
    Turn.NONE: Text("お待ちするものはありません", "Nobody's: nothing is waited for"),
}
SEARCHED: Mapping[Searched, Text] = {
    Searched.WAITING: Text("これから調べます", "Not yet searched"),
    Searched.SEARCHED: Text("調べました", "Searched"),
    Searched.NOTHING_HELD: Text("調べました(該当なし)", "Searched, nothing held"),
    Searched.NOT_APPLICABLE: Text("対象外です", "Not concerned"),
    Searched.FAILED: Text("もう一度調べます", "Will be searched again"),
    Searched.EXCUSED: Text("調べられませんでした", "Could not be searched"),
}
VERDICTS: Mapping[Verdict, Text] = {
    Verdict.DISCLOSED: Text("開示", "Disclosed"),
    Verdict.PARTLY: Text("一部開示", "Partly disclosed"),
    Verdict.REFUSED: Text("不開示", "Not disclosed"),
    Verdict.NO_DATA: Text("該当なし", "Nothing held"),
    Verdict.REFERRED: Text("契約先へ", "Ask the client company"),
}
FEES: Mapping[str, Text] = {
    "asked": Text("お支払い待ち", "To be paid"),
    "reminded": Text("お支払い待ち(再度ご案内済み)", "To be paid (reminder sent)"),
    "asleep": Text("お支払いがあるまで休止中", "Resting until paid"),
    "paid": Text("お支払い済み", "Paid"),
    "waived": Text("免除", "Waived"),
}
FORMS: Mapping[Form, Text] = {
    Form.ELECTRONIC: Text("電子データ(ダウンロード)", "Electronic (download)"),
    Form.PAPER: Text("書面(郵送)", "On paper, by post"),
}
CHANNELS: Mapping[str, Text] = {
    "web": Text("ウェブのフォーム", "Web form"),
    "mail": Text("電子メール", "E-mail"),
    "post": Text("郵送", "Post"),
    "telephone": Text("電話", "Telephone"),
}
RUNGS: Mapping[str, Text] = {
    "person": Text("ご本人であること", "that it is you"),
    "records": Text("記録がご本人のものであること", "that the records are yours"),
}
CLAUSES: Mapping[str, Text] = {
    "1(1)": Text("お客様からいただいた情報", "What you gave us"),
    "1(2)": Text("連携サービスから受け取った情報", "What linked services passed on"),
    "1(3)": Text("ご利用に伴って取得した情報", "What was collected as you used the service"),
}
QUESTIONS: Mapping[str, Text] = {
    "see": Text("見たい", "I want to see it"),
    "mend": Text("直したい", "I want it corrected"),
    "stop": Text("使うのを止めたい", "I want its use stopped"),
    "erase": Text("消したい", "I want it erased"),
}
LABELS: Mapping[str, Text] = {
    "name.family": Text("姓", "Family name"),
    "name.given": Text("名", "Given name"),
    "name.family_kana": Text("姓のフリガナ", "Family name in kana"),
    "name.given_kana": Text("名のフリガナ", "Given name in kana"),
    "contact.email": Text("メールアドレス", "E-mail address"),
    "contact.telephone": Text("電話番号", "Telephone number"),
    "contact.postcode": Text("郵便番号", "Postcode"),
    "contact.postal": Text("住所", "Postal address"),
    "identifiers.email": Text("登録しているメールアドレス", "E-mail address registered with us"),
    "identifiers.login_id": Text("ログインID", "Login ID"),
    "identifiers.company": Text("登録したときの会社名", "Company when you registered"),
    "identifiers.order": Text("過去の注文番号", "An earlier order number"),
    "items": Text("情報の種類", "Kinds of information"),
    "period.from": Text("期間の始め", "Period from"),
    "period.to": Text("期間の終わり", "Period until"),
    "form": Text("受け取り方", "How you want to receive it"),
    "details": Text("補足", "Details"),
    "words": Text("お申し出の内容", "Your words"),
    "number": Text("受付番号", "Request number"),
    "code": Text("確認コード", "Code"),
}
FIELD_ERRORS: Mapping[str, Text] = {
    "missing": Text("入力してください。", "Please fill this in."),
    "too-long": Text("長すぎます。短くしてください。", "This is too long. Please shorten it."),
    "not-allowed-characters": Text(
        "使えない文字(制御文字や文字の向きを変える記号)が含まれています。入力し直してください。",
        "This contains control characters or marks that change the direction of text. Please type it again.",
    ),
    "not-an-address": Text(
        "メールアドレスを1つだけ、name@example.jp の形で入力してください。この形でないアドレスの方は、電話番号か住所をご記入ください。",
        "Please give one e-mail address in the form name@example.jp. If yours is written otherwise, give a telephone number or address.",
    ),
    "not-a-telephone": Text("電話番号を市外局番から入力してください。例:03-1234-5678", "Please give the number with its area code."),
    "not-a-postcode": Text("郵便番号を7桁の数字で入力してください。例:100-0001", "Please give the seven digits of the postcode."),
    "not-a-date": Text("日付を 2026-11-22 または 2026年11月22日 の形で入力してください。", "Please give the date as 2026-11-22."),
    "period-reversed": Text("期間の終わりが始めより前になっています。", "The period ends before it begins."),
    "in-the-future": Text("これからの日付は指定できません。", "The period cannot begin in the future."),
    "no-items": Text("情報の種類を1つ以上選ぶか、「すべて」を選んでください。", "Choose at least one kind of information, or everything."),
    "unknown-item": Text("選べない項目が含まれています。", "There is an item that we do not know."),
    "no-contact": Text(
        "ご連絡先を1つ以上入力してください(メールアドレス、電話番号、住所のいずれか)。",
        "Please give at least one way to reach you: e-mail, telephone or postal address.",
    ),
    "no-identifier": Text(
        "お調べするための手がかりを1つ以上入力してください(登録しているメールアドレス、ログインID、会社名、注文番号のいずれか)。",
        "Please give at least one thing to search by: registered e-mail, login ID, company or order number.",
    ),
    "unknown-value": Text("選択肢の中から選んでください。", "Please choose one of the answers offered."),
    "unknown-field": Text("この項目は受け付けていません。", "There is no such field."),
    "wrong-type": Text("値の種類が正しくありません。", "This value is not of the right type."),
    "not-json": Text("JSONとして読み取れません。", "This cannot be read as JSON."),
    "not-accepted": Text("この値は受け付けられません。", "This value cannot be accepted."),
    "not-a-number": Text(
        "受付番号に誤りがあるようです。メールや控えのとおりに入力してください。", "This is not one of our numbers; please check it."
    ),
    "wrong-code": Text("確認コードが違います。もう一度ご確認ください。", "The code is not right. Please check it."),
    "code-expired": Text(
        "確認コードの期限が切れています。新しいコードをお求めください。", "The code has run out. Please ask for a new one."
    ),
    "too-many-tries": Text("入力の回数が上限に達しました。新しいコードをお求めください。", "Too many tries. Please ask for a new code."),
}
BY_FORM = Text(
    "このご請求は、まだフォームでは受け付けておりません。お電話({telephone})またはメール({email})でお申し出ください。",
    "This request cannot be made by form yet. Please telephone {telephone} or write to {email}.",
)


def field_error(code: str, policy: Policy, language: Language) -> str:
    """What is wrong with a field and what would be accepted, in words."""
    if code == "not-by-form":
        desk = policy.contacts["desk"]
        return BY_FORM.said(language).format(telephone=desk.telephone, email=desk.email)
    return FIELD_ERRORS.get(code, FIELD_ERRORS["not-accepted"]).said(language)
