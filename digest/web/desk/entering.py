"""Signing in, and the links that let somebody in for the first time or again."""

from __future__ import annotations

import re

from digest.desk.signing_in import sign_in
from digest.desk.staffing import join, look_at_link
from digest.errors import DigestError
from digest.web.desk.guests import Entry, Guest
from digest.web.desk.visiting import Answer

__all__ = ["ENTRIES", "judge_next"]

_INSIDE = re.compile(r"/desk/[A-Za-z0-9/_.\-]{0,200}")


def judge_next(address: str) -> str:
    """Where to go after signing in: an address of the desk, else its first page."""
    return address if _INSIDE.fullmatch(address) and "//" not in address else "/desk/"


def show_sign_in(guest: Guest) -> Answer:
    """The form to sign in."""
    return guest.render("desk/sign_in.html", next=judge_next(guest.asked("next")), who="", fault="")


def do_sign_in(guest: Guest) -> Answer:
    """Sign in; a wrong name, password or code is answered alike."""
    name, further = guest.sent("name").strip(), judge_next(guest.sent("next"))
    try:
        opened = sign_in(
            guest.place,
            name,
            guest.sent("password"),
            guest.sent("code").strip(),
            network=guest.network,
            device=guest.device,
        )
    except DigestError as error:
        return guest.render("desk/sign_in.html", 422, next=further, who=name, fault=f"{error.cause}. {error.remedy}".strip())
    return guest.enter(opened.cookie, further)


def show_join(guest: Guest) -> Answer:
    """What a link is for, and the form to choose a password; looking uses nothing up."""
    return _join_page(guest, "", 200)


def do_join(guest: Guest) -> Answer:
    """Take the password, and use the link up."""
    if guest.sent("password") != guest.sent("again"):
        return _join_page(guest, "The two passwords differ. Type the same one twice.", 422)
    try:
        opened = join(
            guest.place,
            guest.path["token"],
            name=guest.sent("name").strip(),
            password=guest.sent("password"),
            network=guest.network,
            device=guest.device,
        )
    except DigestError as error:
        return _join_page(guest, f"{error.cause}. {error.remedy}".strip(), 422)
    return guest.enter(opened.cookie, "/desk/me", "Welcome. Set up a second factor now: a password alone can be stolen.")


def _join_page(guest: Guest, fault: str, status: int) -> Answer:
    link = look_at_link(guest.place, guest.path["token"])
    if link is None:
        return guest.render("desk/join_over.html", 404)
    return guest.render("desk/join.html", status, link=link, who=guest.sent("name").strip(), fault=fault)


ENTRIES = (Entry("/sign-in", show_sign_in, do_sign_in), Entry("/join/{token}", show_join, do_join))
