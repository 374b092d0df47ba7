"""The pictures that look closely: a map, letters, a cell and candles."""

from __future__ import annotations

import math
from itertools import pairwise

from scene import HEIGHT, WIDTH, Point, Scene, circle, lerp, spread, turned

__all__ = ["draw_candles", "draw_cell", "draw_letters", "draw_map"]


def draw_map() -> Scene:
    """A folded map, with arrows that come in from three sides."""
    scene = Scene("#2fb8a4", seed=4)
    scene.box(0, 0, WIDTH, HEIGHT, 0.34)
    centres = [(250, 170, 1.0), (880, 130, 0.8), (620, 560, 1.1), (1100, 480, 0.7), (90, 600, 0.8)]
    for ring in range(9, 0, -1):
        for x, y, size in centres:
            _draw_contour(scene, (x, y), ring * 34 * size, 0.34 + (9 - ring) * 0.02)
    for x in range(60, WIDTH, 120):
        scene.line([(x, 0), (x, HEIGHT)], 1.2, 0.5)
    for y in range(38, HEIGHT, 120):
        scene.line([(0, y), (WIDTH, y)], 1.2, 0.5)
    river = [(540 + 74 * math.sin(y / 88) + y * 0.12, y) for y in range(-20, 700, 8)]
    scene.line(river, 26, 0.13)
    scene.line(river, 18, 0.2)
    border: list[Point] = [(x, 96 + 54 * math.sin(x / 132) + x * 0.05) for x in range(-20, 1000, 5)]
    corner = border[-1]
    border += [(corner[0] + 52 * math.sin(y / 78), corner[1] + y) for y in range(5, 520, 5)]
    for number, (start, end) in enumerate(pairwise(border)):
        if number % 5 < 3:
            scene.line([start, end], 6, 1.0)
    towns = [(392, 300, 15), (700, 262, 19), (846, 418, 13), (436, 520, 12), (300, 468, 9), (770, 566, 10)]
    for one, two in ((0, 1), (1, 2), (0, 3), (3, 5), (1, 5), (0, 4), (4, 3)):
        scene.line([towns[one][:2], towns[two][:2]], 4, 0.66)
    for *town, radius in towns:
        scene.disc(town[0], town[1], radius + 7, 0.16)
        scene.disc(town[0], town[1], radius, 1.3)
    for tail, bend, head in [
        ((560, -40), (640, 120), (690, 214)),
        ((330, -40), (330, 130), (376, 246)),
        ((1250, 240), (1040, 250), (756, 272)),
        ((1250, 420), (1080, 440), (898, 424)),
        ((720, 730), (640, 620), (472, 542)),
    ]:
        _draw_arrow(scene, tail, bend, head)
    for number in range(5):
        _draw_fold(scene, number * 240.0)
    return scene


def _draw_fold(scene: Scene, x: float) -> None:
    scene.shade([(x, -60), (x + 70, -60), (x + 70, HEIGHT + 60), (x, HEIGHT + 60)], 0.42, 70)
    scene.light([(x - 60, -60), (x - 4, -60), (x - 4, HEIGHT + 60), (x - 60, HEIGHT + 60)], 0.12, 40)
    scene.line([(x, 0), (x, HEIGHT)], 2, 0.2)


def _draw_contour(scene: Scene, centre: Point, radius: float, strength: float) -> None:
    points = []
    for x, y in circle(0, 0, 1, 90):
        turn = math.atan2(y, x)
        wobble = 1 + 0.16 * math.sin(3 * turn + centre[0]) + 0.09 * math.sin(5 * turn + centre[1])
        points.append((centre[0] + x * radius * wobble * 1.25, centre[1] + y * radius * wobble))
    scene.polygon(points, strength)
    scene.line([*points, points[0]], 1.6, strength + 0.08)


def _draw_arrow(scene: Scene, tail: Point, bend: Point, head: Point) -> None:
    course = []
    for step in range(31):
        share = step / 30
        x, y = (lerp(lerp(a, b, share), lerp(b, c, share), share) for a, b, c in zip(tail, bend, head, strict=True))
        course.append((x, y))
    turn = math.degrees(math.atan2(head[1] - bend[1], head[0] - bend[0]))
    barbs = [(10, 0), (-46, -38), (-34, 0), (-46, 38)]
    scene.line([place for place in course if math.dist(place, head) > 40], 27, 0.06)
    scene.polygon(turned(barbs, head, turn), 0.06)


def draw_letters() -> Scene:
    """A heap of envelopes with one sealed letter on top."""
    scene = Scene("#9a7bff", seed=5)
    chance = scene.chance
    scene.fade(0, HEIGHT, 0.1, 0.4, 1.0)
    for strength, top, size, step in (
        (0.24, 90, 150, 88),
        (0.36, 230, 200, 120),
        (0.5, 390, 260, 165),
        (0.66, 560, 320, 230),
    ):
        for x in spread(chance, step):
            centre = (x, top + chance.uniform(-46, 46))
            _draw_envelope(scene, centre, size, chance.uniform(-38, 38), strength * chance.uniform(0.82, 1.15))
        scene.fade(0, HEIGHT, 0.06, 0.1, 0.22)
    _draw_envelope(scene, (630, 372), 520, -7, 1.0)
    return scene


def _draw_envelope(scene: Scene, centre: Point, width: float, degrees: float, strength: float) -> None:
    half, tall = width / 2, width * 0.32
    corners = [(-half, -tall), (half, -tall), (half, tall), (-half, tall)]
    scene.shade(turned(corners, (centre[0] + width * 0.02, centre[1] + width * 0.05), degrees), 0.6, width * 0.05)
    scene.polygon(turned(corners, centre, degrees), strength)
    for side in (-1, 1):
        scene.polygon(
            turned([(side * half, -tall), (side * half, tall), (0, tall * 0.08)], centre, degrees), strength * 0.84
        )
    scene.polygon(turned([(-half, tall), (half, tall), (0, tall * 0.02)], centre, degrees), strength * 0.92)
    flap = [(-half, -tall), (half, -tall), (width * 0.03, tall * 0.3), (-width * 0.03, tall * 0.3)]
    scene.shade(turned([(x, y + width * 0.016) for x, y in flap], centre, degrees), 0.45, width * 0.02)
    scene.polygon(turned(flap, centre, degrees), min(strength * 1.1, 1.16))
    seal = turned([(0, tall * 0.2)], centre, degrees)[0]
    scene.disc(*seal, width * 0.052, strength * 0.34)
    scene.disc(*seal, width * 0.036, strength * 0.46)


def draw_cell() -> Scene:
    """Light through a barred window falls on an empty chair."""
    scene = Scene("#a9c0ae", seed=6)
    scene.box(0, 0, WIDTH, HEIGHT, 0.2)
    for row in range(10):
        for x in range(-60 + row % 2 * 62, WIDTH, 124):
            scene.box(x + 2, row * 52 + 2, x + 122, row * 52 + 50, 0.2 + scene.chance.uniform(0.0, 0.06))
    scene.polygon([(0, 520), (WIDTH, 520), (WIDTH, HEIGHT), (0, HEIGHT)], 0.3)
    scene.fade(380, 524, 0.02, 0.0, 0.55)
    window = (214.0, 78.0, 466.0, 336.0)
    left, top, right, bottom = window
    scene.box(left - 26, top - 26, right + 26, bottom + 26, 0.1)
    scene.box(left, top, right, bottom, 1.16)
    scene.polygon([(left - 26, bottom + 26), (left, bottom), (right, bottom), (right + 26, bottom + 26)], 0.5)
    bars = [lerp(left, right, (number + 0.5) / 5) for number in range(5)]
    for bar in bars:
        scene.box(bar - 8, top, bar + 8, bottom, 0.05)
    scene.box(left, 196, right, 212, 0.05)
    edges = [left, *(edge for bar in bars for edge in (bar - 8, bar + 8)), right]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        _draw_beam(scene, window, start, end)
    scene.shade([(762, 622), (858, 628), (1010, 668), (900, 690)], 0.55, 10)
    _draw_chair(scene, 820, 584)
    scene.fade(0, 160, 0.0, 0.5, 0.0)
    scene.glow(340, 206, 210, 0.22)
    return scene


def _draw_beam(scene: Scene, window: tuple[float, float, float, float], start: float, end: float) -> None:
    """The part of the light that passes between two bars: through the air, then on the floor."""
    left, top, right, bottom = window

    def floor(x: float, y: float) -> Point:
        return 640 + (x - left) / (right - left) * 300 + (bottom - y) * 0.5, 640 - (bottom - y) * 0.3

    lying = [floor(start, bottom), floor(end, bottom), floor(end, top), floor(start, top)]
    scene.polygon(lying, 0.8)
    scene.light([(start, top), (end, top), lying[2], lying[1], lying[0], (start, bottom)], 0.05, 9)


def _draw_chair(scene: Scene, x: float, feet: float) -> None:
    for foot_x, foot_y, seat_y in (
        (x - 62, feet + 36, feet - 96),
        (x + 34, feet + 40, feet - 94),
        (x - 30, feet, feet - 112),
        (x + 62, feet + 4, feet - 112),
    ):
        scene.line([(foot_x, foot_y), (foot_x + 2, seat_y)], 10, 0.04)
    scene.polygon([(x - 70, feet - 98), (x - 34, feet - 124), (x + 70, feet - 124), (x + 42, feet - 98)], 0.1)
    scene.polygon([(x - 70, feet - 98), (x + 42, feet - 98), (x + 42, feet - 84), (x - 70, feet - 84)], 0.04)
    for post in (x - 30, x + 66):
        scene.line([(post, feet - 112), (post + 6, feet - 290)], 10, 0.04)
    for rail in (feet - 276, feet - 222, feet - 170):
        scene.polygon([(x - 28, rail), (x + 74, rail), (x + 72, rail + 24), (x - 28, rail + 24)], 0.05)


def draw_candles() -> Scene:
    """Twelve candles, one for each month; some have gone out."""
    scene = Scene("#ea5f9d", seed=8)
    scene.fade(0, 500, 0.2, 0.0, 1.0)
    scene.box(0, 500, WIDTH, HEIGHT, 0.14)
    scene.fade(500, HEIGHT, 0.0, 0.0, 0.7)
    rows = [
        (530, 0.4, 46, ((106, 286, 1), (420, 196, 1), (622, 236, 0), (926, 206, 1))),
        (590, 0.62, 66, ((40, 250, 1), (290, 290, 0), (548, 320, 1), (800, 262, 1), (1034, 300, 0))),
        (720, 0.92, 98, ((172, 330, 1), (676, 300, 1), (1138, 350, 1))),
    ]
    for foot, strength, width, places in rows:
        for x, height, lit in places:
            _draw_candle(scene, (x, foot), (width, height), strength, lit=bool(lit))
    return scene


def _draw_candle(scene: Scene, foot: Point, size: tuple[float, float], strength: float, *, lit: bool) -> None:
    (x, bottom), (width, height) = foot, size
    top, half, wax = bottom - height, width / 2, strength * (0.86 if lit else 0.5)
    scene.shade(
        [(x - half, bottom - 8), (x + half, bottom - 8), (x + half * 1.6, bottom + 12), (x - half * 1.6, bottom + 12)],
        0.7,
        8,
    )
    scene.box(x - half, top, x + half, bottom, wax * 0.74)
    scene.box(x - half, top, x + half * 0.35, bottom, wax * 0.88)
    scene.box(x - half, top, x - half * 0.4, bottom, wax)
    scene.oval(x, bottom, half, half * 0.2, wax * 0.8)
    for shift, length in ((-0.72, 0.9), (-0.5, 0.5), (0.78, 0.7)):
        scene.line([(x + half * shift, top), (x + half * shift, top + width * length)], width * 0.2, wax)
    scene.oval(x, top, half, half * 0.24, min(wax * 1.12, 1.0))
    scene.oval(x, top, half * 0.66, half * 0.13, wax * (1.3 if lit else 0.7))
    scene.line([(x, top), (x + width * 0.04, top - width * 0.26)], width * 0.06, 0.04)
    if lit:
        _draw_flame(scene, (x + width * 0.03, top - width * 0.14), width, strength)
    else:
        smoke = [(x + width * (0.04 + 0.012 * n * math.sin(n / 5)), top - width * (0.34 + n * 0.05)) for n in range(34)]
        scene.line(smoke, width * 0.06, strength * 0.42)


def _draw_flame(scene: Scene, foot: Point, width: float, strength: float) -> None:
    scene.glow(foot[0], foot[1] - width * 0.5, width * 3.2, 0.3 * strength)
    for share, bright in ((1.0, 1.0), (0.7, 1.3), (0.4, 1.75)):
        flame = []
        for degrees in range(0, 360, 6):
            turn = math.radians(degrees)
            reach = math.sin(turn) * math.sin(turn / 2) ** 1.6
            flame.append((foot[0] + reach * width * 0.34 * share, foot[1] - (1 + math.cos(turn)) * width * 0.62 * share))
        scene.polygon(flame, bright * lerp(0.74, 1.0, strength))
