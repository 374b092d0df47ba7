"""The site on disk, and what staff, time and accidents do to it."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from PIL import Image

from bench.publishing.files import Photo, Text, today, write_moment
from bench.publishing.model import Model
from bench.publishing.settings import Rules
from digest.desk import publishing
from digest.desk.building import Wanted, rebuild
from digest.desk.correcting import correct, withdraw
from digest.desk.publishing import PublishReport, publish
from digest.desk.workplace import Workplace
from digest.errors import ContentError
from digest.settings import open_site
from digest.store.database import open_store
from digest.store.releases import read_lines
from digest.templates import Templates
from digest.work.timed import Timer

START = datetime(2022, 1, 24, 9, tzinfo=UTC)
WAITS = (*(timedelta(minutes=10),) * 2, *(timedelta(hours=3),) * 3, *(timedelta(days=1),) * 3, timedelta(9), timedelta(33))
FAULTS = ("kind", "topic", "yaml", "unclosed", "bytes", "empty")
_TEMPLATES = Templates()
"""The shipped ones, for no history changes them; loading them would take most of its time."""
UNREADABLE = ("yaml", "unclosed", "bytes", "empty")
"""Faults with which no program can edit a file."""


class Kind(Enum):
    """What a step may have done to public/.

    Nothing; nothing, although events were logged; something; all that there was to do; only what time alone brings.
    """

    NOTHING = "nothing"
    STOPPED = "stopped"
    SOME = "some"
    ALL = "all"
    TIMED = "timed"


@dataclass(frozen=True)
class Outcome:
    """What a step did: the events that it logged, by type and id, and what was told to be wrong."""

    kind: Kind
    events: Sequence[tuple[str, str]]
    faults: Sequence[str] = ()


Judge = Callable[["World", Outcome], None]
"""Looks at public/ after a step."""


class World:
    """A site and its staff.

    Every step takes a source of chance of its own, so that a history without one of its steps goes on as before.

    Attributes:
        model: the files as values, and what ought to be public of them.
        rules: the settings.
        now: the clock.
        tampered: the path of the file in public/ that somebody else was at last.
        counts: how often each thing happened, for a history in which nothing happens proves nothing.
    """

    def __init__(self, folder: Path, judge: Judge) -> None:
        self.folder = folder
        self.now = START
        self.model, self.rules = Model(), Rules()
        self.counts: Counter[str] = Counter()
        self._timer: Timer | None = None
        self._told: list[str] = []
        self._log_end = 0
        self.compresses = False
        self.tampered = "nothing"
        self._judge = judge
        self._numbers = iter(range(100_000))
        (folder / "items" / "photos").mkdir(parents=True)
        (folder / "var").mkdir(mode=0o700)
        (folder / "var" / "digest.db").write_bytes(_empty_database())
        self._set(self.rules)

    @contextmanager
    def work(self) -> Iterator[Workplace]:
        """The desk as the next command finds it."""
        place = Workplace(open_site(self.folder, {}), self.now)
        place.__dict__["templates"] = _TEMPLATES
        try:
            yield place
        finally:
            place.close()

    # What staff write.

    def step_write(self, chance: Random) -> None:
        """An item dated today, as most are."""
        self._write(chance, today(self.now))

    def step_write_at_moment(self, chance: Random) -> None:
        """An item with a moment that has just passed, or is about to come."""
        moment = self.now + timedelta(minutes=chance.choice((-600, -60, -1, 0, 5, 60, 1500)))
        self._write(chance, write_moment(moment))

    def step_write_back(self, chance: Random) -> None:
        """An item of the past, by days or years."""
        self._write(chance, today(self.now - timedelta(days=chance.choice((1, 3, 20, 45, 700, 1200)))))

    def step_write_ahead(self, chance: Random) -> None:
        """An item dated ahead."""
        self._write(chance, today(self.now + timedelta(days=chance.choice((1, 2, 10)))))

    def step_write_embargoed(self, chance: Random) -> None:
        """An item under embargo."""
        end = self.now + timedelta(minutes=chance.choice((5, 60, 200, 1500, 5000)))
        day = today(self.now - timedelta(days=chance.choice((0, 0, 2))))
        self._write(chance, day, embargo=write_moment(end))

    def step_write_draft(self, chance: Random) -> None:
        """A draft."""
        self._write(chance, today(self.now), status="draft")

    def step_write_urgent(self, chance: Random) -> None:
        """An urgent item."""
        self._write(chance, today(self.now), urgent=True)

    def step_write_translation(self, chance: Random) -> None:
        """A translation of an item that has none."""
        texts = self.model.texts.values()
        translated = {text.translation_of for text in texts}
        roots = [text for text in texts if not text.translation_of and text.fault != "empty" and text.name not in translated]
        if roots:
            root = chance.choice(roots)
            language = "uk" if root.language == "en" else "en"
            self._write(chance, today(self.now), translation_of=root.name, language=language, kind=root.kind)

    def step_edit(self, chance: Random) -> None:
        """A silent change."""
        text = self._choose(chance)
        if text is None:
            return
        in_group = text.translation_of or any(one.translation_of == text.name for one in self.model.texts.values())
        changes: list[dict[str, Any]] = [
            {"body": self._body(chance)},
            {"title": f"Changed {self.word()}"},
            {"summary": f"In short {self.word()}"},
            {"issuer": f"Branch {self.word()}"},
            {"kind": chance.choice(("press-release", "update"))},
            {"topics": self._topics(chance)},
            {"language": chance.choice(("en", "uk"))} if not in_group else {"urgent": not text.urgent},
            {"photo": self._photo(chance)},
            {"date": today(self.now + timedelta(days=chance.choice((-3, 0, 2))))},
            {"embargo": write_moment(self.now + timedelta(hours=chance.choice((-1, 2))))},
        ]
        self._save(replace(text, **chance.choice(changes)))

    def step_finish(self, chance: Random) -> None:
        """A draft becomes ready, or an item a draft again."""
        drafts = [text for text in self.model.texts.values() if text.status == "draft"]
        text = chance.choice(drafts) if drafts and chance.random() < 0.7 else self._choose(chance)
        if text:
            self._save(replace(text, status="ready" if text.status == "draft" else "draft"))

    def step_note_correction(self, chance: Random) -> None:
        """A correction by hand, now and then dated ahead; or one is taken out again."""
        text = self._choose(chance, public=True)
        if text and chance.random() < 0.1:
            self._save(replace(text, corrections=text.corrections[:-1]))
        elif text:
            day = today(self.now + timedelta(days=chance.choice((0, 0, 0, 2))))
            day = max([day, *(one for one, _ in text.corrections)])
            self._save(replace(text, corrections=(*text.corrections, (day, f"Wrong was {self.word()}"))))

    def step_move_updated(self, chance: Random) -> None:
        """`updated` moves, to a moment that has passed or is to come."""
        text = self._choose(chance, public=True)
        if text:
            moment = self.now + timedelta(hours=chance.choice((-200, -30, -1, 0, 0, 20)))
            self._save(replace(text, updated=write_moment(moment), body=self._body(chance)))

    def step_note_withdrawal(self, chance: Random) -> None:
        """`withdrawn` by hand, now and then dated ahead; or taken out again."""
        text = self._choose(chance, public=True)
        if text and text.withdrawn:
            self._save(replace(text, withdrawn=None))
        elif text:
            day = today(self.now + timedelta(days=chance.choice((0, 0, 3))))
            self._save(replace(text, withdrawn=(day, f"Taken back {self.word()}")))

    # What happens to files.

    def step_rename(self, chance: Random) -> None:
        """A file gets another name, its id written down or not."""
        text = self._choose(chance)
        if text and text.fault != "empty":
            stem = self._stem()
            keeps = chance.random() < 0.5
            self._remove(text)
            self._save(replace(text, stem=stem, id=text.name if keeps or text.id else ""))

    def step_copy(self, chance: Random) -> None:
        """Somebody copies a file, so that two claim one id."""
        text = self._choose(chance)
        if text and text.fault != "empty":
            self._save(replace(text, stem=self._stem(), id=text.name, body=self._body(chance)))

    def step_delete(self, chance: Random) -> None:
        """A file is deleted."""
        text = self._choose(chance)
        if text:
            self._remove(text)

    def step_restore(self, chance: Random) -> None:
        """The file of a public item comes back as it was published."""
        claims = self.model.claimed()
        lost = [entry.text for name, entry in sorted(self.model.public.items()) if name not in claims]
        free = [text for text in lost if text.stem not in self.model.texts and self._fits(text)]
        if free:
            self._save(chance.choice(free))

    def _fits(self, text: Text) -> bool:
        """Whether its translation group has no other version in its language."""
        root = text.translation_of or text.name
        return all(
            one.language != text.language for one in self.model.texts.values() if root in (one.name, one.translation_of)
        )

    def step_break(self, chance: Random) -> None:
        """A slip makes a file unusable."""
        text = self._choose(chance)
        if text:
            faults = FAULTS if text.stem not in self.model.claimed() or text.stem == text.name else FAULTS[:-1]
            self._save(replace(text, fault=chance.choice(faults)))

    def step_mend(self, chance: Random) -> None:
        """A slip is mended."""
        broken = [text for text in self.model.texts.values() if text.fault]
        if broken:
            self._save(replace(chance.choice(broken), fault=""))

    def step_change_photo(self, chance: Random) -> None:
        """Another photo takes the place of one, or bytes that are none."""
        if self.model.photos:
            self._draw(chance.choice(sorted(self.model.photos)), is_photo=chance.random() < 0.6)

    # What the settings say.

    def step_set_entries(self, chance: Random) -> None:
        """Feeds become longer or shorter."""
        self._set(replace(self.rules, entries=chance.choice((1, 2, 3, 5))))

    def step_set_tombstone(self, chance: Random) -> None:
        """Notices stay for longer or shorter."""
        self._set(replace(self.rules, tombstone_hours=chance.choice((1, 48, 720))))

    def step_set_forms(self, chance: Random) -> None:
        """Archives or feeds of combinations, or none."""
        if chance.random() < 0.5:
            self._set(replace(self.rules, archives=not self.rules.archives))
        else:
            self._set(replace(self.rules, combinations=not self.rules.combinations))

    def step_move_topic(self, chance: Random) -> None:
        """A topic goes on in another one, for good."""
        if not self.rules.moved:
            self._set(replace(self.rules, moved=(("harbour", chance.choice(("ukraine", "russia"))),)))

    def step_end_topic(self, chance: Random) -> None:
        """A topic ends, for good."""
        if not self.rules.ended:
            day = today(self.now + timedelta(days=chance.choice((0, 2))))
            self._set(replace(self.rules, ended=(("russia", day),)))

    # Time, and what is done at the desk.

    def step_wait(self, chance: Random) -> None:
        """Time passes."""
        self.now += chance.choice(WAITS) + timedelta(seconds=chance.randrange(60))

    def step_publish(self, chance: Random) -> None:
        """`digest publish`, with one of its options now and then."""
        options: dict[str, Any] = chance.choice(({}, {}, {}, {}, {"whole": True}, {"backfill": True}))
        self.model.publish(self.now)
        with self.work() as place:
            self._finish("publish", Kind.ALL, publish(place, **options))

    def step_compress(self, _chance: Random) -> None:
        """`digest publish --compress`, and later without."""
        self.compresses = not self.compresses
        self.model.publish(self.now)
        with self.work() as place:
            self._finish("publish", Kind.ALL, publish(place, compress=self.compresses))

    def step_publish_stopped(self, _chance: Random) -> None:
        """A publish that is stopped when it has logged and not written yet; a later one must make up for it.

        Photos are made when files are written, so one that was logged is lost if its item's file is deleted before that.
        """
        public, photos = self.model.public, self.model.photos
        named = [(text.name, photos[text.photo.src]) for text in self.model.texts.values() if text.photo]
        if any(name not in public or public[name].photo != photo for name, photo in named):
            return
        self.model.publish(self.now)
        stopped = patch.object(publishing, "rebuild", side_effect=KeyboardInterrupt)
        with self.work() as place, stopped, suppress(KeyboardInterrupt):
            publish(place)
        self._finish("be stopped", Kind.STOPPED)

    def step_publish_strictly(self, _chance: Random) -> None:
        """`digest publish --strict`, which does nothing or all."""
        with self.work() as place:
            try:
                report = publish(place, strict=True)
            except ContentError:
                self._finish("refuse", Kind.NOTHING)
                return
        self.model.publish(self.now)
        self._finish("publish strictly", Kind.ALL, report)

    def step_serve(self, chance: Random) -> None:
        """`digest serve`, which has been up all the time or is started anew, looks whether anything is due."""
        if self._timer is None or chance.random() < 0.2:
            self._told.clear()
            self._timer = Timer(open_site(self.folder, {}), self._told.append)
        self.model.publish(self.now, timed=True)
        os.environ["DIGEST_NOW"] = write_moment(self.now)
        try:
            self._timer.step()
        finally:
            del os.environ["DIGEST_NOW"]
        faults = [text for text in self._told if not text.startswith(("released: ", "item"))]
        self._finish("serve", Kind.TIMED, faults)
        self._told.clear()

    def step_correct(self, chance: Random) -> None:
        """`digest correct`."""
        name = self._choose_id(chance)
        if name is None:
            return
        note = f"Wrong was {self.word()}"
        text = self._find(name)
        known = self.model.public.get(name)
        with self.work() as place:
            try:
                report = correct(place, name, note).report
            except ContentError:
                assert known is None or known.is_withdrawn or text is None or not _takes_note(text, self.now), "refused"
                self._finish("refuse to correct", Kind.NOTHING)
                return
        assert text is not None and _takes_note(text, self.now), "accepted"
        edited = replace(text, corrections=(*text.corrections, (today(self.now), note)))
        self._note_edit(edited)
        self.model.publish(self.now, only=name)
        self._finish("correct", Kind.SOME, report)

    def step_withdraw(self, chance: Random) -> None:
        """`digest withdraw`, with its file or without, once or again."""
        name = self._choose_id(chance)
        if name is None:
            return
        reason = f"Taken back {self.word()}"
        text = self._find(name)
        known = self.model.public.get(name)
        with self.work() as place:
            try:
                change = withdraw(place, name, reason)
            except ContentError:
                assert known is None, "what is public can be withdrawn"
                self._finish("refuse to withdraw", Kind.NOTHING)
                return
        assert known is not None, "what is not public cannot be withdrawn"
        is_edited = text is not None and text.fault not in UNREADABLE and not text.withdrawn and not known.is_withdrawn
        assert bool(change.file) == is_edited, "its file is edited if it can be"
        if is_edited and text:
            self._note_edit(replace(text, withdrawn=(today(self.now), reason)))
        self.model.publish(self.now, only=name)
        self.model.withdraw(name, self.now, reason)
        self._finish("withdraw" if text else "withdraw without file", Kind.SOME, change.report)

    def step_look_elsewhere(self, chance: Random) -> None:
        """`digest publish --at`: a publish as of then when nothing newer is out, else a look, into another folder."""
        moment = self.now + timedelta(hours=chance.choice((-700, -2, -1, -0.1, 3, 900)))
        newest = max((entry.at for entry in self.model.public.values()), default=moment)
        out = self.folder.parent / "look"
        with self.work() as place:
            if newest <= moment <= self.now:
                self.model.publish(moment)
                self._finish("publish as of", Kind.SOME, publish(place, at=moment))
                return
            assert publish(place, at=moment, out=out).only_rendered
        shutil.rmtree(out)
        self._finish("look elsewhere", Kind.NOTHING)

    def step_tamper(self, chance: Random) -> None:
        """Somebody deletes or edits what lies in public/, and `digest publish --whole` mends it."""
        files = sorted(path for path in (self.folder / "public").rglob("*") if path.is_file())
        if files:
            file = chance.choice(files)
            self.tampered = file.relative_to(self.folder / "public").as_posix()
            file.unlink() if chance.random() < 0.5 else file.write_bytes(b"tampered")
            self.model.publish(self.now)
            with self.work() as place:
                self._finish("publish whole", Kind.ALL, publish(place, whole=True))

    def build_anew(self, out: Path) -> None:
        """The site into an empty folder, from what is kept alone."""
        with self.work() as place:
            rebuild(place, Wanted(out=out))

    def publish_again(self) -> PublishReport:
        """A publish that finds nothing to do."""
        with self.work() as place:
            return publish(place)

    def word(self) -> str:
        """A word that occurs nowhere else."""
        return f"zq{next(self._numbers):05}q"

    def _finish(self, what: str, kind: Kind, report: PublishReport | Sequence[str] | None = ()) -> None:
        """Have judged what a step did.

        Args:
            report: the publish's, or what was told to be wrong.
        """
        with self.work() as place, place.hot.reading() as connection:
            lines = list(read_lines(connection, after=self._log_end))
        self._log_end += len(lines)
        self.counts.update([what, *(line.type for line in lines)])
        if isinstance(report, PublishReport):
            assert report.lines == tuple(lines), "the report tells what was logged"
            report = [str(problem) for problem in report.written.failed] if report.written else ()
        self._judge(self, Outcome(kind, [(line.type, line.item) for line in lines], report or ()))

    def _write(self, chance: Random, date: str, **more: Any) -> None:
        fields: dict[str, Any] = {
            "stem": self._stem(),
            "title": f"News & <b>views</b> {self.word()}",
            "body": self._body(chance),
            "date": date,
            "kind": chance.choice(("press-release", "update")),
            "topics": self._topics(chance),
            "language": chance.choice(("en", "en", "uk")),
        }
        if chance.random() < 0.3:
            fields |= {"summary": f"In short {self.word()}", "issuer": f"Branch {self.word()}"}
        if chance.random() < 0.3:
            fields |= {"contact": f"Ask {self.word()}", "attachment": self.word()}
        if chance.random() < 0.2:
            fields["url"] = f"https://www.example.org/{self.word()}"
        if chance.random() < 0.3:
            fields["photo"] = self._photo(chance)
        if chance.random() < 0.1:
            fields["updated"] = write_moment(self.now - timedelta(hours=chance.choice((1, 50))))
        self._save(Text(**(fields | more)))

    def _body(self, chance: Random) -> str:
        more = ("", "\n\n- a list\n- [a link](../other/)", "\n\n> ]]> <script>alert(1)</script>", "\n\n**strong** & more")
        return f"Body {self.word()}.{chance.choice(more)}"

    def _topics(self, chance: Random) -> tuple[str, ...]:
        return chance.choice((("ukraine",), ("russia",), ("harbour",), ("ukraine", "russia"), ("harbour", "ukraine")))

    def _photo(self, chance: Random) -> Photo:
        src = f"{self.word()}.png"
        self._draw(src)
        return Photo(src, f"A square {self.word()}", chance.choice(("", f"Shown {self.word()}")), f"Made by {self.word()}")

    def _draw(self, src: str, *, is_photo: bool = True) -> None:
        """A photo of one colour that no other has, or bytes that are no photo."""
        number, out = next(self._numbers), BytesIO()
        Image.new("RGB", (8, 6), tuple((number >> place & 15) << 4 for place in (0, 4, 8))).save(out, "png")
        self._put(self.folder / "items" / "photos" / src, out.getvalue() if is_photo else b"no photo")
        self.model.photos[src] = number + 1 if is_photo else 0

    def _stem(self) -> str:
        return f"item-{self.word()}"

    def _choose(self, chance: Random, *, public: bool = False) -> Text | None:
        texts = self.model.texts
        found = [stem for stem in sorted(texts) if not public or texts[stem].name in self.model.public]
        return texts[chance.choice(found)] if found else None

    def _choose_id(self, chance: Random) -> str | None:
        """A public item's id, or now and then any other."""
        if chance.random() < 0.05:
            others = [name for name in sorted(self.model.claimed()) if name not in self.model.public]
            return chance.choice((*others, "never-heard-of"))
        names = [name for name in sorted(self.model.public) if len(self.model.claimants(name)) < 2]
        return chance.choice(names) if names else None

    def _find(self, name: str) -> Text | None:
        return next(iter(self.model.claimants(name)), None)

    def _save(self, text: Text) -> None:
        self._put(self.folder / "items" / f"{text.stem}.md", text.render())
        self._note_edit(text)

    def _note_edit(self, text: Text) -> None:
        """The file says this now."""
        self.model.texts[text.stem] = text
        self.model.changed[text.stem] = self.now
        self._stamp(self.folder / "items" / f"{text.stem}.md")

    def _remove(self, text: Text) -> None:
        (self.folder / "items" / f"{text.stem}.md").unlink()
        del self.model.texts[text.stem]

    def _put(self, path: Path, data: bytes) -> None:
        """As editors save: a new file in the old one's place, changed at this moment."""
        fresh = path.with_name(".fresh")
        fresh.write_bytes(data)
        fresh.replace(path)
        self._stamp(path)

    def _stamp(self, path: Path) -> None:
        seconds = int(self.now.timestamp())
        os.utime(path, (seconds, seconds))

    def _set(self, rules: Rules) -> None:
        self.rules = rules
        self._put(self.folder / "newsroom.toml", rules.render().encode())


def _takes_note(text: Text, now: datetime) -> bool:
    """Whether a correction can be written into a file: its front matter can be read, and none in it is dated ahead."""
    is_readable = text.fault not in UNREADABLE
    return is_readable and all(day <= today(now) for day, _ in text.corrections)


@cache
def _empty_database() -> bytes:
    """A database without rows, for making one takes long."""
    with TemporaryDirectory() as folder:
        open_store(Path(folder)).close()
        return (Path(folder) / "digest.db").read_bytes()
