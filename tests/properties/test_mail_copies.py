"""A spliced copy reads like a letter that the standard library built for its reader alone, and needs no change under way."""

from __future__ import annotations

import email
import email.policy
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.mail.compile import compile_message, splice
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.sample import sample_letter
from digest.mail.slotted import fill
from digest.mail.text import render_text
from digest.templates import Templates

TEMPLATES = Templates()
INLINER = Inliner(TEMPLATES)
AT = datetime(2022, 2, 28, 18, 0, tzinfo=UTC)
ID = b"<" + b"a2" * 13 + b"@news.example.org>"

ATOMS = st.text(st.sampled_from("abcXYZ019!#$%&'*+-/=?^_`{|}~"), min_size=1, max_size=20).filter(
    lambda atom: "=?" not in atom
)
LOCALS = st.lists(ATOMS, min_size=1, max_size=3).map(".".join)
LABELS = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?", fullmatch=True)
DOMAINS = st.lists(LABELS, min_size=2, max_size=5).map(".".join)
SIGNS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
PARTS = st.one_of(
    st.text(SIGNS, max_size=200),
    st.sampled_from(
        (".", "..", "From here", "-- ", "=", "=2E", "--=_boundary", "x" * 1200, "ї" * 700, "字" * 400, "👩‍🚀" * 90)
    ),
    st.sampled_from(("العدالة لا تتجزأ ", "Справедливість ", "plain words and more of them ")).map(lambda words: words * 40),
)
TEXTS = st.lists(PARTS, max_size=5).map("\n".join)


def _letter(title: str, summary: str, introduction: str, language: str, form: str) -> Letter:
    sample = sample_letter(language)
    assert sample.lead is not None
    item = replace(sample.lead, title=title, summary=summary)
    return replace(
        sample, form=form, introduction=introduction, lead=item, sections=sample.sections if len(title) % 2 else ()
    )


def _build_like_others(letter: Letter, to: str, leave: str) -> EmailMessage:
    built = EmailMessage(policy=email.policy.SMTP.clone(max_line_length=998))
    built["To"], built["Message-ID"], built["List-Unsubscribe"] = to, ID.decode(), f"<{leave}>"
    built.set_content(fill(render_text(letter, TEMPLATES), leave), cte="base64")
    if not letter.is_discreet:
        built.add_alternative(fill(INLINER.render(letter), leave), subtype="html", cte="base64")
    return _parse(built.as_bytes())


def _parse(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)  # type: ignore[return-value]


def _read(message: EmailMessage) -> list[tuple[str, str]]:
    """Each part's type, and its text."""
    return [(part.get_content_type(), "" if part.is_multipart() else part.get_content()) for part in message.walk()]


@example("a" * 64, "b.example", b"\xff", "Title", ".\n..\nFrom me\n.", "", "en", "full")
@example("a=b?c", "b.example", b"\0" * 90, "Заголовок", "слово " * 900, "єдине\n\n" * 9, "uk", "discreet")
@settings(max_examples=120, deadline=None)
@given(
    local=LOCALS.filter(lambda local: len(local) <= 64),
    domain=DOMAINS,
    token=st.binary(min_size=1, max_size=90),
    title=st.text(SIGNS, max_size=200),
    summary=TEXTS,
    introduction=TEXTS,
    language=st.sampled_from(("en", "uk", "ar")),
    form=st.sampled_from(("full", "discreet")),
)
def test_a_copy_reads_like_one_built_for_its_reader_alone(
    local: str, domain: str, token: bytes, title: str, summary: str, introduction: str, language: str, form: str
) -> None:
    to, leave = f"{local}@{domain}", f"https://news.example.org/u/{urlsafe_b64encode(token).decode().rstrip('=')}"
    letter = _letter(title, summary, introduction, language, form)
    html = None if letter.is_discreet else INLINER.render(letter)
    message = compile_message(letter, html, render_text(letter, TEMPLATES), AT, len(leave))

    copy = splice(message, to=to.encode(), message_id=ID, leave_url=leave.encode())

    ours, theirs = _parse(copy), _build_like_others(letter, to, leave)
    assert _read(ours) == _read(theirs)
    assert not [defect for part in ours.walk() for defect in part.defects]
    assert [one.addr_spec for one in ours["To"].addresses] == [to]
    for name in ("To", "Message-ID", "List-Unsubscribe"):
        assert ours[name] == theirs[name]
    _check_octets(copy)


def _check_octets(copy: bytes) -> None:
    """RFC 5321 sections 4.5.2 and 4.5.3.1.6, RFC 5322 section 2.1.1: nobody needs to change a line on the way."""
    assert copy.isascii() and copy.endswith(b"\r\n")
    lines = copy.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    body = lines[lines.index(b"") :]
    assert max(map(len, lines)) <= 998
    assert max(map(len, body)) <= 76
    assert all(line == line.rstrip(b" \t") for line in body)
