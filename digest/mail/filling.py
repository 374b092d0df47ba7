"""From what a variant carries to the letter that shows it: the newsroom's values in the words of the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from digest.editions.content import CarriedItem, VariantContent
from digest.editions.edition import Edition, edition_title
from digest.items.markdown import cut_at_word
from digest.mail.letter import CorrectionPiece, ItemPiece, Letter, Section, WithdrawalPiece
from digest.mail.letter import Picture as LetterPicture
from digest.mail.wording import discreet_sender, neutral_subject, text_direction
from digest.newsroom.addresses import Addresses
from digest.newsroom.pictures import Pictures, Rendition
from digest.newsroom.public import Newsroom, Published
from digest.settings import ReaderList, Settings
from digest.templates import Templates, Words, direction

__all__ = ["SUBJECT_LIMIT", "Filling", "label_subject", "shorten"]

SUBJECT_LIMIT = 78
"""Characters of a subject that every client shows in a list, and that stay one line (RFC 5322 section 2.1.1)."""

_PREHEADER_ROOM = 60  # characters that most mail programs show behind the subject
_PREHEADER_LEAST = 30  # with fewer they fill the room with the masthead


@dataclass(frozen=True)
class Filling:
    """All that the letters of one edition are filled from: the newsroom at the edition's horizon, and how it is told."""

    edition: Edition
    newsroom: Newsroom
    pictures: Pictures
    settings: Settings
    templates: Templates

    @property
    def _list(self) -> ReaderList:
        return self.settings.lists[self.edition.list_id]

    @property
    def _addresses(self) -> Addresses:
        return Addresses(self.settings.newsroom.base_url)

    def build_letter(self, content: VariantContent) -> Letter:
        """The letter of one variant; a discreet one has a neutral sender and subject."""
        words = self.templates.words(content.language)
        discreet = content.form == "discreet"
        day = words.day(self._day(self.edition.moment))
        own = self.settings.newsroom
        items = [self._item(carried, words) for carried in content.new]
        sections = self._sections(content.new[1:], items[1:], content.language)
        topics = self._topic_titles([carried.section for carried in content.new], content.language)
        corrections = tuple(self._correction(item, words) for item, _ in content.corrected)
        withdrawals = tuple(self._withdrawal(item, words) for item in content.withdrawn)
        return Letter(
            edition=self.edition.id,
            list_id=self.edition.list_id,
            list_title=self._list.in_language(content.language),
            newsroom=own.name,
            language=content.language,
            form=content.form,
            title=edition_title(self.edition, words),
            period_line=day,
            subject=neutral_subject(day, words) if discreet else self._subject(content, items, words),
            preheader=self._preheader(items, [*withdrawals, *corrections], words),
            introduction=self.edition.choices.introduction,
            web_url=self._addresses.edition(self.edition.id, None if content.language == own.language else content.language),
            front_url=self._addresses.front,
            sender=discreet_sender(self._list, words) if discreet else self._list.sender,
            reply_to=self._list.reply_to,
            postal_address=own.postal_address,
            title_language=self._language_of(self.edition.choices.title, content.language),
            introduction_language=self._language_of(self.edition.choices.introduction, content.language),
            topics=topics,
            lead=items[0] if items else None,
            sections=sections,
            corrections=corrections,
            withdrawals=withdrawals,
        )

    def _language_of(self, words: str, language: str) -> str:
        """That of staff's words: the newsroom's own, unless they run the other way, as Arabic for Arabic readers does."""
        own = self.settings.newsroom.language
        return own if text_direction(words) == direction(own) else language

    def _subject(self, content: VariantContent, items: Sequence[ItemPiece], words: Words) -> str:
        """Staff's subject, else the lead's topic and headline; for notices alone their kind, for nothing the title."""
        if self.edition.choices.subject:
            return self.edition.choices.subject
        if items:
            section = content.new[0].section
            head = self._topic_titles([section], content.language)[0] if section else self.settings.newsroom.name
            return label_subject(head, items[0].title, words)
        named = (*content.withdrawn, *(item for item, _ in content.corrected))
        if not named:
            return edition_title(self.edition, words)
        label = words.gettext("Withdrawn") if content.withdrawn else words.gettext("Correction")
        return label_subject(label, self._entry(named[0]).content.title, words)

    def _preheader(
        self, items: Sequence[ItemPiece], notices: Sequence[CorrectionPiece | WithdrawalPiece], words: Words
    ) -> str:
        """Staff's preheader, else the other headlines; where these are short, the lead's summary or the first notice too.

        Where even these say next to nothing, it goes on with what the lead is about, and in the end with title and day.
        """
        if self.edition.choices.preheader:
            return self.edition.choices.preheader
        parts = []
        if len(items) > 1:
            parts.append(words.gettext("Also: %s") % " · ".join(item.title for item in items[1:]))
        if len("".join(parts)) < _PREHEADER_ROOM:
            parts += [item.summary for item in items[:1]] or [_note(notice) for notice in notices[:1]]
        day = words.day(self._day(self.edition.moment))
        spare = [part for item in items[:1] for part in (item.kind, item.topics)]
        for part in (*spare, edition_title(self.edition, words), day, self.settings.newsroom.name):
            if len(_join(parts)) < _PREHEADER_LEAST:
                parts.append(part)
        return shorten(_join(parts), 150)

    def _sections(self, carried: Sequence[CarriedItem], items: Sequence[ItemPiece], language: str) -> tuple[Section, ...]:
        """The items behind the lead under their topics, in newsroom.toml's order; those without a topic last."""
        grouped: dict[str, list[ItemPiece]] = {topic: [] for topic in (*self.settings.topics, "")}
        for entry, item in zip(carried, items, strict=True):
            grouped.setdefault(entry.section, []).append(item)
        present = {topic: tuple(members) for topic, members in grouped.items() if members}
        titles = {topic: self._topic_titles([topic], language)[0] for topic in present if topic}
        others = self.templates.words(language).gettext("Other news") if titles else ""
        return tuple(Section(titles.get(topic, others), members) for topic, members in present.items())

    def _topic_titles(self, topics: Sequence[str], language: str) -> tuple[str, ...]:
        order = [*self.settings.topics, *(topic for topic in topics if topic not in self.settings.topics)]
        present = [topic for topic in order if topic and topic in topics]
        return tuple(
            self.settings.topics[topic].in_language(language) if topic in self.settings.topics else topic
            for topic in present
        )

    def _item(self, carried: CarriedItem, words: Words) -> ItemPiece:
        key = carried.item, words.language
        if key not in self._filled:
            self._filled[key] = self._fill_item(self._entry(carried.item), words)
        return self._filled[key]

    @cached_property
    def _filled(self) -> dict[tuple[str, str], ItemPiece]:
        """Items by id and language of the letter: they are the same in all variants of the edition."""
        return {}

    def _fill_item(self, entry: Published, words: Words) -> ItemPiece:
        content = entry.content
        kind = self.settings.kinds.get(content.kind)
        picture = self.pictures.get(entry.photo or "")
        return ItemPiece(
            id=entry.id,
            version=content.version,
            language=content.language,
            title=content.title,
            link=self._link(entry),
            kind=kind.in_language(words.language) if kind else content.kind,
            day=self._day_words(content.date, words),
            topics=words.gettext(", ").join(self._topic_titles(content.topics, words.language)),
            summary=content.summary,
            picture=self._picture(entry, picture.medium) if picture else None,
            small_picture=self._picture(entry, picture.small) if picture else None,
        )

    def _correction(self, item: str, words: Words) -> CorrectionPiece:
        entry = self._entry(item)
        content = entry.content
        newest = content.corrections[-1] if content.corrections else None
        note = newest.note if newest else words.gettext("This item was updated since you received it.")
        day = newest.date if newest else self._day(entry.updated_at)
        return CorrectionPiece(
            id=entry.id,
            version=content.version,
            language=content.language,
            title=content.title,
            link=self._link(entry),
            day=self._day_words(day, words),
            note=note,
        )

    def _withdrawal(self, item: str, words: Words) -> WithdrawalPiece:
        entry = self._entry(item)
        content = entry.content
        taken = content.withdrawn
        return WithdrawalPiece(
            id=entry.id,
            version=content.version,
            language=content.language,
            title=content.title,
            link=self._addresses.item(entry.id),
            day=self._day_words(taken.date if taken else self._day(entry.updated_at), words),
            reason=taken.reason if taken else "",
        )

    def _entry(self, item: str) -> Published:
        return self.newsroom.by_id[item]

    def _link(self, entry: Published) -> str:
        return entry.content.url or self._addresses.item(entry.id)

    def _picture(self, entry: Published, rendition: Rendition) -> LetterPicture | None:
        photo = entry.content.photo
        if photo is None:
            return None
        return LetterPicture(
            src=self._addresses.photo(rendition),
            width=rendition.width,
            height=rendition.height,
            alt=photo.alt,
            caption=photo.caption,
            credit=photo.credit,
        )

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.settings.zone).date()

    def _day_words(self, day: date, words: Words) -> str:
        """Without the year as long as it is the edition's own."""
        return words.short_day(day) if day.year == self._day(self.edition.moment).year else words.day(day)


def label_subject(label: str, title: str, words: Words) -> str:
    """A subject of a word and a headline, with the colon as the language sets it."""
    return shorten(words.gettext("%(label)s: %(value)s") % {"label": label, "value": title}, SUBJECT_LIMIT)


def _join(parts: Sequence[str]) -> str:
    return " · ".join(filter(None, parts))


def _note(notice: CorrectionPiece | WithdrawalPiece) -> str:
    return notice.reason if isinstance(notice, WithdrawalPiece) else notice.note


def shorten(text: str, limit: int) -> str:
    """One line of at most `limit` characters; what is longer ends behind a word with an ellipsis."""
    return cut_at_word(" ".join(text.split()), limit)
