"""The pages on which readers sign up, confirm, choose and leave, as bytes: templates joined with plain values.

Nothing here knows who is asking. What stands in a page follows from its arguments alone, so pages made for two people with
equal wishes are equal. Titles say what a page is for and never which list or topic; pages for discreet readers name the
newsroom nowhere but in what they asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from digest.errors import TemplateError
from digest.pages.reader_forms import build_faults, build_fields, build_join, build_standing
from digest.pages.reader_steps import Mailed, Steps
from digest.pages.reader_views import Done, Entry, Fault, Standing, StepView, TitleView, Wish
from digest.pages.reader_wording import build_rows, consent_words, describe_done, describe_first
from digest.pages.rendering import Rendering
from digest.pages.views import Link, language_name, site_paths
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["ReaderPages", "Sent"]

_PAUSE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form on the page of choices that was sent and is to be mended: which one, what stood in it, and why.

    `form` is the list of the form, or `move` or `erase`; `entry` is None where the form shows what is stored.
    """

    form: str
    entry: Entry | None
    faults: tuple[Fault, ...]


class ReaderPages:
    """Renders them in one language.

    Args:
        discreet: for a reader of the discreet form.
        has_editions: whether the masthead links to past digests.
        link_hours, kept_days: see `Steps`.
        spare: templates to use where the first ones are broken, for leaving must work; none: a TemplateError is raised.
    """

    def __init__(
        self,
        settings: Settings,
        templates: Templates,
        language: str,
        *,
        discreet: bool = False,
        has_editions: bool = False,
        link_hours: int = 72,
        kept_days: int = 30,
        spare: Templates | None = None,
    ) -> None:
        self._settings, self._discreet = settings, discreet
        self._language, self._has_editions, self._spare = language, has_editions, spare
        self._rendering = self._open(templates)
        self._words = self._rendering.words
        self._paths = site_paths(settings)
        self.steps = Steps(
            self._paths,
            settings.newsroom.name,
            self._words,
            discreet=discreet,
            link_hours=link_hours,
            kept_days=kept_days,
        )
        """Builds the pages that `step` renders."""

    def _open(self, templates: Templates) -> Rendering:
        try:
            return Rendering(self._settings, templates, (), self._language, self._has_editions)
        except TemplateError:
            if self._spare is None:
                raise
            return Rendering(self._settings, self._spare, (), self._language, self._has_editions)

    def consent(self, list_id: str) -> str:
        """What a person who signs up to a list is shown, and agrees to."""
        return consent_words(self._title_of(list_id), self._settings.newsroom.name, self._words)

    def lists(self, query: str = "") -> bytes:
        """The page `/subscribe/`: every list with the way to its form; `query` is carried on, with its question mark."""
        _, settings = self._words.gettext, self._settings
        rows = [
            (
                Link(self._title_of(name), f"{self._paths.subscribe(name)}{query}"),
                build_fields(name, Entry(), settings, self._words),
            )
            for name in settings.lists
        ]
        return self._page("subscribe_lists", _("Subscribe"), "subscribe/", is_public=True, rows=rows)

    def subscribe(self, list_id: str, entry: Entry, stamp: str, faults: Sequence[Fault] = ()) -> bytes:
        """The form of a list, at `/subscribe/LIST`; `stamp` says when it was opened."""
        _, language = self._words.gettext, self._words.language
        others = [tag for tag in self._settings.languages if tag != language]
        query = "".join(f"&topic={topic}" for topic in entry.topics)
        address = self._paths.subscribe(list_id)
        return self._page(
            "subscribe",
            _("Subscribe"),
            f"subscribe/{list_id}",
            is_public=not faults,
            list_title=self._title_of(list_id),
            action=f"{address}?language={language}",
            choices=f"{self._paths.preferences()}?language={language}",
            entry=entry,
            fields=build_fields(list_id, entry, self._settings, self._words),
            words_shown=self.consent(list_id),
            faults=build_faults(faults, self._words, list_id),
            stamp=stamp,
            others=[Link(language_name(tag), f"{address}?language={tag}{query}", tag) for tag in others],
        )

    def ask_for_link(self, entry: Entry, stamp: str, faults: Sequence[Fault] = ()) -> bytes:
        """The form that asks for the link to one's choices, at `/preferences/`."""
        _ = self._words.gettext
        return self._page(
            "preferences_ask",
            _("Your choices"),
            "preferences/",
            is_public=not faults,
            action=f"{self._paths.preferences()}?language={self._words.language}",
            entry=entry,
            faults=build_faults(faults, self._words, "ask"),
            stamp=stamp,
        )

    def step(self, view: StepView) -> bytes:
        """A page with one thing to do or to know."""
        return self._page("reader_step", view.heading, step=view)

    def confirm(self, token: str, wish: Wish | None, *, is_done: bool) -> bytes:
        """The page behind the link of a confirmation: to a list, or of a new address when there is no wish."""
        if wish is None:
            return self.step(self.steps.confirm_address(token, is_done=is_done))
        return self.step(self.steps.confirm(token, tuple(build_rows(wish, self._settings, self._words)), is_done=is_done))

    def welcome(
        self, wish: Wish, first_at: datetime | None = None, last_edition: str = "", titles: Sequence[TitleView] = ()
    ) -> bytes:
        """What somebody sees who has just confirmed: when the first letter comes and what it would hold now.

        Args:
            wish: what they get.
            first_at: when the next digest of that list and rhythm is planned; None when nobody knows.
            last_edition: the id of the last one whose web view is public; empty when there is none.
            titles: of the items that it would carry to them as things are.
        """
        _, language = self._words.gettext, self._words.language
        own = language == self._settings.newsroom.language
        last = Link(_("Read the last digest"), self._paths.edition(last_edition, None if own else language))
        return self._page(
            "welcome",
            _("Welcome"),
            rows=tuple(build_rows(wish, self._settings, self._words)),
            first=describe_first(wish, first_at, self._settings, self._words),
            titles=tuple(titles),
            last=last if last_edition else None,
        )

    def leave(self, token: str, list_id: str, *, is_gone: bool) -> bytes:
        """The page behind the link of every letter, `/u/TOKEN`."""
        return self.step(self.steps.leave(token, self._title_of(list_id), is_gone=is_gone))

    def look_into_mail(self, mailed: Mailed) -> bytes:
        """The answer to whoever named an address: the same for every address."""
        return self.step(self.steps.look_into_mail(mailed))

    def preferences(
        self,
        token: str,
        standing: Sequence[Standing],
        joinable: Sequence[str],
        today: date,
        *,
        done: Done | None = None,
        sent: Sent | None = None,
    ) -> bytes:
        """The page of one's choices, `/preferences/TOKEN`.

        Args:
            standing: the subscriptions; those of lists that newsroom.toml no longer has are left out.
            joinable: the lists that could be joined.
            today: the day on the newsroom's calendar.
            done: what was just done.
            sent: the form that is to be mended.
        """
        settings, words = self._settings, self._words
        entry = {sent.form: sent.entry} if sent and sent.entry else {}
        joined = [build_join(name, settings, words, entry.get(name)) for name in joinable if name in settings.lists]
        return self._page(
            "preferences",
            words.gettext("Your choices"),
            action=self._paths.preferences(token),
            blocks=[
                build_standing(one, settings, words, entry.get(one.wish.list_id))
                for one in standing
                if one.wish.list_id in settings.lists
            ],
            joinable=joined,
            notice=describe_done(done, words) if done else "",
            sent=sent.form if sent else "",
            address=sent.entry.address if sent and sent.entry else "",
            faults=build_faults(sent.faults, words, sent.form) if sent else (),
            tomorrow=today + timedelta(days=1),
            latest=today + _PAUSE,
        )

    def _title_of(self, list_id: str) -> str:
        chosen = self._settings.lists.get(list_id)
        return chosen.in_language(self._words.language) if chosen else ""

    def _page(self, name: str, title: str, path: str = "-", *, is_public: bool = False, **values: Any) -> bytes:
        """A page; only the public ones, which are the same for everybody, may be found by search engines."""
        head = self._rendering.head(title, path)
        if not is_public:
            head = replace(head, indexed=False, canonical="", description="")
        try:
            return self._rendering.page(name, head, is_discreet=self._discreet, **values)
        except TemplateError:
            if self._spare is None:
                raise
            return self._open(self._spare).page(name, head, is_discreet=self._discreet, **values)
