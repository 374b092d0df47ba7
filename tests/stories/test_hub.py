"""A hub is told of what was published, fetches it, and finds in every feed its own address and the hub's."""

from __future__ import annotations

import re

import pytest

from digest.settings import open_site
from digest.store.hot import open_hot
from digest.work.announcing import announce_briefly


@pytest.fixture
def site(terminal, serve, hub):
    """A person at a site that is served, and names the hub."""
    address = serve(terminal.folder / "public")
    text = (terminal.folder / "newsroom.toml").read_text("utf-8")
    text = re.sub(r'base_url = "[^"]*"', f'base_url = "{address}"', text)
    terminal.write("newsroom.toml", f'{text}\n[feeds]\nhub = "{hub.address}"\n')
    return terminal


def tell_rest(site) -> None:
    """What `publish` had no time for; `digest serve` would do it by itself."""
    announce_briefly(open_hot(site.folder / "var"), open_site(site.folder, {}).settings)


def names(addresses):
    return sorted(one.rpartition("/feeds/")[2] for one in addresses)


def test_a_hub_hears_of_each_changed_feed_and_finds_it_in_order(site, hub):
    site.item("first", "A first release", "2022-02-21")
    site.run("publish")
    tell_rest(site)

    assert hub.faults == []
    feeds = {path.name for path in (site.folder / "public" / "feeds").iterdir() if path.suffix in (".atom", ".rss", ".json")}
    assert set(names(hub.took)) == feeds
    assert len(hub.took) == len(feeds), "each was told once"

    hub.took.clear()
    site.item("second", "A second release", "2022-02-22", topics="russia")
    site.run("publish")
    tell_rest(site)
    assert hub.faults == []
    told = set(names(hub.took))
    assert {"all.atom", "all.json", "all.rss", "russia.atom", "press-release.rss"} <= told
    assert not [name for name in told if name.startswith("ukraine")]

    hub.took.clear()
    site.run("publish")
    tell_rest(site)
    assert hub.took == []
    assert "has been told of all changes" in site.run("feeds")
