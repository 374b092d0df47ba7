"""The sentences of single letters. Both parts show the same ones; a discreet letter has fewer, and names nothing."""

from __future__ import annotations

from digest.mail.single import SingleKind, SingleLetter, SingleSentences
from digest.mail.single_notices import build_notice_sentences
from digest.templates import Words

__all__ = ["build_single_sentences", "press_subject", "single_subject"]

_HOURS_IN_WORDS = 72  # what works for longer is told in days


def single_subject(kind: SingleKind, discreet: bool, list_title: str, words: Words) -> str:
    """The subject, of any length; a discreet one says nothing of newsroom or list."""
    _ = words.gettext
    neutral = {
        "confirmation": _("Please confirm"),
        "present": _("About your request"),
        "preferences": _("The link that you asked for"),
        "move": _("Please confirm"),
        "goodbye": _("As you asked"),
    }
    full = {
        "confirmation": _("Please confirm: %(list)s"),
        "present": _("You already get: %(list)s"),
        "preferences": _("Your link to change what you get"),
        "move": _("Another address for your letters?"),
        "goodbye": _("You have unsubscribed: %(list)s"),
    }
    return neutral[kind] if discreet else full[kind] % {"list": list_title}


def press_subject(newsroom: str, words: Words) -> str:
    """The subject of the letter that brings the address of a private feed, of any length."""
    return words.gettext("Your private feed: %(newsroom)s") % {"newsroom": newsroom}


def build_single_sentences(letter: SingleLetter, words: Words) -> SingleSentences:
    """The sentences of that letter."""
    if letter.notice is not None:
        return build_notice_sentences(letter)
    return (_DISCREET if letter.is_discreet else _FULL)[letter.kind](letter, words)


def _confirmation(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    asked = _(
        "Somebody, perhaps you, asked for letters from %(newsroom)s to this address. They begin once you have confirmed."
    )
    closing = (_works_for(letter.link_hours, words), _("If you did not ask for this, do nothing: nothing more will come."))
    return SingleSentences(
        subject=letter.subject,
        preheader=" ".join(closing),
        heading=_("Please confirm"),
        opening=(asked % {"newsroom": letter.newsroom},),
        chosen=_("What was asked for"),
        lines=_lines(letter, words),
        button=_("Confirm your subscription"),
        closing=closing,
        reason=_("You get this letter because this address was entered in the form to subscribe."),
    )


def _present(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    asked = _(
        "Somebody, perhaps you, asked for letters from %(newsroom)s to this address again. "
        "You already get them, and nothing has changed."
    )
    idle = _("If you did not ask for this, do nothing: everything stays as it is.")
    return SingleSentences(
        subject=letter.subject,
        preheader=idle,
        heading=_("You already get this"),
        opening=(asked % {"newsroom": letter.newsroom},),
        chosen=_("What you get"),
        lines=_lines(letter, words),
        button=_("Change what you get"),
        closing=(_works_for(letter.link_hours, words), idle, _keep_private(words)),
        reason=_("You get this letter because this address was entered in the form to subscribe."),
    )


def _preferences(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    works = _works_for(letter.link_hours, words)
    idle = _("If you did not ask for this, do nothing: everything stays as it is.")
    return SingleSentences(
        subject=letter.subject,
        preheader=f"{works} {idle}",
        heading=_("Your choices"),
        opening=(_("With this link you can choose other topics, another rhythm or another form, or leave."),),
        button=_("Change what you get"),
        closing=(works, idle, _keep_private(words)),
        reason=_("You get this letter because this link was asked for on the page to unsubscribe."),
    )


def _move(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    asked = _(
        "Somebody, perhaps you, asked that letters from %(newsroom)s go to another address from now on. "
        "They do once both addresses have agreed; that one gets a letter too."
    )
    idle = _("If you did not ask for this, do nothing: everything stays as it is.")
    return SingleSentences(
        subject=letter.subject,
        preheader=idle,
        heading=_("Another address for your letters?"),
        opening=(asked % {"newsroom": letter.newsroom},),
        button=_("Agree"),
        closing=(_works_for(letter.link_hours, words), idle),
        reason=_("You get this letter because this was asked for with the link to your choices."),
    )


def _goodbye(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    over = _("No more letters of this list will come to you, except one that may already be on its way.")
    return SingleSentences(
        subject=letter.subject,
        preheader=over,
        heading=_("You have unsubscribed"),
        opening=(over, *_erased_after(letter.kept_days, words), *_undo(letter, words)),
        button=_("Come back") if letter.has_link else "",
        closing=(_works_for(letter.link_hours, words),) if letter.has_link else (),
        again="" if letter.has_link else _("To come back, subscribe again on our pages:"),
        reason=_("You get this last letter because you unsubscribed."),
    )


def _press_feed(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    gives = _(
        "%(newsroom)s gives you a feed of your own. It has everything that we publish, and before it what is still "
        "under embargo: the title says until when. Please publish nothing of that before its moment."
    )
    alone = _("This address is for you alone. Do not pass it on: whoever has it reads what is under embargo.")
    kept = _("Keep it in a feed reader on your own computer, not in an online one that others can look into.")
    formats = _("At its end stands atom; with rss or json in that place you get the same feed in another format.")
    lost = _("If somebody else may have seen it, or you need it no more, write to us and we close it: %(contact)s")
    return SingleSentences(
        subject=letter.subject,
        preheader=alone,
        heading=_("Your private feed"),
        opening=(gives % {"newsroom": letter.newsroom},),
        button=_("Open the feed"),
        copied=_("Or copy its address into your feed reader:"),
        closing=(alone, kept, formats, lost % {"contact": letter.contact}),
        reason=_("You get this letter because %(newsroom)s has accredited you as press.") % {"newsroom": letter.newsroom},
        pledge=_(
            "No tracking, with one exception: we keep the day on which the feed was last read, and nothing else of its use."
        ),
    )


def _discreet_confirmation(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    shown = _("The page shows what was asked for.")
    idle = _("If you did not ask for this, do nothing: nothing more will come.")
    return SingleSentences(
        subject=letter.subject,
        opening=(_("If you asked for this, please confirm on this page:"),),
        closing=(f"{shown} {_works_for(letter.link_hours, words)}", idle),
    )


def _discreet_present(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    have = _("If you asked for this: you have it already, and nothing has changed.")
    look = _("To look at it or to change it, open this page:")
    idle = _("If you did not ask for this, do nothing: everything stays as it is.")
    return SingleSentences(
        subject=letter.subject,
        opening=(have, look),
        closing=(_works_for(letter.link_hours, words), idle, _keep_private(words)),
    )


def _discreet_preferences(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    idle = _("If you did not ask for this, do nothing: everything stays as it is.")
    return SingleSentences(
        subject=letter.subject,
        opening=(_("If you asked for this link, here it is:"),),
        closing=(_works_for(letter.link_hours, words), idle, _keep_private(words)),
    )


def _discreet_move(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    asked = _("If you asked that letters go to another address, please agree on this page:")
    idle = _("If you did not ask for this, do nothing: everything stays as it is.")
    return SingleSentences(subject=letter.subject, opening=(asked,), closing=(_works_for(letter.link_hours, words), idle))


def _discreet_goodbye(letter: SingleLetter, words: Words) -> SingleSentences:
    _ = words.gettext
    over = _("It is done. Nothing more will come, except a letter that may already be on its way.")
    again = () if letter.has_link else (_("To come back, ask again in the same place as before."),)
    return SingleSentences(
        subject=letter.subject,
        opening=(over, *_erased_after(letter.kept_days, words), *_undo(letter, words), *again),
        closing=(_works_for(letter.link_hours, words),) if letter.has_link else (),
    )


def _lines(letter: SingleLetter, words: Words) -> tuple[str, ...]:
    pattern = words.gettext("%(label)s: %(value)s")
    return tuple(pattern % {"label": row.label, "value": row.value} for row in letter.rows)


def _works_for(hours: int, words: Words) -> str:
    days, rest = divmod(hours, 24)
    if hours > _HOURS_IN_WORDS and not rest:
        return words.ngettext("The link works for %(count)s day.", "The link works for %(count)s days.", days) % {
            "count": days
        }
    return words.ngettext("The link works for %(count)s hour.", "The link works for %(count)s hours.", hours) % {
        "count": hours
    }


def _erased_after(days: int, words: Words) -> tuple[str, ...]:
    sentence = words.ngettext(
        "Your address will be erased after %(count)s day.", "Your address will be erased after %(count)s days.", days
    )
    return (sentence % {"count": days},) if days else ()


def _undo(letter: SingleLetter, words: Words) -> tuple[str, ...]:
    if not letter.has_link:
        return ()
    return (words.gettext("If it was a mistake, come back with this link: everything goes on as before."),)


def _keep_private(words: Words) -> str:
    return words.gettext("Do not pass this letter on: whoever has the link can change what you get.")


_FULL = {
    "confirmation": _confirmation,
    "present": _present,
    "preferences": _preferences,
    "move": _move,
    "goodbye": _goodbye,
    "press-feed": _press_feed,
}
_DISCREET = {
    "confirmation": _discreet_confirmation,
    "present": _discreet_present,
    "preferences": _discreet_preferences,
    "move": _discreet_move,
    "goodbye": _discreet_goodbye,
}
