"""A narrative is well-formed XHTML that formats text, and runs or loads nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.r4.narrative import NARRATIVE_DEPTH_MAX, narrative_fault

DIV = '<div xmlns="http://www.w3.org/1999/xhtml"%s>%s</div>'

GOOD = {
    "text": DIV % ("", "Tampak bersih"),
    "formatting": DIV % ("", "<p class='a' style='color: red'><b>a</b><br/>&amp; &#160; &lt;</p>"),
    "a table": DIV % ("", "<table border='1'><tr><td colspan='2'>1</td></tr></table>"),
    "links": DIV % ("", "<a href='Patient/1'>a</a><a name='b' href='#b'>b</a>"),
    "an image alone": DIV % ("", "<img src='data:image/png;base64,AAAA' alt=''/>"),
    "languages": DIV % (" xml:lang='id' lang='id'", "<span lang='en'>a</span>"),
    "a comment": DIV % ("", "a<!-- b -->"),
    "a prefix": '<h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>a</h:p></h:div>',
}

BAD = {
    "nothing": "",
    "no namespace": "<div>a</div>",
    "not a div": '<p xmlns="http://www.w3.org/1999/xhtml">a</p>',
    "not well-formed": DIV % ("", "<p>a"),
    "more behind": DIV % ("", "a") + "b",
    "white space only": DIV % ("", " \n<p/>&#32;"),
    "an entity of HTML": DIV % ("", "a&nbsp;b"),
    "a document type": "<!DOCTYPE div>" + DIV % ("", "a"),
    "an entity of its own": "<!DOCTYPE div [<!ENTITY a 'b'>]>" + DIV % ("", "&a;"),
    "an outer entity": "<!DOCTYPE div [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    + DIV % ("", "&a;"),
    "a processing instruction": DIV % ("", "a<?php b?>"),
    "a script": DIV % ("", "<script>a</script>"),
    "a form": DIV % ("", "<form><input/></form>"),
    "a frame": DIV % ("", "<iframe src='a'/>"),
    "an object": DIV % ("", "<object data='a'/>"),
    "a style sheet": DIV % ("", "<style>a</style>"),
    "a link": DIV % ("", "<link href='a'/>a"),
    "an event": DIV % (" onclick='a'", "a"),
    "an event in capitals": DIV % (" ONCLICK='a'", "a"),
    "a script as an address": DIV % ("", "<a href='javascript:a'>a</a>"),
    "a script behind white space": DIV % ("", "<a href=' &#9;javascript:a'>a</a>"),
    "a page as an image": DIV % ("", "<img src='data:text/html;base64,AAAA'/>"),
    "a style that loads": DIV % (" style='background: url(a)'", "a"),
    "a style that escapes": DIV % (r" style='\75 rl(a)'", "a"),
    "another namespace": DIV % ("", "<svg xmlns='http://www.w3.org/2000/svg'/>a"),
    "an attribute of another namespace": DIV % (" xmlns:x='y' x:href='a'", "a"),
    "too deep": DIV % ("", "<b>" * NARRATIVE_DEPTH_MAX + "a" + "</b>" * NARRATIVE_DEPTH_MAX),
}


@pytest.mark.parametrize("what", GOOD)
def test_what_formats_text_is_taken(what: str) -> None:
    assert narrative_fault(GOOD[what]) is None


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_text_is_refused(what: str) -> None:
    assert narrative_fault(BAD[what])


@given(st.text(max_size=40) | st.text("<>&;/='\"divp#x ", max_size=60))
def test_no_text_raises(text: str) -> None:
    assert narrative_fault(text)
    narrative_fault(DIV % ("", text))
