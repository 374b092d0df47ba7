"""Any history of signing up, confirming, choosing, leaving, coming back and erasing ends as a simple model says.

The model knows nothing of tokens, epochs or rows: for each link that was ever mailed it remembers what it was for and what
has happened since, and says whether it still works. Links are kept for ever and tried in any order.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from digest.desk import choosing, confirming, erasing, leaving
from digest.desk.workplace import Workplace
from digest.errors import SubscriberError
from digest.settings import open_site
from digest.subscribers.requests import Wish

NEWSROOM = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
languages = ["en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
[kinds.update]
title = "Update"
[lists.supporters]
title = "Supporters"
sender = "Test Newsroom <digest@newsroom.example.org>"
[lists.press]
title = "Press"
sender = "Test Newsroom <press@newsroom.example.org>"
"""
PEOPLE, LISTS = ("ada", "bob"), ("supporters", "press")
DAY, MONTH = timedelta(days=1), timedelta(days=30)
SPANS = {"confirmation": ((1, DAY), (3, MONTH)), "link": ((3, DAY), (10, MONTH))}
people, lists = st.sampled_from(PEOPLE), st.sampled_from(LISTS)
wishes = st.builds(
    lambda topics, form: {"topics": topics, "form": form},
    st.sampled_from([(), ("ukraine",), ("russia", "ukraine")]),
    st.sampled_from(["full", "discreet"]),
)
ACTS = st.sampled_from(["leave", "change", "join", "join", "pause", "leave all", "erase"])
COMMON = [["join", "leave all", "join"], ["join", "leave", "join"], ["join", "leave all"]]


@dataclass
class Link:
    """A link that was mailed or shown: what it is for, until when, and whether something has made it void since."""

    purpose: str
    who: str
    token: str
    until: datetime
    list_id: str = ""
    wish: Wish | None = None
    is_void: bool = False
    is_used: bool = False


@dataclass
class Standing:
    """What somebody has of a list: what they get, and when they left, if they did."""

    wish: Wish
    left_at: datetime | None = None
    consents: int = 1


@dataclass
class Person:
    """Somebody, as the model sees them."""

    has: dict[str, Standing] = field(default_factory=dict)
    is_suppressed: bool = False
    letters: dict[str, list[datetime]] = field(default_factory=dict)

    @property
    def gets(self) -> dict[str, Wish]:
        return {name: one.wish for name, one in self.has.items() if one.left_at is None}


class Histories(RuleBasedStateMachine):
    """The site beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="reader-histories-"))
        (self.folder / "items").mkdir()
        (self.folder / "newsroom.toml").write_text(NEWSROOM, "utf-8")
        self.place = Workplace(open_site(self.folder, {}), datetime(2022, 2, 28, 9, tzinfo=UTC))
        self.visitors = _load().Visitors(self.place)
        self.people = {name: Person() for name in PEOPLE}
        self.asked: list[tuple[str, str, Wish | None]] = []
        self.links: list[Link] = []
        self.networks = 0

    def teardown(self) -> None:
        self.place.close()
        shutil.rmtree(self.folder)

    # what people do who only name an address

    @initialize(who=people, list_id=lists, wish=wishes)
    def begin(self, who: str, list_id: str, wish: dict[str, Any]) -> None:
        self.sign_up(who, list_id, wish)
        self.work()

    @rule(who=people, list_id=lists, wish=wishes)
    def sign_up(self, who: str, list_id: str, wish: dict[str, Any]) -> None:
        self.visitors.ask(who, list_id, network=self._network(), **wish)
        self.asked.append((who, list_id, Wish(list_id, "weekly", "en", **wish)))

    @rule(who=people)
    def ask_for_link(self, who: str) -> None:
        self.visitors.ask_for_link(who, network=self._network())
        self.asked.append((who, "", None))

    @rule()
    def work(self) -> None:
        """The site decides what is new; each letter that leaves is one that the model expects."""
        letters = {one.number: one for one in self.visitors.work()}
        expected: list[Link | None] = []
        for who, list_id, wish in self.asked:
            sort = "link" if wish is None else "confirmation"
            if self._may_write(who, sort):
                expected.append(self._expect(who, list_id, wish))
        self.asked.clear()
        assert len(letters) == len(expected)
        for letter, link in zip(letters.values(), expected, strict=True):
            assert letter.goes == (link is not None)
            if link is not None:
                assert letter.to == f"{link.who}@example.org"
                link.token = letter.token
                self.links.append(link)

    def _expect(self, who: str, list_id: str, wish: Wish | None) -> Link | None:
        """The link in the letter, None when the letter is never sent."""
        person, now = self.people[who], self.place.now
        manage = Link("manage", who, "", now + timedelta(hours=1))
        if person.is_suppressed:
            return None
        if wish is None:
            return manage if person.gets else None
        return manage if list_id in person.gets else Link("confirm", who, "", now + timedelta(hours=72), list_id, wish)

    # what they do behind links

    @rule(who=people, list_id=lists, wish=wishes)
    def come(self, who: str, list_id: str, wish: dict[str, Any]) -> None:
        """Sign up when no limit is in the way, and confirm at once."""
        self.wait(timedelta(days=11))
        self.sign_up(who, list_id, wish)
        self.work()
        self._use(self.links[-1], "change", wish)
        for link in [one for one in self.links if one.purpose == "undo" and one.who == who][-2:]:
            self._use(link, "", wish)

    @rule(who=people, list_id=lists, first=st.booleans(), wish=wishes)
    def come_twice(self, who: str, list_id: str, first: bool, wish: dict[str, Any]) -> None:
        """Sign up on two days, and confirm both letters in any order."""
        self.wait(timedelta(days=11))
        for _ in range(2):
            self.wait(timedelta(hours=25))
            self.sign_up(who, list_id, wish)
            self.work()
        for link in self.links[-2:] if first else self.links[:-3:-1]:
            self._use(link, "change", wish)

    @rule(who=people, list_id=lists, wish=wishes)
    def leave_in_between(self, who: str, list_id: str, wish: dict[str, Any]) -> None:
        """Leave while the site has still to look at what was asked."""
        self.wait(timedelta(days=11))
        self.sign_up(who, list_id, wish)
        self.leave(who, list_id, "page")
        self.work()

    @rule(who=people, acts=st.lists(ACTS, min_size=1, max_size=4) | st.sampled_from(COMMON), wish=wishes)
    def choose(self, who: str, acts: list[str], wish: dict[str, Any]) -> None:
        """Ask for the link to one's choices, and use it some times, also when it is void by then."""
        self.ask_for_link(who)
        self.work()
        link = self.links[-1]
        for act in acts if link.purpose == "manage" else ():
            self._use(link, act, wish)

    @precondition(lambda self: any(link.purpose == "undo" for link in self.links))
    @rule(span=st.sampled_from([timedelta(), timedelta(minutes=7), DAY]))
    def regret(self, span: timedelta) -> None:
        """Come back by the newest way back, and leave again some time later."""
        link = [link for link in self.links if link.purpose == "undo"][-1]
        self._use(link, "", {})
        self.wait(span)
        self.leave(link.who, link.list_id, "page")

    @precondition(lambda self: self.links)
    @rule(data=st.data(), act=ACTS, wish=wishes)
    def use_any_link(self, data: st.DataObject, act: str, wish: dict[str, Any]) -> None:
        """Whatever there ever was, of any sort."""
        purpose = data.draw(st.sampled_from(sorted({link.purpose for link in self.links})))
        self._use(data.draw(st.sampled_from([link for link in self.links if link.purpose == purpose])), act, wish)

    def _use(self, link: Link, act: str, wish: dict[str, Any]) -> None:
        works = self._works(link)
        if link.purpose == "confirm":
            self._confirm(link, works)
        elif link.purpose == "undo":
            self._undo(link, works)
        elif not works:
            for door in (choosing.look, choosing.export):
                assert self._refused(lambda door=door: door(self.place, link.token))  # type: ignore[misc]
            assert self._refused(lambda: erasing.erase(self.place, link.token, False))
        else:
            self._manage(link, act, wish)

    def _works(self, link: Link) -> bool:
        person, now = self.people[link.who], self.place.now
        if link.is_void or now >= link.until:
            return False
        if link.purpose == "manage":
            return True
        return not person.is_suppressed

    def _confirm(self, link: Link, works: bool) -> None:
        person = self.people[link.who]
        assert self._refused(lambda: confirming.look(self.place, link.token)) is not works
        assert self._refused(lambda: confirming.confirm(self.place, link.token)) is not works
        if not works or link.is_used:
            return
        assert link.wish is not None
        self._subscribe(person, link.who, link.wish)
        link.is_used = True
        self._void(lambda one: one.purpose == "confirm" and one.who == link.who and one.list_id == link.list_id, spare=link)
        self.asked = [one for one in self.asked if one[:2] != (link.who, link.list_id)]

    def _subscribe(self, person: Person, who: str, wish: Wish) -> None:
        known = person.has.get(wish.list_id)
        if known is not None and known.left_at is not None:
            # a new epoch: links that were mailed for the time before are worth nothing
            number = self.visitors.number(who, wish.list_id)
            self._void(lambda one: one.who == who and one.purpose == "manage" and self._names(one, number))
            self._void(lambda one: one.who == who and one.purpose == "undo" and one.list_id == wish.list_id)
        consents = 1 if known is None else known.consents + 1
        person.has[wish.list_id] = Standing(wish, None, consents)

    def _undo(self, link: Link, works: bool) -> None:
        person = self.people[link.who]
        first = person.has.get(link.list_id)
        if works and first is not None and first.left_at is not None:
            works = first.left_at + MONTH == link.until
        assert self._refused(lambda: leaving.look_at_undo(self.place, link.token)) is not works
        assert self._refused(lambda: leaving.undo(self.place, link.token)) is not works
        if works and first is not None and first.left_at is not None:
            moment = first.left_at
            for one in person.has.values():
                if one.left_at == moment:
                    one.left_at = None

    def _manage(self, link: Link, act: str, wish: dict[str, Any]) -> None:
        person, place = self.people[link.who], self.place
        shown = choosing.look(place, link.token)
        assert {one.list_id: one.wish for one in shown.standing} == person.gets
        assert set(shown.joinable) == (set() if person.is_suppressed else set(LISTS) - set(person.gets))
        first = next(iter(person.gets), None)
        if act == "erase":
            erasing.erase(place, link.token, False)
            person.has.clear()
            person.letters.clear()
            self._void(lambda one: one.who == link.who)
            self.asked = [one for one in self.asked if one[0] != link.who]
        elif act == "join" and shown.joinable:
            chosen = Wish(shown.joinable[0], "weekly", "en", **wish)
            self._void(lambda one: one.purpose == "confirm" and one.who == link.who and one.list_id == chosen.list_id)
            known = person.has.get(chosen.list_id)
            if known is not None and self._names(link, self.visitors.number(link.who, chosen.list_id)):
                known.wish, known.left_at, known.consents = chosen, None, known.consents + 1  # the link's own list
            else:
                self._subscribe(person, link.who, chosen)
            choosing.join(place, link.token, chosen, "words")
            self.asked = [one for one in self.asked if one[:2] != (link.who, chosen.list_id)]
        elif act == "change" and first is not None:
            chosen = Wish(first, "weekly", "en", **wish)
            choosing.change(place, link.token, first, chosen)
            person.has[first].wish = chosen
        elif act == "pause" and first is not None:
            choosing.pause(place, link.token, first, place.now + DAY)
        elif act in ("leave", "leave all") and first is not None:
            which = list(person.gets) if act == "leave all" else [first]
            self._left(link.who, which, choosing.leave_lists(place, link.token, which))

    @rule(who=people, list_id=lists, how=st.sampled_from(["page", "one-click"]))
    def leave(self, who: str, list_id: str, how: str) -> None:
        """By the link of any letter, as often as they like."""
        person = self.people[who]
        if list_id not in person.has:
            return
        left = self.visitors.leave(who, list_id, how)
        assert bool(left.undo_token) is (list_id in person.gets)
        if list_id in person.gets:
            self._left(who, [list_id], left)

    def _left(self, who: str, which: list[str], left: leaving.Left) -> None:
        person, now = self.people[who], self.place.now
        for name in which:
            person.has[name].left_at = now
            self._void(lambda one, name=name: one.purpose == "confirm" and one.who == who and one.list_id == name)  # type: ignore[misc]
        self.asked = [one for one in self.asked if one[0] != who or one[1] not in which]
        first = which[0]
        self.links.append(Link("undo", who, left.undo_token, now + MONTH, left.list_id or first))

    # what happens besides

    @rule(who=people)
    def suppress(self, who: str) -> None:
        self.visitors.suppress(who)
        self.people[who].is_suppressed = True

    @rule(who=people)
    def unsuppress(self, who: str) -> None:
        self.visitors.sql("DELETE FROM suppression WHERE address_hash = ?", self.place.sealer.index(f"{who}@example.org"))
        self.people[who].is_suppressed = False

    @rule(span=st.sampled_from([timedelta(minutes=7), timedelta(hours=2), timedelta(hours=25), timedelta(days=11)]))
    def wait(self, span: timedelta) -> None:
        self.place.now += span

    @invariant()
    def everybody_gets_what_the_model_says(self) -> None:
        if "keys" not in self.place.__dict__:
            return
        for name, person in self.people.items():
            assert self.visitors.standing(name) == person.gets
        ((consents,),) = self.visitors.sql("SELECT count(*) FROM consent")
        assert consents == sum(one.consents for person in self.people.values() for one in person.has.values())
        ((open_, numbers),) = self.visitors.sql(
            "SELECT count(*), count(DISTINCT id) FROM subscription WHERE state = 'active'"
        )
        assert open_ == numbers == sum(len(person.gets) for person in self.people.values())

    # how the model is asked

    def _may_write(self, who: str, sort: str) -> bool:
        letters, now = self.people[who].letters.setdefault(sort, []), self.place.now
        if any(len([one for one in letters if one > now - length]) >= most for most, length in SPANS[sort]):
            return False
        letters.append(now)
        return True

    def _void(self, concerns: Any, spare: Link | None = None) -> None:
        for link in self.links:
            if link is not spare and concerns(link):
                link.is_void = True

    def _names(self, link: Link, number: int) -> bool:
        from base64 import urlsafe_b64decode

        return int.from_bytes(urlsafe_b64decode(link.token)[1:9], "big") == number

    def _refused(self, act: Any) -> bool:
        with suppress(SubscriberError):
            act()
            return False
        return True

    def _network(self) -> str:
        self.networks += 1
        return f"10.{self.networks // 250}.{self.networks % 250}.1"


def _load() -> ModuleType:
    name = "visitors"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent / "fakes" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


def test_any_history_ends_as_the_model_says() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    options = settings(max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(Histories, settings=options)
