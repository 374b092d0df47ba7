"""A designer's mistake stops at the check and at the approval; templates that were found good are not tried again."""

from __future__ import annotations

import shutil

import pytest

from digest import shipped
from digest.desk.approving import approve
from digest.desk.checking import check
from digest.desk.trying_templates import find_template_faults
from digest.errors import TemplateError
from digest.mail import trial_templates

RULE = ".item + .item { color: red; }\n"


def _own(desk) -> None:
    shutil.copytree(str(shipped.folder("templates") / "mail"), desk.folder / "templates" / "mail")
    desk.reopen()


def _spoil(desk) -> None:
    file = desk.folder / "templates" / "mail" / "mail.css"
    file.write_text(RULE + file.read_text("utf-8"), "utf-8")
    desk.reopen()


def test_check_names_a_fault_with_file_and_line(desk) -> None:
    _own(desk)
    _spoil(desk)

    listing = check(desk.place)

    assert listing.has_errors
    assert any(line.startswith("templates/mail/mail.css:1: “.item + .item”") for line in listing.lines)
    assert [problem["file"] for problem in listing.data["problems"]] == ["templates/mail/mail.css"]


def test_sound_templates_are_tried_once(desk, monkeypatch) -> None:
    desk.item("one")
    desk.publish()
    _own(desk)
    assert find_template_faults(desk.place) == ()
    monkeypatch.delattr(trial_templates, "try_templates")

    assert find_template_faults(desk.place) == ()

    _spoil(desk)
    with pytest.raises(ImportError):  # they would be tried again
        find_template_faults(desk.place)


def test_a_site_that_keeps_nothing_stays_so(desk) -> None:
    shutil.rmtree(desk.place.site.var, ignore_errors=True)
    _own(desk)

    assert find_template_faults(desk.place) == ()
    assert not desk.place.site.var.exists()


def test_nothing_is_approved_with_templates_that_would_spoil_it(desk) -> None:
    _own(desk)
    _spoil(desk)

    with pytest.raises(TemplateError) as refused:
        approve(desk.place, "2022-w09-supporters", actor="ed")

    assert [problem.line for problem in refused.value.problems] == [1]
