"""The canvas of the sample pictures: one hue on near-black, and a few shapes that are layered from far to near.

Coordinates are pixels of the finished picture, 1200 wide and 675 high, counted from the upper left corner. The drawing
itself happens at three times that size and is scaled down once, so that edges are smooth.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from io import BytesIO

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

__all__ = ["HEIGHT", "WIDTH", "Point", "Scene", "circle", "lerp", "spread", "turned"]

WIDTH, HEIGHT = 1200, 675
SUPERSAMPLING = 3
BYTES_MAX = 60_000
GROUND = (17, 17, 19)

Point = tuple[float, float]
Colour = tuple[int, int, int]


def lerp(start: float, end: float, share: float) -> float:
    """The number that lies `share` (0 to 1) of the way from start to end."""
    return start + (end - start) * share


class Scene:
    """A canvas with one hue, and the few shapes from which every picture is made."""

    def __init__(self, hue: str, seed: int) -> None:
        self.hue: Colour = ImageColor.getrgb(hue)[:3]
        self.chance = random.Random(seed)  # noqa: S311 - it places shapes and keeps no secret
        self.image = Image.new("RGB", (WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING), GROUND)
        self.draw = ImageDraw.Draw(self.image)

    def tone(self, strength: float) -> Colour:
        """The hue mixed with the ground: 0 is the ground, 1 the full hue, up to 1.5 goes on towards white."""
        start, end, share = (GROUND, self.hue, strength) if strength <= 1 else (self.hue, (255, 255, 255), strength - 1)
        red, green, blue = (round(lerp(a, b, share)) for a, b in zip(start, end, strict=True))
        return red, green, blue

    def polygon(self, points: Sequence[Point], strength: float) -> None:
        """A filled shape."""
        self.draw.polygon(_scaled(points), fill=self.tone(strength))

    def box(self, left: float, top: float, right: float, bottom: float, strength: float) -> None:
        """A filled upright rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], strength)

    def oval(self, x: float, y: float, across: float, down: float, strength: float) -> None:
        """A filled ellipse around x, y, with its two half axes."""
        edges = _scaled([(x - across, y - down), (x + across, y + down)])
        self.draw.ellipse([*edges[0], *edges[1]], fill=self.tone(strength))

    def disc(self, x: float, y: float, radius: float, strength: float) -> None:
        """A filled circle around x, y."""
        self.oval(x, y, radius, radius, strength)

    def line(self, points: Sequence[Point], width: float, strength: float) -> None:
        """A stroke with round joints and ends."""
        self.draw.line(_scaled(points), fill=self.tone(strength), width=round(width * SUPERSAMPLING), joint="curve")
        if width >= 3:
            for x, y in (points[0], points[-1]):
                self.disc(x, y, width / 2 - 0.25, strength)

    def arch(self, left: float, top: float, right: float, bottom: float, strength: float) -> None:
        """An upright body whose upper end is rounded as far as its width allows."""
        radius = min((right - left) / 2, bottom - top)
        edges = _scaled([(left, top), (right, bottom)])
        self.draw.rounded_rectangle(
            [*edges[0], *edges[1]],
            radius * SUPERSAMPLING,
            fill=self.tone(strength),
            corners=(True, True, False, False),
        )

    def person(self, x: float, feet: float, height: float, strength: float, build: float = 0.3) -> None:
        """A standing figure: shoulders and a head, `build` times as wide as high."""
        width = height * build
        head = width * 0.29
        self.arch(x - width / 2, feet - height + head * 1.7, x + width / 2, feet, strength)
        self.disc(x, feet - height + head, head, strength)

    def fade(self, top: float, bottom: float, strength: float, opacity_top: float, opacity_bottom: float) -> None:
        """A veil of one tone over the whole width, whose opacity (0 to 1) runs from its upper to its lower edge."""
        rows = round((bottom - top) * SUPERSAMPLING)
        steps = bytes(round(255 * lerp(opacity_top, opacity_bottom, row / max(rows - 1, 1))) for row in range(rows))
        mask = Image.frombytes("L", (1, rows), steps).resize((WIDTH * SUPERSAMPLING, rows))
        self.image.paste(Image.new("RGB", mask.size, self.tone(strength)), (0, round(top * SUPERSAMPLING)), mask)

    def light(self, points: Sequence[Point], strength: float, blur: float) -> None:
        """Adds light in the shape of a polygon with a soft edge of about `blur` pixels."""
        layer = Image.new("RGB", (WIDTH // 2, HEIGHT // 2))
        black_to_hue: list[int] = [round(part * strength) for part in self.hue]
        fill = (black_to_hue[0], black_to_hue[1], black_to_hue[2])
        ImageDraw.Draw(layer).polygon([(x / 2, y / 2) for x, y in points], fill=fill)
        soft = layer.filter(ImageFilter.GaussianBlur(blur / 2)).resize(self.image.size, Image.Resampling.BICUBIC)
        self.image.paste(ImageChops.add(self.image, soft))

    def shade(self, points: Sequence[Point], opacity: float, blur: float) -> None:
        """Darkens what lies below a polygon with a soft edge of about `blur` pixels."""
        mask = Image.new("L", (WIDTH // 2, HEIGHT // 2))
        ImageDraw.Draw(mask).polygon([(x / 2, y / 2) for x, y in points], fill=round(255 * opacity))
        soft = mask.filter(ImageFilter.GaussianBlur(blur / 2)).resize(self.image.size, Image.Resampling.BICUBIC)
        self.image.paste(Image.new("RGB", self.image.size, GROUND), (0, 0), soft)

    def uncover(self, points: Sequence[Point], earlier: Image.Image) -> None:
        """Shows, inside a polygon, an earlier copy of this scene's image again."""
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon(_scaled(points), fill=255)
        self.image.paste(earlier, (0, 0), mask)

    def glow(self, x: float, y: float, radius: float, strength: float) -> None:
        """Adds a round, soft light."""
        self.light(circle(x, y, radius * 0.6), strength, radius * 0.45)

    def render_jpeg(self) -> bytes:
        """The finished picture: scaled down once, without any metadata, in the best quality below BYTES_MAX bytes."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        for quality in range(90, 40, -4):
            file = BytesIO()
            small.save(file, "JPEG", quality=quality, subsampling=0, optimize=True, progressive=True)
            if file.tell() < BYTES_MAX:
                break
        return file.getvalue()


def _scaled(points: Sequence[Point]) -> list[Point]:
    return [(x * SUPERSAMPLING, y * SUPERSAMPLING) for x, y in points]


def circle(x: float, y: float, radius: float, corner_count: int = 48) -> list[Point]:
    """The corners of a polygon that looks round."""
    turns = (math.tau * corner / corner_count for corner in range(corner_count))
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]


def turned(points: Sequence[Point], centre: Point, degrees: float) -> list[Point]:
    """Points given relative to a centre, turned clockwise around it and moved there."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return [(centre[0] + x * cosine - y * sine, centre[1] + x * sine + y * cosine) for x, y in points]


def spread(chance: random.Random, step: float, start: float = -40, end: float = WIDTH + 40) -> Iterator[float]:
    """Places from left to right, about `step` apart."""
    x = start
    while x < end:
        yield x
        x += step * chance.uniform(0.72, 1.28)
