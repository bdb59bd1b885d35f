"""The mail sink's pages: plain, calm, and everything that arrived escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

STYLE = """
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.7 system-ui, sans-serif; color: #1b1f23; background: #fff; }
h1 { font-size: 1.4rem; }
a { color: #0b4f8a; }
a:focus-visible { outline: 3px solid #0b4f8a; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid #d0d7de; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border-top: 1px solid #d0d7de; padding-top: 1rem; }
"""
SHOWN = 200
LINK = re.compile(r"https?://[^\s<>\"'()、。」）]+")


def index(messages: Sequence[Mapping[str, str]]) -> str:
    """The newest letters first."""
    rows = "".join(_row(one) for one in reversed(messages[-SHOWN:])) or '<tr><td colspan="3">まだ届いていません / Nothing yet</td></tr>'
    head = '<tr><th scope="col">日時 / At</th><th scope="col">宛先 / To</th><th scope="col">件名 / Subject</th></tr>'
    return _page("届いたメール / Mail", f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>")


def letter(message: Mapping[str, str]) -> str:
    """One letter; its links can be followed, its HTML is shown as text."""
    names = {"at": "日時 / At", "from": "差出人 / From", "to": "宛先 / To", "message_id": "Message-ID"}
    facts = "".join(f"<dt>{label}</dt><dd>{escape(message[name])}</dd>" for name, label in names.items())
    body = _linked(message["text"] or message["html"])
    return _page(message["subject"], f'<p><a href="/">一覧へ / Back</a></p><dl>{facts}</dl><pre>{body}</pre>')


def _row(one: Mapping[str, str]) -> str:
    subject = escape(one["subject"] or "(件名なし / no subject)")
    link = f'<a href="/messages/{escape(one["id"])}">{subject}</a>'
    return f"<tr><td>{escape(one['at'][:19])}</td><td>{escape(one['to'])}</td><td>{link}</td></tr>"


def _linked(text: str) -> str:
    """The text escaped, its web addresses made links."""
    parts, end = [], 0
    for found in LINK.finditer(text):
        address = escape(found.group())
        parts += [escape(text[end : found.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def _page(title: str, body: str) -> str:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css">'
    said = escape(title)
    return f'<!doctype html><html lang="ja"><head>{head}<title>{said}</title></head><body><main><h1>{said}</h1>{body}</main></body></html>'
