"""The demonstration's caught mail as pages: a list, and each letter with its headers, HTML and text."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from digest.templates import Templates

__all__ = ["build_routes"]

_SHOWN = ("From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'"
_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; sandbox allow-popups"
)


@dataclass(frozen=True, slots=True)
class CaughtLetter:
    """A caught letter, as the pages show it."""

    number: int
    subject: str
    to: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str | None

    @property
    def has_html(self) -> bool:
        """Whether it has an HTML part."""
        return self.html is not None


def build_routes(folder: Path, templates: Templates) -> list[BaseRoute]:
    """The routes below /caught/ for a folder of caught letters."""

    def index(_request: Request) -> Response:
        letters = [_read(path) for path in sorted(folder.glob("[0-9]*.eml"), reverse=True)]
        return _page(templates.render("desk/caught.html", "en", letters=letters))

    def letter(request: Request) -> Response:
        return _page(templates.render("desk/caught_letter.html", "en", letter=_read(_find(folder, request))))

    def html_part(request: Request) -> Response:
        part = _read(_find(folder, request)).html
        if part is None:
            raise HTTPException(404, "This letter is text only.")
        return HTMLResponse(part, headers={"content-security-policy": _LETTER_POLICY})

    def message(request: Request) -> Response:
        return Response(_find(folder, request).read_bytes(), media_type="message/rfc822")

    return [
        Route("/caught/", index),
        Route("/caught/{number:int}/", letter),
        Route("/caught/{number:int}/html", html_part),
        Route("/caught/{number:int}/message.eml", message),
    ]


def _find(folder: Path, request: Request) -> Path:
    path = folder / f"{request.path_params['number']:05}.eml"
    if not path.is_file():
        raise HTTPException(404, "There is no such letter.")
    return path


@lru_cache(maxsize=2048)
def _read(path: Path) -> CaughtLetter:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    return CaughtLetter(
        number=int(path.stem),
        subject=str(message["Subject"]),
        to=str(message["To"]),
        headers=tuple((name, str(message[name])) for name in _SHOWN if message[name]),
        text=str(text.get_content()) if text else "",
        html=str(html.get_content()) if html else None,
    )


def _page(text: str) -> Response:
    return HTMLResponse(text, headers={"content-security-policy": _PAGE_POLICY})
