"""The letter that brings accredited press the address of a private feed."""

from __future__ import annotations

from dataclasses import dataclass, field

from digest.desk.letters import queue_single, read_recipient, refuse_suppressed
from digest.desk.workplace import Workplace
from digest.errors import UsageError
from digest.mail.single import SingleLetter
from digest.mail.single_filling import fill_press_feed
from digest.settings import Settings
from digest.store.sqlite import AnyConnection
from digest.subscribers.addresses import Address

__all__ = ["PressMailing", "plan_mailing"]


@dataclass(frozen=True, slots=True)
class PressMailing:
    """The letter, and to whom it goes."""

    letter: SingleLetter
    address: Address = field(repr=False)

    def queue(self, place: Workplace, connection: AnyConnection, feed_url: str, occasion: str) -> None:
        """Queue it with the feed's address, in the transaction that makes the feed.

        Raises:
            SubscriberError: the person is never to be mailed.
            TemplateError: the letter cannot be made with the site's templates.
            DeliveryError: an address does not fit a letter.
        """
        refuse_suppressed(place, connection, self.address)
        queue_single(place, connection, self.letter, self.address, link=feed_url, occasion=occasion)


def plan_mailing(place: Workplace, to: str, language: str = "") -> PressMailing:
    """The letter to a mail address, in one of the newsroom's languages, else in its own.

    Raises:
        UsageError: the newsroom does not write in that language.
        SubscriberError: the address cannot be mailed, or there is no list that the letter could come from.
        TemplateError: the sentences of that language cannot be read.
    """
    settings = place.site.settings
    _check_language(settings, language)
    return PressMailing(fill_press_feed(settings, place.templates, language), read_recipient(to))


def _check_language(settings: Settings, language: str) -> None:
    if language and language not in settings.languages:
        known = ", ".join(settings.languages)
        raise UsageError("--language", f"the newsroom does not write in {language}", f"Its languages are: {known}.")
