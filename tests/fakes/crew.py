"""Members of staff at a site, put into the database as if they had come in by their links: that takes no hashing of each."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pyotp

from digest.desk.signing_in import Opened, sign_in
from digest.desk.workplace import Workplace
from digest.staff.members import Member
from digest.staff.passwords import hash_password
from digest.staff.roles import Role
from digest.staff.throttling import MEMORY, build_gates
from digest.store.rates import add_counts
from digest.store.staff import add_member, change_member, find_member, keep_code_key, keep_password
from digest.subscribers.limits import Count

PASSWORD = "four words nobody guesses"
CODE_KEY = b"12345678901234567890"
HOME = "192.0.2.7"


@cache
def known_hash() -> str:
    """The hash of the password that all have."""
    return hash_password(PASSWORD)


def code_at(place: Workplace, steps: int = 0) -> str:
    """What the app of whoever has a second factor shows, so many steps from now."""
    import base64

    moment = place.now + timedelta(seconds=30 * steps)
    return pyotp.TOTP(base64.b32encode(CODE_KEY).decode()).at(moment)


class Crew:
    """Staff at a site; all have the same password."""

    password = PASSWORD

    def __init__(self, place: Workplace) -> None:
        self.place = place

    def add(self, name: str, *roles: Role | str, codes: bool = False) -> Member:
        """A member who can sign in."""
        wanted = [Role(role) for role in roles]
        with self.place.hot.writing() as connection:
            member = add_member(connection, name, wanted, "invited", self.place.now)
            change_member(connection, member.id, roles=wanted, state="active")
            keep_password(connection, member.id, known_hash())
            if codes:
                self.place.open_keys(connection)
                keep_code_key(connection, member.id, self.place.sealer.seal_secret(CODE_KEY))
        return self.find(name)

    def find(self, name: str) -> Member:
        """The member as it is now."""
        with self.place.hot.reading() as connection:
            found = find_member(connection, name)
        assert found is not None
        return found

    def besiege(self, name: str, tries: int) -> None:
        """So many wrong passwords were tried with a name, each from a network of its own."""
        with self.place.hot.writing() as connection:
            self.place.open_keys(connection)
            gate = build_gates(self.place.keys.index, name.casefold(), "", self.place.now).name
            add_counts(connection, [Count(gate.name, self.place.now + MEMORY)] * tries, self.place.now)

    def code(self, steps: int = 0) -> str:
        """What the app shows, so many steps of 30 seconds from now."""
        return code_at(self.place, steps)

    def sign_in(self, name: str, code: str = "", *, network: str = HOME, device: str = "Firefox on Linux") -> Opened:
        """Sign in with the right password."""
        return sign_in(self.place, name, PASSWORD, code, network=network, device=device)
