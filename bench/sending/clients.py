"""The senders: each is run in a process of its own, and prints what sending took it, without the start of Python.

digest          the sender of `digest send`: ledger at synchronous = FULL, addresses unsealed, tokens, slots filled
digest-wire     its connections alone: no ledger, one letter made beforehand
aiosmtplib      sendmail on kept connections, one letter made beforehand, no ledger
threads         a thread a connection with blocking sockets, command by command, as most scripts send; no ledger
nodemailer      its pool, one letter made beforehand, no ledger
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import aiosmtplib

from bench.memory import read_peak
from bench.sending.campaign import EDITION, build_message, open_place, write_campaign
from digest.delivery.loops import run as run_quickly
from digest.delivery.pace import Rules
from digest.delivery.relay import parse_smtp_url
from digest.delivery.sender import Limits, Sender
from digest.delivery.smtp import SmtpTransport
from digest.delivery.transport import Letter, Reply
from digest.mail.compile import splice_example
from digest.store.ledger import open_ledger
from digest.work.composing import Composer

__all__ = ["CLIENTS", "render_letter"]

_LEAVE = "https://news.example.org/u/" + "a" * 36
_FROM, _TO = "news@news.example.org", "reader@example.org"


def render_letter() -> bytes:
    """One letter of the edition."""
    return splice_example(build_message(len(_LEAVE)), _LEAVE)


def send_ours(port: int, letters: int, connections: int, loop: str) -> tuple[float, float]:
    """Seconds of wall and of CPU time."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        site = Path(folder) / "site"
        write_campaign(site, letters)
        place = open_place(site)
        ledger = open_ledger(place.store.file, Rules(), only=EDITION)
        transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{port}"), ehlo_name="news.example.org")
        sender = Sender(ledger, transport, Composer(place).compose, Limits(connections=connections))

        async def work() -> None:
            try:
                report = await sender.run()
                assert report.progress.sent_count == letters, report
            finally:
                await ledger.close()

        taken = _measure(lambda: _runner(loop)(work()))
        place.close()
        return taken


def send_wire(port: int, letters: int, connections: int, loop: str) -> tuple[float, float]:
    """The same without the ledger."""
    transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{port}"), ehlo_name="news.example.org")
    letter = Letter(_FROM, _TO, "<a@b>", [render_letter()], has_dots=False)
    left = iter(range(letters))

    async def talk() -> None:
        session = await transport.open()
        reply: Reply | None = None
        for _ in left:
            if reply is None:
                reply = await session.announce(letter)
            assert reply.invites_body, reply
            body, reply = await session.deliver(letter, letter)
            assert body.code == 250, body
        await session.close()

    async def work() -> None:
        await asyncio.gather(*(talk() for _ in range(connections)))

    return _measure(lambda: _runner(loop)(work()))


def send_aiosmtplib(port: int, letters: int, connections: int, loop: str) -> tuple[float, float]:
    """aiosmtplib's own way."""
    message, left = render_letter(), iter(range(letters))

    async def talk() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for _ in left:
                await client.sendmail(_FROM, [_TO], message)

    async def work() -> None:
        await asyncio.gather(*(talk() for _ in range(connections)))

    return _measure(lambda: _runner(loop)(work()))


def send_threads(port: int, letters: int, connections: int, _loop: str) -> tuple[float, float]:
    """Blocking sockets, a thread each; line ends and dots are seen to as the standard library does for each letter."""
    message, lock, left = render_letter(), threading.Lock(), iter(range(letters))

    def talk() -> None:
        with socket.create_connection(("127.0.0.1", port)) as line, line.makefile("rb") as answers:

            def say(data: bytes, code: bytes) -> None:
                line.sendall(data)
                while (answer := answers.readline())[3:4] == b"-":
                    pass
                assert answer[:3] == code, answer

            say(b"", b"220")
            say(b"EHLO bench.example.org\r\n", b"250")
            while True:
                with lock:
                    if next(left, None) is None:
                        break
                say(b"MAIL FROM:<%s>\r\n" % _FROM.encode(), b"250")
                say(b"RCPT TO:<%s>\r\n" % _TO.encode(), b"250")
                say(b"DATA\r\n", b"354")
                body = b"\r\n".join(part if part[:1] != b"." else b"." + part for part in message.splitlines())
                say(body + b"\r\n.\r\n", b"250")
            say(b"QUIT\r\n", b"221")

    def work() -> None:
        threads = [threading.Thread(target=talk) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return _measure(work)


def send_nodemailer(port: int, letters: int, connections: int, _loop: str) -> tuple[float, float]:
    """nodemailer's pool, in a folder that has it (BENCH_NODE)."""
    folder = Path(os.environ["BENCH_NODE"])
    (folder / "letter.eml").write_bytes(render_letter())
    script = Path(__file__).with_name("nodemailer.cjs").read_text("utf-8")
    words = ["node", "-e", script, str(port), str(letters), str(connections), _FROM, _TO]
    out = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout
    wall, cpu = map(float, out.split())
    return wall, cpu


CLIENTS: dict[str, Callable[[int, int, int, str], tuple[float, float]]] = {
    "digest": send_ours,
    "digest-wire": send_wire,
    "aiosmtplib": send_aiosmtplib,
    "threads": send_threads,
    "nodemailer": send_nodemailer,
}


def _runner(loop: str) -> Callable[[Coroutine[object, object, None]], None]:
    return run_quickly if loop == "uvloop" else asyncio.run


def _measure(work: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("port", type=int)
    parser.add_argument("letters", type=int)
    parser.add_argument("connections", type=int)
    parser.add_argument("--loop", default="asyncio")
    options = parser.parse_args()
    seconds = CLIENTS[options.client](options.port, options.letters, options.connections, options.loop)
    json.dump({"wall": seconds[0], "cpu": seconds[1], "peak": round(read_peak())}, sys.stdout)
