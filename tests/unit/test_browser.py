"""The demo's browser reads forms as a browser without scripts would."""

from __future__ import annotations

import pytest

from sample.browser import Page, PageRefused, forms_in

HTML = """<form method="post" action="/ja/ask?x=1"><input type="hidden" name="csrf" value="a&amp;b">
<input type="radio" name="scope" value="all" checked><input type="radio" name="scope" value="some">
<input type="checkbox" name="items" value="name" checked><input type="checkbox" name="items" value="email" checked>
<input type="checkbox" name="items" value="usage"><textarea name="details">
two
lines</textarea><select name="form"><option value="paper">p</option><option value="electronic" selected>e</option></select>
<input name="family"><input type="file" name="file"><button type="submit" name="edit" value="1">change</button></form>
<form action="/ja/leave"></form>"""


def test_what_a_page_filled_in_is_sent_along() -> None:
    """Hidden fields, choices and texts are taken over; what is not chosen, files and buttons are not."""
    assert dict(forms_in(HTML)[0].fields) == {
        "csrf": ("a&b",),
        "scope": ("all",),
        "items": ("name", "email"),
        "details": ("two\nlines",),
        "form": ("electronic",),
        "family": ("",),
    }


def test_a_form_is_found_by_where_it_goes() -> None:
    """A page may hold several; the query of an address does not matter."""
    page = Page(url="http://127.0.0.1/ja", html=HTML, forms=forms_in(HTML), content=b"")
    assert page.form("/ask").action == "/ja/ask?x=1"
    assert page.form("/leave").fields == {}


def test_a_page_that_does_not_say_it_is_an_error_without_its_content() -> None:
    """The error names the page and nothing that stands on it."""
    page = Page(url="http://127.0.0.1/ja/receipt?x=secret", html="secret", forms=(), content=b"")
    with pytest.raises(PageRefused) as refused:
        page.said("(number)")
    assert "secret" not in str(refused.value)
