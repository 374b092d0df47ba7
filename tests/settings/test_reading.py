"""newsroom.toml and the environment become settings, or every problem is told at once, with its line."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import Problem, SettingsError
from digest.settings import Mailbox, Settings, Slot, build_settings, find_site, open_site, read_settings
from digest.settings.reading import locate

TEXT = """\
[newsroom]
name = "Newsroom"
title = "Newsroom news"
languages = ["uk", "en", "uk"]
zone = "Europe/London"
base_url = "https://news.example.org/"
postal_address = "1 Test Street"
tag_authority = "news.example.org,2020"
[topics.ukraine]
title = "Ukraine"
titles.uk = "Україна"
[topics.russia]
title = "Russia"
[kinds.update]
title = "Update"
[lists.supporters]
title = "Supporters"
sender = "Test Newsroom <digest@example.org>"
rhythms = ["weekly", "daily"]
schedule.weekly = "Fri 09:00"
schedule.daily = "18:30"
max_age = "10 d"
approvers = ["Ada Example <ada@example.org>"]
"""


def problems(text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        build_settings(text, environment or {})
    return [str(problem) for problem in refusal.value.problems]


def with_line(table: str, line: str) -> str:
    """The text with one line more at the head of a table."""
    return TEXT.replace(f"[{table}]\n", f"[{table}]\n{line}\n", 1)


def test_all_values_come_in_the_form_that_the_product_works_with():
    settings = build_settings(TEXT, {})
    chosen = settings.lists["supporters"]

    assert settings.languages == ("en", "uk")
    assert settings.newsroom.base_url == "https://news.example.org"
    assert settings.topics["ukraine"].in_language("uk") == "Україна"
    assert settings.topics["ukraine"].in_language("ar") == "Ukraine"
    assert chosen.sender == Mailbox("Test Newsroom", "digest@example.org")
    assert chosen.sender.domain == "example.org"
    assert chosen.schedule == {"weekly": Slot(4, 9, 0), "daily": Slot(None, 18, 30)}
    assert chosen.max_age == timedelta(days=10)
    assert [str(one) for one in chosen.approvers] == ["Ada Example <ada@example.org>"]
    assert settings.listen == ("127.0.0.1", 8080)


@pytest.mark.parametrize(
    ("table", "line", "wanted"),
    [
        (
            "newsroom",
            'tag_line = "x"',
            "newsroom.toml:2: newsroom.tag_line: there is no such setting (did you mean tagline?)",
        ),
        (
            "topics.ukraine",
            'titel = "x"',
            "newsroom.toml:10: topics.ukraine.titel: there is no such setting (did you mean title",
        ),
        (
            "lists.supporters",
            'reply = "x"',
            "newsroom.toml:17: lists.supporters.reply: there is no such setting (did you mean",
        ),
        ("kinds.update", "zzz = 1", "newsroom.toml:15: kinds.update.zzz: there is no such setting; remove it"),
    ],
)
def test_an_unknown_key_is_named_with_its_line_and_the_key_that_was_probably_meant(table, line, wanted):
    (found,) = problems(with_line(table, line))
    assert found.startswith(wanted)


def test_an_unknown_table_is_named_too():
    assert problems(TEXT + "[feed]\nentries = 5\n") == [
        "newsroom.toml:24: feed: there is no such setting (did you mean feeds?); remove it or mend its name"
    ]


def test_a_discreet_sender_belongs_to_the_domain_of_the_list():
    (found,) = problems(with_line("lists.supporters", 'discreet_sender = "Letters <mail@elsewhere.example>"'))
    assert found == "newsroom.toml:17: lists.supporters.discreet_sender: its domain must be that of sender, example.org"


def test_all_problems_come_at_once_each_with_its_line():
    text = (
        TEXT.replace('zone = "Europe/London"', 'zone = "Europe/Londn"')
        .replace('title = "Russia"', "")
        .replace("[topics.russia]", "[topics.feeds]")
        .replace("[lists.supporters]", "[lists.update]")
        .replace('"10 d"', '"ten days"')
        .replace('"Fri 09:00"', '"09:00"')
    )
    found = problems(text, {"DIGEST_FEEDS_ENTRIES": "0", "DIGEST_FEED_ENTRIES": "5"})

    assert [line.partition(": ")[0] for line in found] == [
        "environment", "environment", "newsroom.toml:5", "newsroom.toml:12", "newsroom.toml:12", "newsroom.toml:16",
        "newsroom.toml:22",
    ]  # fmt: skip
    assert "environment: DIGEST_FEEDS_ENTRIES: Input should be greater than or equal to 1" in found[0]
    assert "did you mean DIGEST_FEEDS_ENTRIES?" in found[1]
    assert "'Europe/Londn' is not a time zone" in found[2]
    assert "topics.feeds: this name is reserved" in found[3]
    assert "topics.feeds.title: it is required" in found[4]
    assert "lists.update: kinds.update has this name too" in found[5]
    assert 'lists.update.max_age: write a duration such as "30 s"' in found[6]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("[topics.russia]", "[topics.update]", "kinds.update: topics.update has this name too"),
        ("[topics.russia]", "[topics.uk]", "topics.uk: newsroom.languages has this name too"),
        ("[topics.russia]", "[topics.en]", "topics.en: newsroom.languages has this name too"),
        ("[lists.supporters]", "[lists.russia]", "lists.russia: topics.russia has this name too"),
        ("[topics.russia]", "[topics.archive]", "topics.archive: this name is reserved"),
        ("[topics.russia]", '[topics."Russia!"]', "topics.Russia!: use small letters, digits and single hyphens"),
        ("[topics.russia]", f"[topics.{'r' * 41}]", f"topics.{'r' * 41}: use small letters"),
    ],
)
def test_topics_kinds_lists_and_languages_share_one_namespace(old, new, wanted):
    assert any(wanted in line for line in problems(TEXT.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"https://news.example.org/"', '"ftp://news.example.org"'),
        ('"https://news.example.org/"', '"https://news.example.org/?a=b"'),
        ('"https://news.example.org/"', '"https://ada@news.example.org"'),
        ('"https://news.example.org/"', '"https://news.example.org:99999"'),
        ('"https://news.example.org/"', '"http://[::1"'),
        ('"https://news.example.org/"', '"https://news.exa mple.org"'),
        ('"https://news.example.org/"', '"https://news.example.org/\\nX: y"'),
        ('"Newsroom news"', '"two\\nlines"'),
        ('"Newsroom news"', '" "'),
        ('"Newsroom news"', '"\\u0007"'),
        ('"Newsroom news"', '"\\uFFFE"'),
        ('"Test Newsroom <digest@example.org>"', '"digest@example.org"'),
        ('"Test Newsroom <digest@example.org>"', '"Test\\nBcc: x@example.org <digest@example.org>"'),
        ('"Test Newsroom <digest@example.org>"', '"Test <dígest@example.org>"'),
        ('"news.example.org,2020"', '"news.example.org"'),
        ('"10 d"', "-5"),
        ('"10 d"', str(10**30)),
        ('"10 d"', '"999999999 d"'),
        ('"10 d"', "true"),
        ('"Fri 09:00"', '"Fri 24:00"'),
        ('"Fri 09:00"', '"09:00"'),
        ('"18:30"', '"Mon 18:30"'),
        ('["weekly", "daily"]', '["weekly"]'),
        ('["weekly", "daily"]', "[]"),
        ('["weekly", "daily"]', '["monthly"]'),
        ('["uk", "en", "uk"]', '["English"]'),
        ('titles.uk = "Україна"', 'titles.UK = "Україна"'),
        ('title = "Russia"', 'title = "Russia"\nmoved_to = "moon"'),
    ],
)
def test_a_value_that_would_fail_later_is_refused_now(old, new):
    text = TEXT.replace(old, new)
    assert text != TEXT
    assert all(re.match(r"newsroom\.toml:\d+: ", line) for line in problems(text))


@pytest.mark.parametrize("value", ["desk@example.org", "The desk <desk@example.org>", ""])
def test_replies_go_to_an_address_or_to_the_sender(value):
    assert build_settings(with_line("lists.supporters", f'reply_to = "{value}"'), {}).lists["supporters"].reply_to == value


def test_a_name_with_signs_of_its_own_stays_whole():
    text = TEXT.replace('"Test Newsroom <digest@', '\'"Doe, \\"J\\" (desk)" <digest@').replace(
        '@example.org>"\nrhythms', "@example.org>'\nrhythms"
    )
    plain = TEXT.replace("Test Newsroom <digest@", "Human, Rights & Co. <digest@")

    assert build_settings(text, {}).lists["supporters"].sender == Mailbox('Doe, "J" (desk)', "digest@example.org")
    assert build_settings(plain, {}).lists["supporters"].sender.name == "Human, Rights & Co."


@pytest.mark.parametrize("value", ["Other <other@evil.example> <news@example.org>", "A <a@example.org>, B <b@example.org>"])
def test_what_is_more_than_one_sender_is_refused(value):
    (found,) = problems(TEXT.replace("Test Newsroom <digest@example.org>", value))
    assert 'lists.supporters.sender: write it as "Name <name@example.org>"' in found


@pytest.mark.parametrize(
    "value", ["desk", "desk@example.org\\nBcc: x@example.org", "@example.org", "a@b@c", "a@b.org, c@d.org"]
)
def test_replies_to_no_address_are_refused(value):
    (found,) = problems(with_line("lists.supporters", f'reply_to = "{value}"'))
    assert "lists.supporters.reply_to: write one address that is read" in found


@pytest.mark.parametrize(
    ("listen", "wanted"),
    [("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:8080", ("::1", 8080)), ("web-1.local:1", ("web-1.local", 1))],
)
def test_the_server_listens_where_it_is_told(listen, wanted):
    assert build_settings(TEXT + f'[web]\nlisten = "{listen}"\n', {}).listen == wanted


@pytest.mark.parametrize(
    "listen", ["8080", "host", "host:", "host:0", "host:65536", ":80", "a b:80", "::1:80", "127.0.0.1:٨٠٩٩"]
)
def test_a_place_that_is_none_is_refused(listen):
    (found,) = problems(TEXT + f'[web]\nlisten = "{listen}"\n')
    assert found.startswith("newsroom.toml:25: web.listen: write host and port")


def test_without_one_it_listens_where_a_loopback_base_url_points():
    for address, wanted in (("http://127.0.0.1:8099", 8099), ("http://localhost", 80)):
        assert build_settings(TEXT.replace("https://news.example.org/", address), {}).listen[1] == wanted


def test_the_environment_wins_over_the_file():
    environment = {
        "DIGEST_FEEDS_ENTRIES": "7", "DIGEST_DELIVERY_RETRY_AFTER": "1 s", "DIGEST_DELIVERY_OUTBOX": "true",
        "DIGEST_NEWSROOM_TITLE": "Rehearsal", "DIGEST_NEWSROOM_LANGUAGES": '["ar"]',
        "DIGEST_PICTURES_HOSTS": '["a.example.org"]',
        "PATH": "/bin", "DIGEST_NOW": "2022-02-28", "DIGEST_SITE": "x", "DIGEST_SMTP_URL": "smtp://localhost",
    }  # fmt: skip
    settings = build_settings(TEXT + "[feeds]\nentries = 9\n", environment)

    assert settings.feeds.entries == 7
    assert settings.delivery.retry_after == timedelta(seconds=1)
    assert settings.delivery.outbox is True
    assert settings.newsroom.title == "Rehearsal"
    assert settings.languages == ("en", "ar")
    assert settings.pictures.hosts == ("a.example.org",)


def test_a_variable_of_ours_that_means_nothing_is_refused():
    (found,) = problems(TEXT, {"DIGEST_WEB_LISTN": "host:80"})
    assert found == "environment: DIGEST_WEB_LISTN: there is no such setting (did you mean DIGEST_WEB_LISTEN?); unset it"


def test_a_bad_value_is_blamed_on_the_variable_that_brought_it():
    assert problems(TEXT, {"DIGEST_DELIVERY_CONNECTIONS": "many"}) == [
        "environment: DIGEST_DELIVERY_CONNECTIONS: Input should be a valid integer, unable to parse string as an integer"
    ]


def test_a_variable_cannot_smuggle_in_other_settings():
    (found,) = problems(TEXT, {"DIGEST_NEWSROOM_TITLE": "'x'\nzone = 'UTC'"})
    assert found == "environment: DIGEST_NEWSROOM_TITLE: write one line of text"


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"[newsroom", "Expected ']'"),
        (b"a = 1\na = 2\n", "Cannot overwrite"),
        (b"title = 'caf\xe9'", "not UTF-8"),
        (b"a = " + b"[" * 5000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(data, cause, tmp_path: Path):
    file = tmp_path / "newsroom.toml"
    file.write_bytes(data)
    with pytest.raises(SettingsError, match=cause):
        read_settings(file, {})


def test_a_byte_order_mark_is_accepted(tmp_path: Path):
    file = tmp_path / "newsroom.toml"
    file.write_text(TEXT, "utf-8-sig")
    assert read_settings(file, {}) == build_settings(TEXT, {})


def test_lines_are_found_for_tables_dotted_keys_and_quoted_names():
    text = '# a = 1\n[a.b]\nc.d = 1\n"e f" = 2\n[ x . "y" ]\nz = 3\n'
    assert locate(text) == {
        ("a",): 2, ("a", "b"): 2, ("a", "b", "c"): 3, ("a", "b", "c", "d"): 3, ("a", "b", "e f"): 4,
        ("x",): 5, ("x", "y"): 5, ("x", "y", "z"): 6,
    }  # fmt: skip


_lines = st.sampled_from(
    [*TEXT.splitlines(), "[feeds]", "[delivery]", "entries = 5", "[lists.a]", "rhythms = 7", "[topics]", "x"]
)
_values = st.one_of(
    st.text(max_size=20), st.integers(), st.booleans(), st.floats(), st.lists(st.text(max_size=5), max_size=3)
)


@given(st.text(max_size=200) | st.lists(_lines, max_size=30).map("\n".join))
def test_any_text_gives_settings_or_a_refusal(text):
    try:
        assert isinstance(build_settings(text, {}), Settings)
    except SettingsError as error:
        assert error.problems or error.cause


@given(st.integers(0, len(TEXT.splitlines()) - 1), _values)
def test_any_value_in_place_of_a_good_one_gives_settings_or_a_problem_with_its_line(number, value):
    lines = TEXT.splitlines()
    key, found, _ = lines[number].partition(" = ")
    if not found:
        return
    written = (
        str(value).lower() if isinstance(value, (bool, float, int)) else repr(value) if isinstance(value, list) else None
    )
    lines[number] = f"{key} = {written or _quote(str(value))}"
    try:
        settings = build_settings("\n".join(lines), {})
    except SettingsError as error:
        assert all(isinstance(problem, Problem) for problem in error.problems)
    else:
        assert settings.listen
        assert settings.zone


def _quote(text: str) -> str:
    return (
        '"'
        + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08X}" for c in text if not 0xD7FF < ord(c) < 0xE000)
        + '"'
    )


@given(
    st.sampled_from(["NEWSROOM_TITLE", "FEEDS_ENTRIES", "DELIVERY_RETRY_AFTER", "NEWSROOM_LANGUAGES", "WEB_LISTEN"]),
    st.text(),
)
def test_any_variable_gives_settings_or_a_refusal(name, value):
    try:
        build_settings(TEXT, {f"DIGEST_{name}": value})
    except SettingsError as error:
        assert {problem.file for problem in error.problems} <= {"environment", "newsroom.toml"}


def test_a_site_is_the_folder_named_or_the_nearest_upward(tmp_path: Path):
    site = tmp_path / "site"
    (site / "items" / "deep").mkdir(parents=True)
    (site / "newsroom.toml").write_text(TEXT, "utf-8")

    assert find_site(str(site), {}) == site
    assert find_site(None, {"DIGEST_SITE": str(site)}) == site
    assert find_site(None, {}, site / "items" / "deep") == site
    with pytest.raises(SettingsError, match=r"has no newsroom\.toml") as refusal:
        find_site(str(tmp_path), {})
    assert f"digest init {tmp_path}" in refusal.value.remedy
    with pytest.raises(SettingsError, match="neither it nor a folder above"):
        find_site(None, {}, tmp_path)


def test_secrets_come_from_the_environment_alone(tmp_path: Path):
    (tmp_path / "newsroom.toml").write_text(TEXT, "utf-8")
    plain = open_site(tmp_path, {})
    told = open_site(tmp_path, {"DIGEST_SMTP_URL": "smtp://u:p@relay", "DIGEST_KEYS": str(tmp_path / "elsewhere")})

    assert (plain.smtp_url, plain.keys) == ("", tmp_path / "keys")
    assert (told.smtp_url, told.keys) == ("smtp://u:p@relay", tmp_path / "elsewhere")
    with pytest.raises(SettingsError):
        build_settings(TEXT + '[delivery]\nsmtp_url = "smtp://u:p@relay"\n', {})


def test_a_missing_file_is_one_clear_refusal(tmp_path: Path):
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path / "newsroom.toml", {})
