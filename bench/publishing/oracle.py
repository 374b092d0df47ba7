"""What was promised of public/, judged after every step that may have written it."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import brotli
from lxml import etree

from bench.publishing.files import WORD, read_date, today
from bench.publishing.model import Public
from bench.publishing.reading import Document, Entry, File, list_names, read_feeds, read_files
from bench.publishing.settings import BASE, TAG, Rules, name_feeds
from bench.publishing.world import START, Kind, Outcome, World
from digest.publishing.manifest import manifest_path, open_manifest

COPIES = (".gz", ".br")
"""What the names of compressed copies end in."""
LABELS = {
    "en": ("Correction", "Update", "Withdrawn: "),
    "uk": ("Виправлення", "Оновлено", "Відкликано: "),
}
"""How corrections, updates and the titles of withdrawn items are labelled."""


class PromiseError(AssertionError):
    """A broken promise: which one, and how."""

    def __init__(self, promise: str, detail: object) -> None:
        super().__init__(f"{promise}: {detail}")
        self.promise = promise


class Oracle:
    """Remembers what was public, and judges what is."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._feeds: dict[str, dict[str, Document]] = {}
        self._published: dict[str, datetime] = {}
        self._updated: dict[tuple[str, str], datetime] = {}
        self._feed_updated: dict[str, datetime] = {}
        self._rules: Rules | None = None
        self._judged_at = START
        self._anew = 0

    def __call__(self, world: World, outcome: Outcome) -> None:
        """Judge what a step has left in public/.

        Raises:
            PromiseError: the first promise that is broken.
        """
        files = read_files(world.folder / "public")
        _require(not outcome.faults, "every document can be made", outcome.faults)
        wanted = [] if outcome.kind is Kind.NOTHING else world.model.events
        _require(outcome.events == wanted, "what ought to happen is logged", (outcome.events, wanted))
        if outcome.kind in (Kind.NOTHING, Kind.STOPPED):
            _require(files == self._files, "what publishes nothing touches nothing", _differ(files, self._files))
            return
        if outcome.kind is Kind.TIMED and files == self._files:
            turned = list(_find_turns(world, self._judged_at))
            _require(not turned and not outcome.events, "what time alone changes is written", turned)
            return
        self._judge_bytes(world, files)
        feeds = read_feeds(files, BASE)
        self._judge_secrets(world, files)
        self._judge_pages(world, files)
        self._forget(world)
        for stem, documents in feeds.items():
            _judge_formats(stem, documents)
            self._judge_moments(world, stem, documents)
        self._judge_selections(world, feeds, outcome)
        self._judge_archives(world, feeds)
        self._files, self._feeds, self._rules, self._judged_at = files, feeds, world.rules, world.now
        if outcome.kind is Kind.ALL:
            self._judge_nothing_to_do(world, files)

    # Bytes.

    def _judge_bytes(self, world: World, files: Mapping[str, File]) -> None:
        """A file with the same bytes is the same file; a rebuild into an empty folder gives the same bytes and statuses."""
        for path, file in files.items():
            before = self._files.get(path)
            left = (
                before is None
                or before.data != file.data
                or before == file
                or path.startswith(world.tampered.removesuffix(".gz").removesuffix(".br"))
            )
            _require(left, "unchanged files are left alone", path)
        self._anew += 1
        out, public = world.folder.parent / f"anew-{self._anew}", world.folder / "public"
        world.build_anew(out)
        anew = read_files(out)
        texts = {path: file for path, file in files.items() if not path.endswith(COPIES)}
        parted = sorted(path for path in texts.keys() | anew.keys() if _data(texts, path) != _data(anew, path))
        _require(not parted, "a rebuild into an empty folder gives the same bytes", parted[:8])
        statuses = [_read_statuses(world.folder / "var", folder) for folder in (public, out)]
        _require(statuses[0] == statuses[1], "a rebuild gives the same statuses", set(statuses[0]) ^ set(statuses[1]))
        shutil.rmtree(out)
        for path, file in files.items():
            if path.endswith(COPIES):
                plain = gzip.decompress(file.data) if path.endswith(".gz") else brotli.decompress(file.data)
                _require(plain == files[path[:-3]].data, "compressed copies say the same", path)

    def _judge_nothing_to_do(self, world: World, files: Mapping[str, File]) -> None:
        """To publish again changes no file."""
        report = world.publish_again()
        assert report.written is not None
        written = report.written
        quiet = not (report.lines or written.changed or written.removed or written.failed)
        again = read_files(world.folder / "public")
        _require(quiet and again == files, "publishing again touches no file", _differ(again, files))

    def _judge_secrets(self, world: World, files: Mapping[str, File]) -> None:
        """No byte and no name holds a word of what is not public, or is so no longer."""
        public = world.model.public.values()
        allowed = {word for entry in public for text in entry.words for word in _words(text)}
        former = {word for entry in public for text in _former(entry) for word in _words(text)} - allowed
        manifest = manifest_path(world.folder / "var", world.folder / "public")
        for path, data in (("the manifest", manifest.read_bytes()), *((path, file.data) for path, file in files.items())):
            strange = {*WORD.findall(data), *WORD.findall(path.encode())} - allowed
            _require(not strange - former, "what is not public stays secret", (path, strange))
            _require(not strange, "what was changed or taken back is gone", (path, strange))

    # Pages.

    def _judge_pages(self, world: World, files: Mapping[str, File]) -> None:
        statuses = {path: status for path, status, _ in _read_statuses(world.folder / "var", world.folder / "public")}
        pages = {path for path in files if path.startswith("items/") and path.endswith("/index.html")}
        wanted = {f"items/{name}/index.html" for name in world.model.public}
        _require(pages == wanted, "each public item has its page", pages ^ wanted)
        for name, entry in world.model.public.items():
            page = files[f"items/{name}/index.html"].data.decode()
            status = statuses[f"items/{name}/index.html"]
            _require(status == (410 if entry.is_withdrawn else 200), "a withdrawn page answers 410", (name, status))
            for text in _must_show(entry):
                _require(_found(text) in page, "a page shows all of its item", (name, text))
            _judge_labels(page, entry, f"page of {name}")
        self._judge_photos(world, files)
        _judge_sitemap(world, files)

    def _judge_photos(self, world: World, files: Mapping[str, File]) -> None:
        """The photos of items that stand, and no others."""
        texts = b"".join(file.data for path, file in files.items() if path.endswith(".html"))
        photos = {path for path in files if path.startswith("photos/")}
        unused = {path for path in photos if path.encode() not in texts}
        _require(not unused, "no photo lies in public that no item shows", unused)
        for name, entry in world.model.public.items():
            shows = b"/photos/" in files[f"items/{name}/index.html"].data
            _require(shows == bool(entry.photo and not entry.is_withdrawn), "an item that stands shows its photo", name)

    # Feeds.

    def _judge_moments(self, world: World, stem: str, documents: Mapping[str, Document]) -> None:
        """First-published never changes, `updated` never goes back; both are what the model says."""
        known = {f"{TAG}items/{name}": entry for name, entry in world.model.public.items()}
        for document in documents.values():
            for entry in document.entries:
                first = self._published.setdefault(entry.id, entry.published_at)
                if entry.id in known:
                    wanted = known[entry.id]
                    _require(first == entry.published_at, "first-published never changes", (document.path, entry))
                    right = (entry.published_at, entry.updated_at) == (wanted.published_at, wanted.updated_at)
                    _require(right, "entries are dated as they ought to be", (document.path, entry, wanted))
                last = self._updated.get((document.path, entry.id), entry.updated_at)
                _require(last <= entry.updated_at, "an entry's updated never goes back", (document.path, entry))
                self._updated[document.path, entry.id] = entry.updated_at
            if document.updated is not None:
                last = self._feed_updated.get(document.path, document.updated)
                is_moved = last <= document.updated
                is_page = stem.count("/") > 1 and not stem.startswith("feeds/all/")  # an item may get other topics
                _require(is_moved or is_page, "a feed's updated never goes back", (document.path, last, document.updated))
                self._feed_updated[document.path] = document.updated
                newest = max((entry.updated_at for entry in document.entries), default=document.updated)
                _require(newest <= document.updated, "a feed is as new as its entries", document.path)

    def _forget(self, world: World) -> None:
        """Other settings make other documents: pages of archives hold other items, tombstones stand since another moment."""
        before, now = self._rules, world.rules
        if before is None or before.tombstone_hours != now.tombstone_hours:
            self._feed_updated.clear()
        elif before.entries != now.entries:
            self._feed_updated = {path: at for path, at in self._feed_updated.items() if path.count("/") == 1}

    def _judge_selections(self, world: World, feeds: Mapping[str, Mapping[str, Document]], outcome: Outcome) -> None:
        """Each feed holds what it ought to."""
        rules, offered = world.rules, set()
        for name, choice in name_feeds(rules):
            chosen = sorted(
                (one for one in world.model.public.values() if one.is_in(choice, rules)), key=_place, reverse=True
            )
            state = rules.judge_topic(choice[0], world.now) if choice[0] else "open"
            plain_topic = choice[0] and choice[1:] == (None, None)
            if state == "moved":
                if plain_topic or name in list_names(feeds):
                    offered.add(name)
                    _judge_notice(name, feeds[f"feeds/{name}"])
            elif state != "over" and (name == "all" or plain_topic or chosen):
                offered.add(name)
                _judge_selection(world, name, chosen, feeds, state)
                self._judge_news(world, name, chosen, feeds, outcome)
        _require(list_names(feeds).keys() == offered, "these feeds and no others", list_names(feeds).keys() ^ offered)

    def _judge_news(
        self,
        world: World,
        name: str,
        chosen: Iterable[Public],
        feeds: Mapping[str, Mapping[str, Document]],
        outcome: Outcome,
    ) -> None:
        """A correction or withdrawal shows in the current document, however old the item is; no older item slides in."""
        told = {item for event, item in outcome.events if event in ("corrected", "withdrawn")}
        at = max((entry.at for entry in chosen), default=None)
        changed = [entry for entry in chosen if entry.text.name in told]
        at_once = [entry for entry in chosen if entry.at == at]
        document = feeds[f"feeds/{name}"]["atom"]
        if len(at_once) <= world.rules.entries:
            missing = {_id(entry) for entry in changed} - set(document.ids)
            _require(not missing, "a correction or withdrawal reaches the current document", (name, missing))

    def _judge_archives(self, world: World, feeds: Mapping[str, Mapping[str, Document]]) -> None:
        """A page of the archive of everything keeps its items and its place for as long as the settings stay."""
        if self._rules is None or self._rules.entries != world.rules.entries:
            return
        for stem, documents in self._feeds.items():
            if stem.startswith("feeds/all/") and stem in feeds:
                before, after = (one["atom"] for one in (documents, feeds[stem]))
                same = (before.ids, before.previous) == (after.ids, after.previous)
                _require(same, "an archive page keeps its items", (stem, before.ids, after.ids))
            elif stem.startswith("feeds/all/") and world.rules.archives and self._rules.archives:
                raise PromiseError("an archive page stays", stem)


def _judge_formats(stem: str, documents: Mapping[str, Document]) -> None:
    """The three formats agree; no id is in a document twice; each names its own address."""
    _require(documents.keys() == {"atom", "rss", "json"}, "every feed comes in three formats", stem)
    atom, rss, feed = documents["atom"], documents["rss"], documents["json"]
    _require(atom.entries == rss.entries == feed.entries, "the three formats agree", (stem, _first_difference(documents)))
    for document in documents.values():
        _require(len(set(document.ids)) == len(document.ids), "ids are unique", document.path)
        _require(document.self == f"{BASE}{document.path}", "a document names its own address", document.path)
    _require(_stem(atom.previous) == _stem(rss.previous) == _stem(feed.previous), "archives are chained alike", stem)


def _judge_notice(name: str, documents: Mapping[str, Document]) -> None:
    ids = documents["atom"].ids
    _require(ids == [f"{TAG}feeds/{name}/moved"], "a moved feed says so and nothing else", (name, ids))


def _judge_selection(
    world: World, name: str, chosen: list[Public], feeds: Mapping[str, Mapping[str, Document]], state: str
) -> None:
    rules, document = world.rules, feeds[f"feeds/{name}"]["atom"]
    notice = f"{TAG}feeds/{name}/ended"
    _require((notice in document.ids) == (state == "ended"), "an ended feed says so", name)
    ids = [one for one in document.ids if one != notice]
    by_id = {_id(entry): entry for entry in chosen}
    strange = set(ids) - by_id.keys()
    _require(not strange, "a feed holds nothing else", (name, strange))
    newest = {_id(entry) for entry in chosen[: rules.entries]}
    _require(newest <= set(ids), "the newest items stand in the feed", (name, newest - set(ids)))
    over = {one for one, entry in by_id.items() if entry.is_withdrawn and entry.at + rules.tombstone_after <= world.now}
    _require(over & set(ids) == document.tombstones.keys(), "a notice becomes a tombstone in time", (name, over))
    entries = [entry for entry in document.entries if entry.id != notice]
    places = [_place(by_id[entry.id]) for entry in entries]
    _require(places == sorted(places, reverse=True), "the newest come first", name)
    for entry in entries:
        _judge_entry(entry, by_id[entry.id], name)
    plain = name in ("all", "ukraine", "russia", "harbour")
    if plain and rules.archives:
        for form in ("atom", "rss", "json"):
            walked = _walk(feeds, name, form)
            held = {one for page in walked for one in page.ids} | document.tombstones.keys()
            lost = by_id.keys() - held
            _require(not lost, "walking the archives yields every item", (name, form, lost))
            pages = [one for page in walked[1:] for one in page.ids]
            _require(len(set(pages)) == len(pages), "archives hold each item once", (name, form))
            reached = {_stem(page.path) for page in walked[1:]}
            known = {stem for stem in feeds if stem.startswith(f"feeds/{name}/")}
            _require(reached == known, "every archive is reached", (name, reached ^ known))
        for page in walked[1:]:
            for entry in page.entries:
                _require(entry.id in by_id, "archives hold nothing else", (page.path, entry.id))
                _judge_entry(entry, by_id[entry.id], page.path)


def _walk(feeds: Mapping[str, Mapping[str, Document]], name: str, form: str) -> list[Document]:
    """A current document and its archives, newest first."""
    walked = [feeds[f"feeds/{name}"][form]]
    while previous := walked[-1].previous:
        _require(_stem(previous) in feeds, "archives lead on to archives", previous)
        walked.append(feeds[_stem(previous)][form])
        _require(len(walked) < 1000, "archives come to an end", name)
    return walked


def _judge_entry(entry: Entry, wanted: Public, where: str) -> None:
    language = wanted.text.language
    title = LABELS[language][2] * wanted.is_withdrawn + wanted.text.title
    _require(entry.title == title, "an entry has its item's title", (where, entry.title, title))
    for text in _must_show(wanted):
        _require(_found(text) in entry.content, "an entry shows all of its item", (where, entry.id, text))
    _judge_labels(entry.content, wanted, f"{entry.id} in {where}")
    own = f"{BASE}items/{wanted.text.name}/"
    link = own if wanted.is_withdrawn else wanted.text.url or own
    _require(entry.link == link, "an entry leads to its item", (where, entry.link))


def _judge_labels(content: str, entry: Public, where: str) -> None:
    """Corrections and updates are labelled as what they are, with their days."""
    words = re.sub(r"<[^>]*>", " ", content)
    if entry.is_withdrawn:
        return
    for _, note in entry.text.corrections:
        right = re.search(rf"(?:{'|'.join(one[0] for one in LABELS.values())})\W.{{0,80}}{_found(note)}", words, re.DOTALL)
        _require(bool(right), "a correction is labelled", (where, note))
    updated = read_date(entry.text.updated) if entry.text.updated else None
    days = [day for day, _ in entry.text.corrections]
    if updated and updated > entry.published_at and all(today(updated) > day for day in days):
        label = re.search("|".join(one[1] for one in LABELS.values()), words)
        _require(bool(label), "an update without a note is labelled", where)


def _judge_sitemap(world: World, files: Mapping[str, File]) -> None:
    root = etree.fromstring(files["sitemap.xml"].data)
    found = {text for text in map(str, root.itertext()) if text.startswith(f"{BASE}items/")}
    stands = {
        f"{BASE}items/{name}/" for name, one in world.model.public.items() if not one.is_withdrawn and not one.text.url
    }
    _require(found == stands, "the sitemap lists the items that stand", found ^ stands)


def _must_show(entry: Public) -> Iterator[str]:
    """The texts without which an item's page or entry would be wrong."""
    if entry.text.withdrawn:
        yield entry.text.withdrawn[1]
        return
    yield entry.text.body
    yield from (note for _, note in entry.text.corrections)
    if entry.photo and entry.text.photo:
        yield entry.text.photo.credit


def _found(text: str) -> str:
    """The word of a text, which occurs nowhere else."""
    return _words(text).pop().decode()


def _words(text: str) -> set[bytes]:
    return set(WORD.findall(text.encode()))


def _former(entry: Public) -> Iterator[str]:
    """What an item said before its last change, and what a withdrawn one hides."""
    yield from entry.text.words
    if entry.formerly:
        yield from entry.formerly.words


def _read_statuses(var: Path, public: Path) -> list[tuple[str, int, str]]:
    manifest = open_manifest(manifest_path(var, public))
    try:
        return [(entry.path, entry.status, entry.location) for entry in manifest.below("")]
    finally:
        manifest.close()


def _stem(path: str) -> str:
    return path.rpartition(".")[0]


def _id(entry: Public) -> str:
    return f"{TAG}items/{entry.text.name}"


def _place(entry: Public) -> tuple[datetime, int]:
    return entry.place


def _first_difference(documents: Mapping[str, Document]) -> object:
    ids = {form: [entry.id for entry in document.entries] for form, document in documents.items()}
    if len({tuple(one) for one in ids.values()}) > 1:
        return ids
    rows = zip(*(document.entries for document in documents.values()), strict=True)
    return next((row for row in rows if len(set(row)) > 1), None)


def _data(files: Mapping[str, File], path: str) -> bytes | None:
    return files[path].data if path in files else None


def _differ(one: Mapping[str, File], other: Mapping[str, File]) -> list[str]:
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))[:8]


def _find_turns(world: World, since: datetime) -> Iterator[datetime]:
    """The moments behind another, up to now, at which time alone changes feeds."""
    after = world.rules.tombstone_after
    turns = [entry.at + after for entry in world.model.public.values() if entry.is_withdrawn]
    ends = [read_date(day) for _, day in world.rules.ended]
    return (turn for turn in (*turns, *ends, *(end + after for end in ends)) if since < turn <= world.now)


def _require(holds: bool, promise: str, detail: object) -> None:
    if not holds:
        raise PromiseError(promise, detail)
