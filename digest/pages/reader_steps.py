"""The pages with one thing to do or to know: confirming, leaving, coming back, moving to another address."""

from __future__ import annotations

from typing import Literal

from digest.newsroom.addresses import Addresses
from digest.pages.reader_views import Act, RowView, StepView
from digest.pages.views import Link
from digest.templates import Words

__all__ = ["Mailed", "Steps"]

Mailed = Literal["subscribe", "preferences", "choices", "address"]
"""After what people are told to look into their mail: signing up, asking for the link to one's choices by address or by the
link of a letter, naming another address."""


class Steps:
    """Builds them in one language; a discreet reader's name neither newsroom nor list.

    Args:
        paths: addresses as paths on the site.
        newsroom: its name.
        link_hours: for how many hours the link to confirm works.
        kept_days: for how many days somebody who left can come back.
    """

    def __init__(
        self, paths: Addresses, newsroom: str, words: Words, *, discreet: bool, link_hours: int, kept_days: int
    ) -> None:
        self._paths, self._newsroom, self._words, self._discreet = paths, newsroom, words, discreet
        self._link_hours, self._kept_days = link_hours, kept_days

    def look_into_mail(self, mailed: Mailed) -> StepView:
        """A letter is on its way, or is not: the page knows nothing of the address."""
        _ = self._words.gettext
        said = {
            "subscribe": (
                _("If letters can go to the address that you typed, one with a link is on its way to it."),
                _("Open the link and press the button there. Only then do letters begin."),
            ),
            "preferences": (
                _("If letters from us go to the address that you typed, one with a link to your choices is on its way."),
            ),
            "choices": (_("A letter with a link to your choices is on its way to the address to which your letters go."),),
            "address": (
                _("Two letters are on their way, one to the new address and one to the address held so far."),
                _("Your letters go to the new address once the links in both letters were used."),
            ),
        }[mailed]
        hours = self._link_hours if mailed in ("subscribe", "address") else 1
        works = self._words.ngettext("The link works for %(count)s hour.", "The link works for %(count)s hours.", hours)
        lost = _("Nothing there after a few minutes? Look among the unwanted mail. Such a letter comes once a day at most.")
        return StepView(_("Please look into your mail"), (*said, works % {"count": hours}), closing=(lost,))

    def confirm(self, token: str, rows: tuple[RowView, ...], *, is_done: bool) -> StepView:
        """What was asked for, and the button that makes it so."""
        _ = self._words.gettext
        if is_done:
            return StepView(_("You have confirmed already"), (_("There is nothing more to do."),), rows)
        act = Act(self._paths.confirm(token), "confirm", _("Confirm your subscription"))
        idle = _("If you did not ask for this, do nothing: nothing more will come.")
        return StepView(
            _("Please confirm"), (_("This was asked for, and begins with the button below:"),), rows, act, (idle,)
        )

    def confirm_address(self, token: str, *, is_done: bool) -> StepView:
        """The new address says yes."""
        _ = self._words.gettext
        if is_done:
            return self.agreed()
        act = Act(self._paths.confirm(token), "confirm", _("Confirm this address"))
        asked = _("Somebody, perhaps you, asked that letters go to this address from now on.")
        idle = _("If you did not ask for this, do nothing: nothing more will come.")
        return StepView(_("Please confirm"), (asked,), (), act, (idle,))

    def move(self, token: str, *, is_done: bool) -> StepView:
        """The address held so far says yes to another one."""
        _ = self._words.gettext
        if is_done:
            return self.agreed()
        act = Act(self._paths.move(token), "agree", _("Agree"))
        asked = _("Somebody, perhaps you, asked that your letters go to another address from now on.")
        idle = _("If you did not ask for this, do nothing: everything stays as it is.")
        return StepView(_("Another address for your letters?"), (asked,), (), act, (idle,))

    def agreed(self) -> StepView:
        """One of the two addresses has said yes."""
        _ = self._words.gettext
        both = _("Your letters go to the new address once the links in both letters were used.")
        return StepView(_("Thank you"), (both,))

    def leave(self, token: str, list_title: str, *, is_gone: bool) -> StepView:
        """The page behind the link of every letter."""
        _ = self._words.gettext
        if is_gone:
            return StepView(_("You have unsubscribed"), (self._over(),), closing=self._again(), link=self._sign_up())
        action = self._paths.leave(token)
        about = _("You get letters of the list “%(list)s” from %(newsroom)s.")
        named = (about % {"list": list_title, "newsroom": self._newsroom},) if list_title and not self._discreet else ()
        return StepView(
            heading=_("Stop these letters?"),
            paragraphs=(*named, _("With this button they end, at once and without a further question.")),
            act=Act(action, "leave", _("Unsubscribe")),
            instead=_("Rather other topics, fewer letters, or a pause? We mail you a link to your choices."),
            other=Act(action, "choices", _("Change what you get"), is_main=False),
        )

    def left(self, undo: str) -> StepView:
        """It is done; `undo` is the token to come back with, empty where there is none."""
        _ = self._words.gettext
        heading = _("You have unsubscribed")
        if not undo:
            return StepView(heading, (self._over(),), closing=self._again(), link=self._sign_up())
        kept = self._words.ngettext(
            "Your address will be erased after %(count)s day.",
            "Your address will be erased after %(count)s days.",
            self._kept_days,
        )
        return StepView(
            heading=heading,
            paragraphs=(self._over(), kept % {"count": self._kept_days}),
            instead=_("Was it a mistake? Until then you can come back, and everything goes on as before."),
            other=Act(self._paths.undo(undo), "return", _("Come back"), is_main=False),
        )

    def undo(self, token: str) -> StepView:
        """The way back."""
        _ = self._words.gettext
        as_before = _("Everything goes on as before, with the choices that you had.")
        return StepView(_("Come back?"), (as_before,), act=Act(self._paths.undo(token), "return", _("Come back")))

    def returned(self) -> StepView:
        """Somebody is back."""
        _ = self._words.gettext
        return StepView(_("Welcome back"), (_("Everything goes on as before, with the choices that you had."),))

    def erased(self, *, never_again: bool) -> StepView:
        """Nothing is stored any more."""
        _ = self._words.gettext
        gone = _(
            "Your address, your choices and what you agreed to are erased. A letter that has left already may still arrive."
        )
        kept = _("A code is kept that nobody can turn back into your address, so that no letter ever goes to it again.")
        return StepView(_("Everything is erased"), (gone, kept) if never_again else (gone,))

    def broken(self) -> StepView:
        """The link opens nothing, for whatever reason."""
        _ = self._words.gettext
        why = _(
            "It may be too old, it may have been used, or a part of it is missing. Copy it whole from the newest letter."
        )
        link = Link(_("Ask for a new link"), self._paths.preferences())
        return StepView(_("This link does not work"), (why,), link=link)

    def unreadable(self) -> StepView:
        """What was sent is no answer to a form of ours."""
        _ = self._words.gettext
        return StepView(
            _("That could not be read"), (_("Please go back, open the page anew, and fill in the form that is there."),)
        )

    def _over(self) -> str:
        _ = self._words.gettext
        if self._discreet:
            return _("It is done. Nothing more will come, except a letter that may already be on its way.")
        return _("No more letters of this list will come to you, except one that may already be on its way.")

    def _again(self) -> tuple[str, ...]:
        return () if self._discreet else (self._words.gettext("You can subscribe again at any time."),)

    def _sign_up(self) -> Link | None:
        return None if self._discreet else Link(self._words.gettext("Subscribe"), self._paths.subscribe())
