"""What `publish` really wrote, as it is served: with the manifest, and with feeds made on demand."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from digest.desk.on_demand import OnDemandFeeds
from digest.desk.publishing import publish
from digest.desk.workplace import open_workplace
from digest.settings import Site, open_site
from digest.store.database import open_store
from digest.web.public_site import build_app


class Published:
    """A site that is published and served."""

    def __init__(self, world: Any) -> None:
        self.world, self.folder = world, world.folder
        self.settings = world.settings + '[topics.old]\ntitle = "Old"\n'
        self.write("one", topics="[ukraine]")
        self.write("two", topics="[old]")
        world._app = build_app(self.publish(), on_demand=OnDemandFeeds(self.site))

    @property
    def site(self) -> Site:
        (self.folder / "newsroom.toml").write_text(self.settings)
        return open_site(self.folder, {})

    def write(self, name: str, **fields: str) -> None:
        head = {"title": f"Title of {name}", "date": "2022-02-28", "kind": "update"} | fields
        file = self.folder / "items" / f"{name}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(["---\n", *(f"{key}: {value}\n" for key, value in head.items()), "---\nBody.\n"]))

    def publish(self) -> Site:
        site = self.site
        with open_workplace(site) as place:
            publish(place)
        return site

    def ask(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return self.world.ask(path, headers)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows, for making one anew would take most of each test's time."""
    var = tmp_path_factory.mktemp("empty")
    open_store(var).close()
    return var / "digest.db"


@pytest.fixture
def published(world: Any, empty_database: Path) -> Published:
    (world.folder / "var").mkdir()
    shutil.copy(empty_database, world.folder / "var" / "digest.db")
    return Published(world)


def test_pages_and_feeds_are_served_as_they_were_written(published: Published) -> None:
    for path in ("/", "/items/one/", "/feeds/", "/feeds/all.atom", "/feeds/all.rss", "/feeds/all.json", "/feeds/all.opml"):
        answer = published.ask(path)
        file = published.folder / "public" / (path[1:] + "index.html" if path.endswith("/") else path[1:])
        assert (answer.status, answer.body) == (200, file.read_bytes())
        assert published.ask(path, {"if-none-match": answer.headers["etag"]}).status == 304
    assert b"There is no such page" in published.ask("/nothing/").body


def test_a_feed_that_is_not_on_the_disk_is_made_and_kept_like_the_others(published: Published) -> None:
    answer = published.ask("/feeds/ukraine+update.atom")

    assert not (published.folder / "public" / "feeds" / "ukraine+update.atom").exists()
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert published.ask("/feeds/ukraine+update.atom", {"if-none-match": answer.headers["etag"]}).status == 304
    page = published.ask("/feeds/ukraine+update.atom", {"sec-fetch-dest": "document"})
    assert page.body == published.ask("/feeds/ukraine+update.html").body != answer.body
    assert published.ask("/feeds/update+ukraine.atom") == published.ask("/unknown")
    assert published.ask("/feeds/ukraine+nothing.atom").status == 404


def test_the_next_publish_reaches_both_at_once(published: Published) -> None:
    paths = ("/feeds/all.atom", "/feeds/ukraine+update.atom")
    before = {path: published.ask(path).headers["etag"] for path in paths}
    published.write("three", topics="[ukraine]")

    assert all(published.ask(path, {"if-none-match": before[path]}).status == 304 for path in paths)
    published.publish()

    for path in paths:
        answer = published.ask(path, {"if-none-match": before[path]})
        assert (answer.status, b"Title of three" in answer.body) == (200, True)


def test_withdrawn_moved_and_removed_are_told_by_status(published: Published) -> None:
    assert published.ask("/topics/old/").status == published.ask("/feeds/old+update.rss").status == 200
    published.write("one", topics="[ukraine]", withdrawn='{date: 2022-03-01, reason: "It was wrong."}')
    published.settings = published.settings.replace('title = "Old"', 'title = "Old"\nmoved_to = "ukraine"')
    published.publish()

    withdrawn = published.ask("/items/one/")
    assert (withdrawn.status, b"It was wrong." in withdrawn.body) == (410, True)
    for path, target in (
        ("/topics/old/", "https://news.example.org/topics/ukraine/"),
        ("/feeds/old.json", "https://news.example.org/feeds/ukraine.json"),
        ("/feeds/old+update.rss", "https://news.example.org/feeds/ukraine+update.rss"),
    ):
        moved = published.ask(path)
        assert (moved.status, moved.headers["location"]) == (301, target)


def test_a_template_that_breaks_stops_only_what_is_made_with_it(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    template = published.folder / "templates" / "feeds" / "entry.html"
    template.parent.mkdir(parents=True)
    template.write_text("{{ nothing }}")

    answer = published.ask("/feeds/ukraine+update.atom")

    assert answer.status == 500
    assert published.ask("/feeds/ukraine.atom").status == 200
    published.ask("/feeds/ukraine+update.rss")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "templates/feeds/entry.html:1" in said
