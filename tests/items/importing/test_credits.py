"""Who made a picture is never mixed up with what it shows."""

from __future__ import annotations

import pytest

from digest.items.importing.credits import PictureText, is_credit, read_picture_text


@pytest.mark.parametrize(
    ("lines", "caption", "credit"),
    [
        (["Photo by ANNA MARE/AFP via Getty Images"], "", "ANNA MARE/AFP via Getty Images"),
        (["Photo: Stringer/Anadolu Agency"], "", "Stringer/Anadolu Agency"),
        (["Photo credit: A. Mare"], "", "A. Mare"),
        (["Credit: A. Mare"], "", "A. Mare"),
        (["© Port Authority"], "", "© Port Authority"),
        (["ANNA MARE/AFP via Getty Images"], "", "ANNA MARE/AFP via Getty Images"),
        (["Cranes at dusk", "Photo by A. Mare"], "Cranes at dusk", "A. Mare"),
        (["Cranes at dusk. (Photo by A. Mare/Reuters)"], "Cranes at dusk.", "A. Mare/Reuters"),
        (["(Photo by A. Mare) Cranes at dusk."], "Cranes at dusk.", "A. Mare"),
        (["Cranes (left) at dusk. [Image courtesy of the port]"], "Cranes (left) at dusk.", "the port"),
        (["A ferry leaves via Dover"], "A ferry leaves via Dover", ""),
        (["Photos of the missing hang on a wall"], "Photos of the missing hang on a wall", ""),
        ([], "", ""),
    ],
)
def test_caption_and_credit_are_told_apart(lines: list[str], caption: str, credit: str) -> None:
    assert read_picture_text(lines) == PictureText(caption, credit)
    assert any(map(is_credit, lines)) == bool(credit)


def test_of_two_credits_the_one_asked_for_is_kept_and_the_other_named() -> None:
    line = "A quay. (Photo by Ivan MORE / AFP) (Photo credit should read IVAN MORE/AFP via Getty Images)"
    assert read_picture_text([line]) == PictureText("A quay.", "IVAN MORE/AFP via Getty Images", ("Ivan MORE / AFP",))


def test_the_same_credit_twice_is_one() -> None:
    assert read_picture_text(["(Photo by A. Mare)", "Photo by A. Mare"]) == PictureText("", "A. Mare")
