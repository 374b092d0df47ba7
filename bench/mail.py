"""What a variant and a copy of a digest cost, beside the usual way: `python -m bench.mail [--variants N] [--rounds R]`.

A variant is one distinct content of an edition: filled from the newsroom, shortened, rendered as HTML and text, compiled,
hashed as the file that is kept. A copy is what one reader gets. The usual way renders, inlines and encodes each copy by
itself: the same templates, premailer on the whole page, EmailMessage of the standard library, dkimpy for a signature.
Figures are CPU time of this process, the ratios between works that ran in turn.
"""

from __future__ import annotations

import argparse
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from itertools import count
from statistics import median

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.sites.edition import MOMENT, build_filling, build_variants
from digest.mail.compile import CompiledMessage, splice
from digest.mail.dkim import Signer, SigningKey
from digest.mail.filling import Filling
from digest.mail.inlining import inline_page
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.proof import build_proof
from digest.mail.slotted import fill
from digest.mail.text import render_text
from digest.mail.wording import build_sentences
from digest.newsroom.addresses import Addresses
from digest.subscribers.keys import build_keys
from digest.subscribers.sealing import Sealer
from digest.subscribers.tokens import build_unsubscribe
from digest.work.composing import compose_copy

ADDRESS = "reader.with-a-name@mail.example.com"
DOMAIN = "news.example.org"
KEYS = build_keys()
SEALER = Sealer(KEYS)
ADDRESSES = Addresses("https://news.example.org")
LEAVE = ADDRESSES.leave(build_unsubscribe(KEYS, 1))
IDENTITY = SEALER.delivery_id(1)
_RELAXED = (b"relaxed", b"relaxed")

USUAL, STDLIB = "rendered, premailer, EmailMessage, each copy", "EmailMessage alone, each copy"
VARIANT, JOIN, COPY = "variant, all in", "copy: join alone", "copy: token, Message-ID, join"
UNSEALED = "copy: the same, address unsealed"
PAIRS = (
    (VARIANT, USUAL), (COPY, USUAL), (JOIN, STDLIB), (COPY, STDLIB), (UNSEALED, STDLIB),
    ("signature RSA-2048", "dkimpy RSA-2048"), ("signature Ed25519", "dkimpy Ed25519"),
)  # fmt: skip
"""Ours, and what it is compared with."""
SLOW = frozenset(theirs for _, theirs in PAIRS)

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Row:
    """Two works beside each other, each in seconds of CPU time."""

    ours: str
    seconds: float
    theirs: str
    their_seconds: float

    @property
    def ratio(self) -> float:
        """How many times as long theirs takes."""
        return self.their_seconds / self.seconds


def measure_variants(filling: Filling, variants: int) -> tuple[float, CompiledMessage]:
    """Seconds of CPU time for that many variants of twelve items, from nothing, and the last one's message."""
    inliner = Inliner(filling.templates)
    started = time.process_time()
    for content in build_variants(filling, variants):
        message = build_proof(content, filling, inliner).compile(MOMENT, len(LEAVE))
        assert message.hash
    return time.process_time() - started, message


def compare(works: Mapping[str, Work], rounds: int, quick: int, slow: int) -> list[Row]:
    """Every work in turn, `quick` or `slow` times in a round; medians."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(_time(work, slow if name in SLOW else quick))
    return [Row(ours, median(times[ours]), theirs, median(times[theirs])) for ours, theirs in PAIRS]


def _time(work: Work, repeat: int) -> float:
    started = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - started) / repeat


def build_works(filling: Filling, message: CompiledMessage) -> dict[str, Work]:
    """What is measured, by name."""
    inliner, turn, values = Inliner(filling.templates), count(), _values()
    contents = list(build_variants(filling, 100))
    letter = build_proof(contents[0], filling, inliner).letter
    html, text = _render(letter, filling)
    sealed = SEALER.seal(ADDRESS)

    def variant() -> str:
        content = contents[next(turn) % len(contents)]
        return build_proof(content, filling, inliner).compile(MOMENT, len(LEAVE)).hash

    for _ in contents:  # after this every piece is known
        variant()

    def copy(address: str = ADDRESS) -> bytes:
        number = next(turn)
        leave = ADDRESSES.leave(build_unsubscribe(KEYS, number))
        return compose_copy(message, address=address, identity=SEALER.delivery_id(number), leave_url=leave).message

    return {
        VARIANT: variant,
        USUAL: lambda: _encode(letter, *_render(letter, filling)),
        JOIN: lambda: splice(message, **values),
        COPY: copy,
        UNSEALED: lambda: copy(SEALER.unseal(sealed)),
        STDLIB: lambda: _encode(letter, html, text),
        **dict(_build_signing_works(message)),
    }


def _values() -> dict[str, bytes]:
    return {"to": ADDRESS.encode(), "message_id": f"<{IDENTITY}@{DOMAIN}>".encode(), "leave_url": LEAVE.encode()}


def _render(letter: Letter, filling: Filling) -> tuple[str, str]:
    """The letter the usual way: HTML as one page through premailer, and text."""
    sentences = build_sentences(letter, filling.templates.words(letter.language))
    page = filling.templates.render(
        "mail/edition.html", letter.language, letter=letter, sentences=sentences, leave_url=LEAVE, mark=lambda *_: ""
    )
    return inline_page(page), fill(render_text(letter, filling.templates), LEAVE)


def _encode(letter: Letter, html: str, text: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = str(letter.sender), ADDRESS, letter.subject
    message["Message-ID"], message["List-Unsubscribe"] = f"<{IDENTITY}@{DOMAIN}>", f"<{LEAVE}>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def _build_signing_works(message: CompiledMessage) -> Iterator[tuple[str, Work]]:
    copy = splice(message, **_values())
    factors, curve = rsa.generate_private_key(65_537, 2048), ed25519.Ed25519PrivateKey.generate()
    pem = factors.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    seed = b64encode(curve.private_bytes_raw())
    for name, key, private in (("RSA-2048", factors, pem), ("Ed25519", curve, seed)):
        signer = Signer([SigningKey("s", DOMAIN, key)])
        theirs = {"privkey": private, "signature_algorithm": signer.keys[0].algorithm.encode()}
        yield f"signature {name}", partial(signer.sign, copy, relaxed=message.is_relaxed)
        yield f"dkimpy {name}", partial(dkim.sign, copy, b"s", DOMAIN.encode(), canonicalize=_RELAXED, **theirs)


def main(variants: int, rounds: int, quick: int = 1_000, slow: int = 10) -> list[Row]:
    """Measure and print; what was compared."""
    filling = build_filling()
    seconds, message = measure_variants(filling, variants)
    size = sum(map(len, message.constants))
    each = f"{seconds / variants * 1e3:.2f} ms each; a message has {size:,} octets"
    print(f"{variants:,} variants of 12 items from nothing: {seconds:.1f} s of CPU, {each}")
    rows = compare(build_works(filling, message), rounds, quick, slow)
    for row in rows:
        ours, theirs = f"{row.seconds * 1e6:9,.1f} us", f"{row.their_seconds * 1e6:10,.1f} us"
        print(f"{row.ours:34} {ours}   {row.theirs:46} {theirs}   {row.ratio:9,.1f} times")
    return rows


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--variants", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    main(options.variants, options.rounds)
