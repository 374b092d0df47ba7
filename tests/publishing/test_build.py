"""The whole site as groups of documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from digest.newsroom.document import Group
from digest.newsroom.public import Newsroom
from digest.pages.edition_view import EditionView, PastEdition
from digest.publishing.build import PublicEdition, plan_public, site_key
from digest.publishing.judging import PublicJudge
from digest.settings import Site
from digest.templates import Templates

NOW = datetime(2022, 2, 12, tzinfo=UTC)
TEMPLATES = Templates()


def _edition(key: str = "1", title: str = "The week") -> PublicEdition:
    view = EditionView("2022-w06-press", title, "February", "en", languages=("en",))
    return PublicEdition(PastEdition("2022-w06-press", title, date(2022, 2, 11), "en"), key, lambda: [view])


def _plan(newsroom: Newsroom, site: Site, editions: Iterable[PublicEdition] = (), **changes: Any) -> list[Group]:
    facts = {"settings": site.settings, "pictures": {}, "templates": TEMPLATES, "now": NOW, **changes}
    return list(plan_public(newsroom, editions=tuple(editions), **facts))


def _render(groups: Iterable[Group]) -> dict[str, bytes]:
    return {document.path: document.render() for group in groups for document in group.list()}


def _keys(groups: Iterable[Group]) -> Iterator[tuple[str, str]]:
    for group in groups:
        yield group.name, group.key
        yield from ((document.path, document.key) for document in group.list())


@pytest.fixture
def files(newsroom: Newsroom, site: Site) -> Mapping[str, bytes]:
    return _render(_plan(newsroom, site, [_edition()]))


def test_pages_feeds_and_digests_are_all_there(files: Mapping[str, bytes]) -> None:
    assert {
        "index.html",
        "items/first/index.html",
        "topics/russia/index.html",
        "editions/index.html",
        "editions/2022-w06-press/index.html",
        "feeds/all.atom",
        "feeds/russia.json",
        "feeds/all/2022-01.rss",
        "feeds/all.opml",
        "sitemap.xml",
    } <= files.keys()


def test_no_name_stands_for_two_groups_and_no_path_for_two_documents(newsroom: Newsroom, site: Site) -> None:
    groups = _plan(newsroom, site, [_edition()])
    paths = [document.path for group in groups for document in group.list()]

    assert len({group.name for group in groups}) == len(groups)
    assert len(set(paths)) == len(paths)


def test_equal_facts_give_equal_keys_and_bytes(newsroom: Newsroom, site: Site, files: Mapping[str, bytes]) -> None:
    assert dict(_keys(_plan(newsroom, site))) == dict(_keys(_plan(newsroom, site)))
    assert _render(_plan(newsroom, site, [_edition()])) == files


def test_a_group_changes_its_key_with_any_of_its_documents(newsroom: Newsroom, site: Site) -> None:
    before = _plan(newsroom, site, [_edition()])
    less = replace(newsroom, items=newsroom.items[1:])
    for groups in (
        _plan(less, site, [_edition()]),
        _plan(newsroom, site, [_edition("2", "Another")]),
        _plan(newsroom, site),
    ):
        known = {group.name: group for group in before}
        for group in groups:
            same = group.name in known and dict(_keys([known[group.name]])) == dict(_keys([group]))
            assert same == (group.name in known and known[group.name].key == group.key)


def test_equal_keys_mean_equal_bytes(newsroom: Newsroom, site: Site) -> None:
    """Whatever is different, a document with its old key has its old bytes."""
    before = {document.path: document for group in _plan(newsroom, site, [_edition()]) for document in group.list()}
    plans = [
        _plan(replace(newsroom, items=newsroom.items[1:]), site, [_edition()]),
        _plan(replace(newsroom, items=newsroom.items[:-1]), site, [_edition()]),
        _plan(newsroom, site, [_edition("2", "Another")]),
        _plan(newsroom, site),
        _plan(newsroom, site, [_edition()], now=datetime(2022, 12, 1, tzinfo=UTC)),
    ]
    for groups in plans:
        for document in (document for group in groups for document in group.list()):
            known = before.get(document.path)
            if known is not None and known.key == document.key:
                assert known.render() == document.render(), document.path


def test_settings_and_templates_are_in_every_key(newsroom: Newsroom, site: Site) -> None:
    own = site.settings.newsroom.model_copy(update={"title": "Another"})
    other = site.settings.model_copy(update={"newsroom": own})

    assert site_key(other, TEMPLATES) != site_key(site.settings, TEMPLATES)
    before = dict(_keys(_plan(newsroom, site, [_edition()])))
    after = dict(_keys(_plan(newsroom, site, [_edition()], settings=other)))
    assert [path for path, key in after.items() if before[path] == key] == []


def test_every_document_of_a_sound_newsroom_is_found_sound(
    newsroom: Newsroom, site: Site, files: Mapping[str, bytes]
) -> None:
    judge = PublicJudge(newsroom, site.settings)

    assert {path: cause for path, data in files.items() if (cause := judge(path, data))} == {}
