"""The outbox: a Maildir that holds each letter once."""

from __future__ import annotations

import mailbox
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.delivery.outbox import OutboxTransport
from digest.delivery.transport import Letter, Stage, send_letter
from digest.errors import DeliveryError

pytestmark = pytest.mark.anyio
Letters = Callable[..., Letter]


async def test_a_mail_program_can_open_it(tmp_path: Path, letter: Letters) -> None:
    session = await OutboxTransport(tmp_path / "outbox").open()
    reply = await send_letter(session, letter())
    await session.close()

    assert (reply.stage, reply.code) == (Stage.BODY, 250)
    (kept,) = mailbox.Maildir(tmp_path / "outbox", create=False)
    assert kept["Message-ID"] == "<e1@lists.example.org>"


async def test_the_bytes_are_those_of_the_letter_and_for_its_owner_alone(tmp_path: Path, letter: Letters) -> None:
    session = await OutboxTransport(tmp_path).open()
    await send_letter(session, letter(message=b".dot\r\n"))

    (file,) = (tmp_path / "new").iterdir()
    assert file.read_bytes() == letter(message=b".dot\r\n").message
    assert file.stat().st_mode & 0o077 == 0


async def test_a_letter_sent_once_more_is_still_one_file(tmp_path: Path, letter: Letters) -> None:
    for _ in range(2):
        session = await OutboxTransport(tmp_path).open()
        await send_letter(session, letter())

    assert len(list((tmp_path / "new").iterdir())) == 1


async def test_a_letter_that_was_read_meanwhile_is_not_made_again(tmp_path: Path, letter: Letters) -> None:
    session = await OutboxTransport(tmp_path).open()
    await send_letter(session, letter())
    (file,) = (tmp_path / "new").iterdir()
    file.rename(tmp_path / "cur" / f"{file.name}:2,S")

    session = await OutboxTransport(tmp_path).open()
    await send_letter(session, letter())

    assert list((tmp_path / "new").iterdir()) == []


async def test_two_letters_are_two_files_and_nothing_is_left_half_written(tmp_path: Path, letter: Letters) -> None:
    session = await OutboxTransport(tmp_path).open()
    for number in (1, 2):
        await send_letter(session, letter(number=number))

    assert len(list((tmp_path / "new").iterdir())) == 2
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_a_folder_that_cannot_be_made_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")

    with pytest.raises(DeliveryError, match="cannot be kept there"):
        await OutboxTransport(tmp_path / "outbox").open()


async def test_a_folder_that_is_lost_meanwhile_is_a_plain_error(tmp_path: Path, letter: Letters) -> None:
    session = await OutboxTransport(tmp_path).open()
    (tmp_path / "tmp").rmdir()

    with pytest.raises(DeliveryError, match="cannot be kept there"):
        await send_letter(session, letter())
