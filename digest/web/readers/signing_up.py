"""Signing up, and asking for the link to one's choices: what anybody can do who names an address."""

from __future__ import annotations

from digest.desk.asking import Asked, take_request
from digest.pages.reader_views import Entry
from digest.subscribers.requests import Wish
from digest.web.readers.forms import Fields, judge_entry, read_entry
from digest.web.readers.visiting import Answer, Visit, judge_guard

__all__ = ["ask_for_link", "show_ask", "show_sign_up", "sign_up"]


def show_sign_up(visit: Visit) -> Answer:
    """The form of a list, or all lists where none is named and there are several."""
    settings, pages = visit.settings, visit.pages()
    if not settings.web.sign_up:
        return Answer(pages.step(pages.steps.broken()), 404)
    topics = tuple(topic for topic in settings.topics if topic in visit.query.get("topic", ()))
    topics = tuple(topic for topic in topics if settings.topics[topic].is_open)
    name = visit.name or (next(iter(settings.lists)) if len(settings.lists) == 1 else "")
    if name not in settings.lists:
        query = "&".join([f"language={visit.language}", *(f"topic={topic}" for topic in topics)])
        return Answer(pages.lists(f"?{query}"), 404 if visit.name else 200, is_found=not visit.name)
    entry = Entry(takes_all=not topics, topics=topics, language=visit.language)
    return Answer(pages.subscribe(name, entry, visit.stamps.make(visit.now)), is_found=True)


def sign_up(visit: Visit, fields: Fields) -> Answer:
    """Take the request of whoever filled in a list's form; the answer is the same for every address."""
    if not visit.settings.web.sign_up or visit.name not in visit.settings.lists:
        return show_sign_up(visit)
    pages, entry = visit.pages(), read_entry(fields)
    faults, stamp = judge_guard(visit, fields, entry)
    wish = judge_entry(visit.name, entry, visit.settings)
    if not isinstance(wish, Wish):
        faults = (*faults, wish)
    if faults or not isinstance(wish, Wish):
        return Answer(pages.subscribe(visit.name, entry, stamp, faults), 422)
    words = pages.consent(visit.name)
    page = f"subscribe/{visit.name}"
    take_request(visit.place, Asked("subscribe", entry.address, wish, visit.language, words, page, visit.network))
    return Answer(pages.look_into_mail("subscribe"))


def show_ask(visit: Visit) -> Answer:
    """The form that asks for the link to one's choices."""
    return Answer(visit.pages().ask_for_link(Entry(), visit.stamps.make(visit.now)), is_found=True)


def ask_for_link(visit: Visit, fields: Fields) -> Answer:
    """Take the request of whoever wants that link; the answer is the same for every address."""
    pages, entry = visit.pages(), read_entry(fields)
    faults, stamp = judge_guard(visit, fields, entry)
    if faults:
        return Answer(pages.ask_for_link(entry, stamp, faults), 422)
    asked = Asked("preferences", entry.address, language=visit.language, page="preferences", network=visit.network)
    take_request(visit.place, asked)
    return Answer(pages.look_into_mail("preferences"))
