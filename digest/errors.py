"""The error tree: every refusal says what it is about, why, and what to do.

    DigestError
    ├── UsageError        the command itself was wrong (exit status 2)
    ├── SettingsError     newsroom.toml, a folder or the environment
    ├── ContentError      an item, a page to import, a reader file
    ├── TemplateError     a template, theme or locale file
    ├── StoreError        the database or a file of the store
    ├── EditionError      a rule of editions refuses: not approved, changed since, stale revision
    ├── SubscriberError   a list, an address, a token, a key
    ├── StaffError        a member of staff, a right, a password, signing in
    └── DeliveryError     the relay, the outbox, a sender

Each surface renders them once: the command line as three short lines and the class's exit status, a page as a status
code and a sentence. Nobody sees a traceback for something that can be foreseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Literal


class Status(IntEnum):
    """What a command answers to the shell."""

    FINISHED = 0
    REFUSED = 1
    USAGE = 2
    HELD = 3
    PAUSED = 4
    WAITING = 5


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a file that people write: where it is, what is wrong and what to do.

    `line` counts from 1; 0 means the file as a whole. A warning never holds anything back.
    """

    file: str
    line: int
    field: str
    text: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        head = f"{where}: {self.field}" if self.field else where
        return f"{head}: {self.text}" if self.severity == "error" else f"{head}: warning: {self.text}"


class DigestError(Exception):
    """A foreseen refusal.

    Args:
        subject: what it is about, as a person would name it: `newsroom.toml`, `edition 2022-w09-supporters`.
        cause: what is wrong, one sentence without a full stop at the end.
        remedy: what to do now, one sentence.
        problems: when several places are at fault, all of them; they are shown one a line below the sentence.
    """

    status: ClassVar[Status] = Status.REFUSED

    def __init__(self, subject: str, cause: str, remedy: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(subject, cause, remedy, problems)
        self.problems = problems
        self.subject = subject
        self.cause = cause
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.subject}: {self.cause}"
        return f"{head}. {self.remedy}" if self.remedy else head


class UsageError(DigestError):
    """The command cannot mean anything as it was typed."""

    status = Status.USAGE


class SettingsError(DigestError):
    """The site, its newsroom.toml or the environment does not fit."""


class ContentError(DigestError):
    """A file that people write cannot be used as it is."""


class TemplateError(DigestError):
    """A template, theme or locale file cannot be used as it is."""


class StoreError(DigestError):
    """The database or a file of the store cannot be read or written."""


class EditionError(DigestError):
    """A rule of editions refuses the step."""


class SubscriberError(DigestError):
    """A list, an address, a token or a key does not fit."""


class StaffError(DigestError):
    """A member of staff may not do this, is not who they say, or cannot be made what was asked."""


class DeliveryError(DigestError):
    """Mail cannot leave as things are."""
