"""The first page says what waits, the worst first, and leads to where the step is taken."""

from __future__ import annotations

from typing import Any

HERE = "/desk/editions/2024-w10-supporters"


def _set(desk: Any, statement: str) -> None:
    place = desk.place
    with place.hot.writing() as connection:
        connection.execute(statement)
    place.close()


def test_a_draft_waits_for_approval(desk: Any) -> None:
    page = desk.browser("Wanda").get("/desk/").text

    assert "2024-w10-supporters waits for approval" in page
    assert f'href="{HERE}"' in page


def test_what_stands_still_comes_before_what_waits(desk: Any) -> None:
    desk.publish()
    _set(desk, "UPDATE edition SET state = 'paused', frozen_hash = 'x', paused_by = 'Ed', paused_reason = 'a wrong date'")
    browser = desk.browser("Ed")
    browser.get("/desk/editions")
    browser.post("/desk/editions", {"edition": "supporters weekly", "extra": "yes"})

    page = browser.get("/desk/").text

    assert "By Ed: a wrong date." in page
    assert page.index("is paused") < page.index("waits for approval")


def test_a_quiet_day_says_so(desk: Any) -> None:
    browser = desk.browser("Ada")
    browser.get(HERE)
    browser.post(f"{HERE}/steer", {"do": "cancel"})

    assert "Nothing is wrong, and nothing waits for you." in browser.get("/desk/").text


def test_the_navigation_leads_nowhere_else_than_to_pages(desk: Any) -> None:
    browser = desk.browser("Boss")
    page = browser.get("/desk/").body.decode()
    nav = page[page.index("<nav") : page.index("</nav>")]
    links = [part.split('"')[0] for part in nav.split('href="')[1:]]

    assert links
    assert {browser.get(link).status for link in links} == {200}
