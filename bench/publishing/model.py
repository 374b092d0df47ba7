"""What ought to be public: the rules of the documentation, worked out on item files as values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bench.publishing.files import Text, read_date, today
from bench.publishing.settings import Choice, Rules

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Public:
    """An item as it ought to be public. `number` is the log number of its release; `at` the moment of its newest event."""

    text: Text
    photo: int
    number: int
    published_at: datetime
    updated_at: datetime
    at: datetime
    formerly: Text | None = None

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands in feeds, newest last."""
        return self.published_at, self.number

    @property
    def is_withdrawn(self) -> bool:
        """Whether only a notice of it is left."""
        return self.text.withdrawn is not None

    @property
    def words(self) -> Iterator[str]:
        """The texts that may stand in public."""
        if self.text.withdrawn:
            yield from (self.text.title, self.text.name, self.text.withdrawn[1], self.text.issuer)
        else:
            yield from self.text.words

    def is_in(self, choice: Choice, rules: Rules) -> bool:
        """Whether it stands in the feed of a topic, kind and language."""
        topic, kind, language = choice
        text = self.text
        stands = topic is None or topic in {rules.reach(name) for name in text.topics}
        return stands and kind in (None, text.kind) and language in (None, text.language)


class Model:
    """The files and photos as they lie there, and what ought to be public of them.

    Attributes:
        texts: what each item file says, by its stem.
        changed: when each was last changed.
        photos: the number of the photo that lies under each name, 0 for bytes that are no photo.
        public: what ought to be public, by id.
        log_end: the number of the newest event.
        events: what the last publish ought to have logged.
    """

    def __init__(self) -> None:
        self.texts: dict[str, Text] = {}
        self.changed: dict[str, datetime] = {}
        self.photos: dict[str, int] = {}
        self.public: dict[str, Public] = {}
        self.log_end = 0
        self.events: list[tuple[str, str]] = []

    def claimed(self) -> dict[str, str]:
        """The stem of the file that claims each id."""
        return {text.claim: stem for stem, text in self.texts.items()}

    def claimants(self, name: str) -> list[Text]:
        """The files that claim an id."""
        return [text for text in self.texts.values() if text.claim == name]

    def sound(self) -> Mapping[str, Text]:
        """The files that can be published as they are, by id."""
        claims = self.claimed().keys()
        return {text.name: text for text in self.texts.values() if self._is_sound(text, claims)}

    def _is_sound(self, text: Text, claims: Collection[str]) -> bool:
        if text.fault or (text.photo and not self.photos[text.photo.src]):
            return False
        others = [other for other in self.claimants(text.name) if other is not text]
        if any(text.is_draft or not other.is_draft for other in others):
            return False
        return not text.translation_of or text.translation_of in claims

    def publish(self, now: datetime, *, only: str | None = None, timed: bool = False) -> None:
        """What a publish ought to do."""
        sound = self.sound()
        lost = self._lost()
        planned = []
        for text in sound.values():
            if only is not None and text.name != only:
                continue
            if timed and not self._ripens(text):
                continue
            found = self._plan(text, now, lost)
            if found:
                planned.append((read_date(text.date), text.name, found))
        self.events = []
        for _, name, (event, entry) in sorted(planned, key=lambda one: one[:2]):
            self._append(event, name, entry)

    def withdraw(self, name: str, now: datetime, reason: str) -> None:
        """What a withdrawal without help of the file ought to do."""
        known = self.public[name]
        if not known.is_withdrawn:
            text = replace(known.text, withdrawn=(today(now), reason))
            entry = replace(known, text=text, updated_at=max(now, known.updated_at + SECOND), at=now, formerly=known.text)
            self.events = []
            self._append("withdrawn", name, entry)

    def _append(self, event: str, name: str, entry: Public) -> None:
        self.log_end += 1
        self.events.append((event, name))
        self.public[name] = replace(entry, number=self.log_end) if event == "released" else entry

    def _lost(self) -> list[Public]:
        claims = self.claimed()
        return [entry for name, entry in self.public.items() if name not in claims and not entry.is_withdrawn]

    def _ripens(self, text: Text) -> bool:
        """Whether the passing of time alone releases it: it was saved before its moment."""
        return text.status == "ready" and text.name not in self.public and self.changed[text.stem] <= read_due(text)

    def _plan(self, text: Text, now: datetime, lost: Iterable[Public]) -> tuple[str, Public] | None:
        if text.status != "ready" or read_due(text) > now:
            return None
        known = self.public.get(text.name)
        photo = self.photos[text.photo.src] if text.photo else 0
        if known is None:
            twins = [entry for entry in lost if (entry.text.title, _day(entry.text)) == (text.title, _day(text))]
            if twins or text.withdrawn or _is_ahead(text, None, now):
                return None
            published = self._date(text, now)
            updated = max(published, read_date(text.updated)) if text.updated else published
            return "released", Public(text, photo, 0, published, updated, now)
        if (text.content, photo) == (known.text.content, known.photo):
            return None
        if (known.is_withdrawn and not text.withdrawn) or _is_ahead(text, known.text, now):
            return None
        entry = replace(known, text=text, photo=photo, at=now, formerly=known.text)
        if text.withdrawn:
            return "withdrawn", replace(entry, updated_at=max(now, known.updated_at + SECOND))
        if not _is_corrected(text, known.text):
            return "refiled", entry
        wanted = read_date(text.updated) if text.updated else now
        wanted = wanted if known.updated_at < wanted <= now else now
        return "corrected", replace(entry, updated_at=max(wanted, known.updated_at + SECOND))

    def _date(self, text: Text, now: datetime) -> datetime:
        """The moment of release on the item's own day, else that of its date or embargo."""
        return now if text.date == today(now) else read_due(text)


def read_due(text: Text) -> datetime:
    """The moment from which an item may be public."""
    return max(read_date(text.date), read_date(text.embargo)) if text.embargo else read_date(text.date)


def _day(text: Text) -> str:
    return today(read_date(text.date))


def _is_corrected(text: Text, before: Text) -> bool:
    moved = text.updated and (not before.updated or read_date(text.updated) > read_date(before.updated))
    return bool(moved) or len(text.corrections) > len(before.corrections)


def _is_ahead(text: Text, before: Text | None, now: datetime) -> bool:
    """Whether it says something new that holds only later."""
    day = today(now)
    notes = any(note[0] > day and (before is None or note not in before.corrections) for note in text.corrections)
    taken = text.withdrawn and text.withdrawn[0] > day and (before is None or text.withdrawn != before.withdrawn)
    moved = text.updated and read_date(text.updated) > now and (before is None or text.updated != before.updated)
    return bool(notes or taken or moved)
