"""A member's own page: roles, password, second factor, and where they are signed in."""

from __future__ import annotations

import binascii
from base64 import b32decode

from digest.desk.signing_in import end_session, list_sessions, sign_out
from digest.desk.staffing import CodesOffer, change_password, confirm_codes, drop_codes, set_up_codes
from digest.errors import StaffError
from digest.staff.codes import provisioning, render_qr, show_key
from digest.staff.roles import Right
from digest.web.desk.visiting import Answer, Door, Visit

__all__ = ["DOORS"]

_HERE = "/desk/me"


def show_me(visit: Visit) -> Answer:
    """Who I am."""
    return _page(visit)


def do_codes(visit: Visit) -> Answer:
    """Begin to set the second factor up, or switch it off."""
    if visit.sent("do") == "drop":
        opened = drop_codes(visit.place, visit.member, device=visit.device)
        return visit.renew(opened.cookie).go(_HERE, "The second factor is off: your password alone lets you in.", "bad")
    return _page(visit, offer=set_up_codes(visit.place, visit.member))


def do_confirm(visit: Visit) -> Answer:
    """Switch the second factor on, once a code shows that the app has the key."""
    key = _read_key(visit.sent("key"))
    try:
        opened = confirm_codes(visit.place, visit.member, key, visit.sent("code").replace(" ", ""), device=visit.device)
    except StaffError as error:
        uri = provisioning(key, visit.member.name, visit.settings.newsroom.name)
        return _page(visit, offer=CodesOffer(key, uri), fault=f"{error.cause}. {error.remedy}", status=422)
    return visit.renew(opened.cookie).go(_HERE, "The second factor is on. From now on signing in asks for a code.")


def do_password(visit: Visit) -> Answer:
    """Take a new password."""
    new = _one(visit, "new")
    try:
        if new != _one(visit, "again"):
            raise StaffError("password", "the two new ones differ", "Type the same one twice.")
        opened = change_password(
            visit.place,
            visit.member,
            visit.cookie,
            password=_one(visit, "password"),
            code=visit.sent("code"),
            new=new,
            device=visit.device,
        )
    except StaffError as error:
        return _page(visit, password_fault=f"{error.cause}. {error.remedy}".strip(), status=422)
    return visit.renew(opened.cookie).go(_HERE, "The password is changed. Everywhere else you are signed out.")


def do_session(visit: Visit) -> Answer:
    """End one of my sessions."""
    end_session(visit.place, visit.member, visit.sent("session"), visit.actor)
    return visit.go(_HERE, "Signed out there.")


def do_sign_out(visit: Visit) -> Answer:
    """End this session."""
    sign_out(visit.place, visit.cookie)
    return Answer(b"", 303, fields=((b"location", b"/desk/sign-in"),), ends_session=True)


def _page(
    visit: Visit, *, offer: CodesOffer | None = None, fault: str = "", password_fault: str = "", status: int = 200
) -> Answer:
    return visit.render(
        "desk/me.html",
        status,
        roles=[role.value.replace("-", " ") for role in sorted(visit.member.roles)],
        qr=render_qr(offer.uri) if offer else "",
        key=show_key(offer.key) if offer else "",
        fault=fault,
        password_fault=password_fault,
        sessions=list_sessions(visit.place, visit.member, visit.cookie),
    )


def _read_key(shown: str) -> bytes:
    """The key that the page showed.

    Raises:
        StaffError: it is none.
    """
    try:
        key = b32decode(shown.replace(" ", "").upper())
    except (binascii.Error, ValueError):
        key = b""
    if not 16 <= len(key) <= 64:
        raise StaffError("key", "it is not the one that the page showed", "Set the second factor up once more.")
    return key


def _one(visit: Visit, name: str) -> str:
    """A password as it was typed, blanks included."""
    return next(iter(visit.form.get(name, ())), "")


DOORS = (
    Door("/me", Right.LOOK, show_me),
    Door("/me/codes", Right.LOOK, None, do_codes, proved=True),
    Door("/me/codes/confirm", Right.LOOK, None, do_confirm, proved=True),
    Door("/me/password", Right.LOOK, None, do_password),
    Door("/me/sessions", Right.LOOK, None, do_session),
    Door("/sign-out", Right.LOOK, None, do_sign_out),
)
