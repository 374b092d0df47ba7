"""Days as pages write them in English: `February 28, 2022`, `28 Feb 2022`, `2022-02-28`."""

from __future__ import annotations

import re
from datetime import date

__all__ = ["looks_like_day", "read_page_day"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_FORMS = tuple(
    re.compile(_WEEKDAY + form, re.IGNORECASE)
    for form in (
        rf"(?P<month>{_MONTH})\.?\s+(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>[0-9]{{4}})",
        rf"(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?\.?\s+(?P<month>{_MONTH})\.?,?\s+(?P<year>[0-9]{{4}})",
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",
    )
)


def _match(text: str) -> re.Match[str] | None:
    return next((found for form in _FORMS if (found := form.fullmatch(text))), None)


def looks_like_day(text: str) -> bool:
    """Whether a line is a day and nothing else, be it one that the calendar does not have."""
    return _match(text) is not None


def read_page_day(text: str) -> date | None:
    """The day; None when the calendar has none such, or the line is no day."""
    found = _match(text)
    if found is None:
        return None
    word = found["month"].lower()
    month = int(word) if word.isdigit() else _MONTHS.index(word[:3]) + 1
    try:
        return date(int(found["year"]), month, int(found["day"]))
    except ValueError:
        return None
