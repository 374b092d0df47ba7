"""A letter of an edition as a reader would see it: phone and desktop, light and dark, pictures on and off, or its text."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from digest.desk.draft_views import DraftView
from digest.desk.edition_letters import SampleLetter, build_sample
from digest.desk.edition_lists import find_edition
from digest.desk.previewing.choosing import PictureMode
from digest.desk.previewing.display import build_display
from digest.errors import DigestError
from digest.staff.roles import Right
from digest.web.desk.editions import BOOK, address_of
from digest.web.desk.visiting import Answer, Door, Visit
from digest.work.trial import MOST_ADDRESSES, send_test

__all__ = ["DOORS", "Look", "read_look"]

_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; frame-ancestors 'self'; base-uri 'none'; sandbox"
)
_WIDTHS = {"phone": 375, "desktop": 700}


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody wants to see of an edition, and how; whatever a query says that means nothing counts as not said."""

    letter: str = ""
    language: str = ""
    form: str = "full"
    width: str = "both"
    light: str = "light"
    pictures: str = "shown"
    part: str = "html"

    def query(self, **changes: str) -> str:
        """The query of an address that asks for it."""
        fields = {name: getattr(self, name) for name in self.__slots__} | changes
        plain = Look()
        return urlencode({name: value for name, value in fields.items() if value != getattr(plain, name)})


def read_look(visit: Visit) -> Look:
    """The look that an address asks for."""
    letter = visit.asked("letter")
    return Look(
        letter=letter if letter.isalnum() and len(letter) == 64 else "",
        language=_pick(visit, "language", ("", *visit.settings.languages)),
        form=_pick(visit, "form", ("full", "discreet")),
        width=_pick(visit, "width", ("both", "phone", "desktop")),
        light=_pick(visit, "light", ("light", "dark")),
        pictures=_pick(visit, "pictures", ("shown", "blocked")),
        part=_pick(visit, "part", ("html", "text")),
    )


def _pick(visit: Visit, name: str, known: tuple[str, ...]) -> str:
    asked = visit.asked(name)
    return asked if asked in known else known[0]


def show_look(visit: Visit) -> Answer:
    """The page around the letter: the choices, what an inbox shows of it, and the screens."""
    edition, look = find_edition(visit.place, visit.path["edition"]), read_look(visit)
    sample = _sample(visit, look)
    view: DraftView | None = BOOK.look(visit.place, edition) if edition.state in ("draft", "approved") else None
    widths = [_WIDTHS[name] for name in (("phone", "desktop") if look.width == "both" else (look.width,))]
    return visit.render(
        "desk/look.html",
        edition=edition,
        look=look,
        sample=sample,
        widths=widths,
        letter_address=f"{address_of(edition.id, 'letter')}?{look.query()}",
        choices=_build_choices(visit, look, view),
        languages=visit.settings.languages,
    )


def show_letter(visit: Visit) -> Answer:
    """The letter's HTML alone, for a frame that lets it do nothing."""
    look = read_look(visit)
    sample = _sample(visit, look)
    if not sample.html:
        return Answer(b"This letter is text only.\n", 404, "text/plain; charset=utf-8")
    base_url = visit.settings.newsroom.base_url
    shown: PictureMode = "blocked" if look.pictures == "blocked" else "shown"
    html = build_display(sample.html, base_url, dark=look.light == "dark", pictures=shown)
    pictures = "'none'" if shown == "blocked" else "'self'"
    return Answer(html.encode(), policy=_LETTER_POLICY.format(pictures=pictures))


def show_message(visit: Visit) -> Answer:
    """The message as it is sent, to an example address."""
    name = visit.path["edition"]
    sample = _sample(visit, read_look(visit))
    kept = (b"content-disposition", f'attachment; filename="{name}.eml"'.encode())
    return Answer(sample.message, media_type="message/rfc822", fields=(kept,))


def _sample(visit: Visit, look: Look) -> SampleLetter:
    edition = find_edition(visit.place, visit.path["edition"])
    plan = BOOK.look(visit.place, edition).plan if edition.state in ("draft", "approved") else None
    return build_sample(
        visit.place, visit.path["edition"], language=look.language, form=look.form, variant=look.letter, plan=plan
    )


def _build_choices(visit: Visit, look: Look, view: DraftView | None) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """Name, label, options and what is chosen, of each choice of the page."""
    letters = [("", "The whole edition")]
    if view is not None:
        letters += [
            (one.hash, f"Letter {one.number}: {one.reader_count:,} readers, {one.language}, {one.form}")
            for one in view.variants[:50]
        ]
    languages = [("", f"{visit.settings.newsroom.language} (the newsroom's)")]
    languages += [(name, name) for name in visit.settings.languages[1:]]
    return [
        ("letter", "Which", letters, look.letter),
        ("language", "Language", languages, look.language),
        ("form", "Form", [("full", "Full"), ("discreet", "Discreet")], look.form),
        ("width", "Screen", [("both", "Phone and desktop"), ("phone", "Phone"), ("desktop", "Desktop")], look.width),
        ("light", "Light", [("light", "Light"), ("dark", "Dark")], look.light),
        ("pictures", "Pictures", [("shown", "Shown"), ("blocked", "Blocked")], look.pictures),
        ("part", "Part", [("html", "As it looks"), ("text", "As text")], look.part),
    ]


def show_test(visit: Visit) -> Answer:
    """The form for a test letter."""
    return _test_page(visit, "", "", 200)


def _test_page(visit: Visit, to: str, fault: str, status: int) -> Answer:
    edition = find_edition(visit.place, visit.path["edition"])
    chosen = visit.settings.lists.get(edition.list_id)
    return visit.render(
        "desk/test.html", status, edition=edition, to=to, fault=fault, languages=visit.settings.languages,
        approvers=[str(one) for one in chosen.approvers] if chosen else [], most=MOST_ADDRESSES,
    )  # fmt: skip


def do_test(visit: Visit) -> Answer:
    """Send the whole edition, marked as a test, to the people that were named."""
    name, to = visit.path["edition"], visit.sent("to")
    people = [one.strip() for one in to.replace(",", "\n").splitlines() if one.strip()]
    try:
        trial = send_test(
            visit.place, name, people, language=visit.sent("language"), form=visit.sent("form", "full"), actor=visit.actor
        )
    except DigestError as error:
        return _test_page(visit, to, f"{error.cause}. {error.remedy}".strip(), 422)
    refused = [answer for answer in trial.answers if not answer.was_taken]
    if refused:
        return _test_page(visit, to, f"The relay refused {len(refused)} of {len(trial.answers)}: {refused[0].words}", 422)
    where = "is kept below var/outbox" if trial.is_outbox else "is on its way"
    return visit.go(address_of(name), f"The test “{trial.subject}” {where}.")


DOORS = (
    Door("/editions/{edition}/look", Right.LOOK, show_look),
    Door("/editions/{edition}/letter", Right.LOOK, show_letter),
    Door("/editions/{edition}/message.eml", Right.LOOK, show_message),
    Door("/editions/{edition}/test", Right.TEST, show_test, do_test),
)
