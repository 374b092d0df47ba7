"""The pictures that look out: a crowd, a playground, a street, a road and a square."""

from __future__ import annotations

import math

from PIL import Image
from scene import HEIGHT, WIDTH, Point, Scene, lerp, spread, turned

__all__ = ["draw_crowd", "draw_parliament", "draw_preschool", "draw_road", "draw_street"]


def draw_crowd() -> Scene:
    """People with blank placards in a city at dusk."""
    scene = Scene("#ffd60a", seed=11)
    scene.fade(0, 400, 0.3, 0.0, 1.0)
    scene.disc(936, 168, 74, 0.5)
    _draw_skyline(scene)
    layers = [(322, 52, 0.3, 0.06), (366, 84, 0.42, 0.2), (416, 128, 0.55, 0.2), (474, 190, 0.72, 0.12)]
    for crown, height, strength, placard_share in layers:
        for x in spread(scene.chance, height * 0.33):
            top = crown + scene.chance.uniform(-0.24, 0.24) * height
            shade = strength * scene.chance.uniform(0.66, 1.12)
            if scene.chance.random() < placard_share:
                _draw_placard(scene, x, top, height, min(1.0, shade * 1.25))
            scene.person(x, HEIGHT + 20, HEIGHT + 20 - top, shade, height * 0.36 / (HEIGHT + 20 - top))
        scene.fade(crown, HEIGHT, strength * 0.3, 0.0, 0.6)
    front = [(66, 430, 92, 0.5), (196, 372, 118, 0.8), (330, 452, 96, 0.6), (636, 398, 108, 0.52), (762, 446, 116, 0.86)]
    front += [
        (1010, 380, 112, 0.66),
        (1128, 448, 104, 0.48),
        (464, 318, 126, 1.0),
        (890, 486, 100, 1.0),
        (566, 502, 92, 0.74),
    ]
    for x, crown, width, strength in front:
        if strength == 1.0 and x < 600:
            _draw_placard(scene, x + 26, crown + 30, 250, 1.12)
        scene.person(x, HEIGHT + 20, HEIGHT + 20 - crown, strength, width / (HEIGHT + 20 - crown))
    return scene


def _draw_skyline(scene: Scene) -> None:
    for x in spread(scene.chance, 88):
        top, width = scene.chance.uniform(120, 262), scene.chance.uniform(92, 128)
        scene.box(x, top, x + width, 520, 0.13)
        for row in range(int((480 - top) // 30)):
            for column in range(int(width // 22)):
                if scene.chance.random() < 0.2:
                    left, upper = x + 8 + column * 22, top + 14 + row * 30
                    scene.box(left, upper, left + 9, upper + 14, 0.38)
    scene.fade(200, 460, 0.24, 0.0, 0.9)


def _draw_placard(scene: Scene, x: float, crown: float, height: float, strength: float) -> None:
    """A blank board on a stick, held up by the arm of somebody of that height whose head ends at crown."""
    lean, hand = scene.chance.uniform(-8, 8), (x + height * 0.2, crown + height * 0.05)
    half, upper = height * 0.3, -height * scene.chance.uniform(0.44, 0.58)
    scene.line([(x + height * 0.1, crown + height * 0.42), hand], height * 0.1, strength * 0.8)
    scene.line([turned([(0, height * 0.16)], hand, lean)[0], *turned([(0, upper)], hand, lean)], height * 0.035, 0.12)
    corners = [(side * half, upper + end * half * 0.62) for side, end in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    scene.polygon(turned(corners, hand, lean), strength)


def draw_preschool() -> Scene:
    """An empty preschool playground under a low moon."""
    scene = Scene("#93b1d1", seed=2)
    chance = scene.chance
    scene.fade(0, 470, 0.3, 0.0, 1.0)
    scene.disc(214, 168, 54, 0.62)
    for x in spread(chance, 46):
        height = chance.uniform(40, 120)
        scene.polygon([(x - 26, 470), (x, 470 - height * 1.6), (x + 26, 470)], 0.2)
    scene.polygon([(388, 238), (470, 150), (1010, 150), (1092, 238)], 0.24)
    scene.box(820, 104, 862, 200, 0.24)
    scene.box(404, 238, 1076, 474, 0.42)
    scene.box(404, 238, 1076, 252, 0.3)
    for number, x in enumerate((436, 532, 796, 892, 988)):
        _draw_window(scene, x, 288, 62, 84, broken=number in (1, 4))
    scene.polygon([(622, 268), (690, 222), (758, 268)], 0.56)
    scene.box(646, 300, 734, 474, 0.14)
    scene.box(694, 300, 697, 474, 0.3)
    scene.box(634, 290, 746, 302, 0.56)
    scene.polygon([(0, 470), (WIDTH, 462), (WIDTH, HEIGHT), (0, HEIGHT)], 0.52)
    scene.polygon([(646, 468), (734, 468), (880, HEIGHT), (520, HEIGHT)], 0.66)
    scene.fade(462, HEIGHT, 0.0, 0.0, 0.55)
    _draw_tree(scene, (1150, 660), -92, 104, 26)
    _draw_swings(scene)
    _draw_slide(scene)
    scene.shade([(596, 608), (668, 608), (690, 622), (600, 622)], 0.6, 6)
    scene.disc(622, 590, 26, 0.92)
    scene.polygon([(598, 583), (646, 583), (647, 595), (597, 595)], 0.34)
    scene.polygon([(0, 652), (320, 634), (700, 650), (WIDTH, 628), (WIDTH, HEIGHT), (0, HEIGHT)], 0.05)
    return scene


def _draw_window(scene: Scene, left: float, top: float, width: float, height: float, *, broken: bool) -> None:
    scene.box(left - 5, top - 5, left + width + 5, top + height + 5, 0.62)
    scene.box(left, top, left + width, top + height, 0.12)
    if broken:
        pane = [(0.0, 0.0), (1.0, 0.0), (0.7, 0.3), (0.95, 0.5), (0.5, 0.44), (0.3, 0.8), (0.22, 0.4), (0.0, 0.55)]
        scene.polygon([(left + x * width, top + y * height) for x, y in pane], 0.3)
    else:
        scene.box(left + width / 2 - 2, top, left + width / 2 + 2, top + height, 0.62)
        scene.box(left, top + height * 0.4 - 2, left + width, top + height * 0.4 + 2, 0.62)


def _draw_tree(scene: Scene, foot: Point, degrees: float, length: float, width: float) -> None:
    end = turned([(length, 0)], foot, degrees)[0]
    scene.line([foot, end], width, 0.06)
    if length > 14:
        for side in (-1, 1):
            turn = degrees + side * scene.chance.uniform(14, 34)
            _draw_tree(scene, end, turn, length * scene.chance.uniform(0.66, 0.8), max(width * 0.62, 1.2))


def _draw_swings(scene: Scene) -> None:
    for left, right in (((96, 628), (132, 372)), ((352, 622), (316, 372))):
        scene.line([left, right, (2 * right[0] - left[0], left[1] - 20)], 11, 1.0)
    scene.line([(118, 374), (330, 374)], 12, 1.0)
    for x, sway in ((178, 0.0), (254, 34.0)):
        for side in (-17, 17):
            scene.line([(x + side, 378), (x + side + sway, 552 - sway * (0.22 + side * 0.012))], 3, 0.86)
        scene.line([(x - 21 + sway, 552 + sway * 0.03), (x + 21 + sway, 552 - sway * 0.47)], 9, 1.0)


def _draw_slide(scene: Scene) -> None:
    for x in (836, 886):
        scene.line([(x, 636), (x, 402)], 9, 0.92)
    for y in range(462, 630, 34):
        scene.line([(836, y), (886, y)], 6, 0.92)
    scene.line([(826, 446), (826, 396), (896, 396), (896, 446)], 7, 0.92)
    bed = [(880, 440), (906, 440), (990, 566), (1036, 604), (1084, 610)]
    scene.line([(x, y + 13) for x, y in bed], 13, 0.7)
    scene.line(bed, 9, 1.0)
    scene.line([(1010, 596), (1010, 642)], 9, 0.7)


def draw_street() -> Scene:
    """A street of flats, most windows dark, smoke above its end."""
    scene = Scene("#e2512f", seed=3)
    chance = scene.chance
    scene.fade(0, 404, 0.5, 0.0, 1.0)
    scene.box(0, 404, WIDTH, HEIGHT, 0.5)
    scene.fade(404, HEIGHT, 0.0, 0.0, 0.9)
    for step in range(46):
        share = step / 45
        scene.disc(
            690 + 190 * share**1.5 + chance.uniform(-26, 26), 380 - 400 * share, 22 + 92 * share, lerp(0.14, 0.3, share)
        )
    vanishing = (640.0, 400.0)
    for x in (520, 566, 612, 668, 724):
        scene.box(x, chance.uniform(300, 350), x + 52, 420, 0.34)
    scene.polygon([(0, HEIGHT), vanishing, (WIDTH, HEIGHT)], 0.2)
    sky = scene.image.copy()
    blocks = [
        (438, 556, -30, 0.36),
        (276, 428, -120, 0.46),
        (-10, 262, -250, 0.58),
        (842, 724, 60, 0.3),
        (1012, 854, -110, 0.4),
        (1210, 1026, -230, 0.52),
    ]
    for near, far, roof, strength in blocks:
        _draw_block(scene, vanishing, (near, far), roof, strength)
    scene.polygon([(560, HEIGHT), (634, 412), (646, 412), (720, HEIGHT)], 0.26)
    scene.glow(640, 396, 150, 0.36)
    _draw_gap(scene, sky)
    for x, y, size in ((930, 566, 46), (884, 590, 36), (968, 604, 52), (838, 612, 26), (1004, 640, 34), (790, 634, 18)):
        _draw_rubble(scene, (x, y), size, chance.uniform(0.24, 0.4))
    scene.shade([(600, 600), (690, 600), (730, 636), (610, 640)], 0.5, 8)
    scene.person(618, 604, 118, 0.04)
    scene.person(664, 604, 76, 0.04)
    scene.line([(630, 552), (656, 568)], 8, 0.04)
    return scene


def _draw_gap(scene: Scene, sky: Image.Image) -> None:
    """The part of a block that is gone from its roof down: the sky shows, and the ends of three floors."""
    gap = [(880, 40), (884, 226), (896, 232), (898, 268), (912, 274), (916, 318), (930, 312), (936, 340), (950, 330)]
    gap += [(956, 292), (968, 296), (966, 250), (980, 244), (978, 196), (990, 190), (992, 20)]
    scene.polygon([(x + (7 if x < 940 else -7) * 1.2, y + 9) for x, y in gap if y > 60], 0.16)
    scene.uncover([(x, y) for x, y in gap], sky)
    for left, top, right in ((884, 214, 918), (898, 258, 936), (912, 300, 940)):
        scene.polygon([(left - 6, top + 6), (right, top), (right - 6, top + 9), (left - 6, top + 17)], 0.34)
    for left, top, right in ((952, 206, 984), (948, 262, 972)):
        scene.polygon([(left, top + 8), (right + 4, top - 12), (right + 4, top), (left + 8, top + 16)], 0.34)


def _draw_rubble(scene: Scene, centre: Point, size: float, strength: float) -> None:
    for _ in range(5):
        middle = (centre[0] + size * scene.chance.uniform(-0.8, 0.8), centre[1] + size * scene.chance.uniform(-0.1, 0.3))
        half = size * scene.chance.uniform(0.18, 0.42)
        slab = [(-half, -half * 0.5), (half * 0.7, -half * 0.7), (half, half * 0.4), (-half * 0.6, half * 0.6)]
        scene.polygon(turned(slab, middle, scene.chance.uniform(-30, 30)), strength * scene.chance.uniform(0.6, 1.8))


def _draw_block(scene: Scene, vanishing: Point, ends: tuple[float, float], roof: float, strength: float) -> None:
    """A block of flats along the street; roof is its height where it meets the picture's edge."""
    edge = 0.0 if ends[0] < vanishing[0] else float(WIDTH)

    def place(x: float, level: float) -> Point:
        share = (x - edge) / (vanishing[0] - edge)
        return x, lerp(lerp(roof, 690, level), vanishing[1], share)

    def quad(left: float, right: float, top: float, bottom: float, shade: float) -> None:
        scene.polygon([place(left, top), place(right, top), place(right, bottom), place(left, bottom)], shade)

    near, far = ends
    quad(near, far, 0, 1, strength)
    columns = 7
    for column in range(columns):
        left, right = (lerp(near, far, 1 - (1 - (column + side) / columns) ** 1.25) for side in (0.24, 0.76))
        for row in range(9):
            top = 0.06 + row * 0.098
            lit = scene.chance.random() < 0.07
            quad(left, right, top, top + 0.056, 1.12 if lit else strength * scene.chance.uniform(0.2, 0.38))


def draw_road() -> Scene:
    """A long file of people with bags on a road through bare fields."""
    scene = Scene("#e0a130", seed=7)
    scene.fade(0, 330, 0.6, 0.02, 1.0)
    scene.disc(322, 214, 84, 1.12)
    for base, swing, length, strength in ((246, 26, 190, 0.46), (282, 22, 260, 0.37), (318, 14, 340, 0.28)):
        ridge = [(x, base + swing * math.sin(x / length + base) + 6 * math.sin(x / 43)) for x in range(0, WIDTH + 12, 12)]
        scene.polygon([*ridge, (WIDTH, HEIGHT), (0, HEIGHT)], strength)
    for furrow in range(-40, 70):
        scene.line([(790, 268), (furrow * 66, HEIGHT)], 2.4, 0.2)
    scene.fade(270, HEIGHT, 0.12, 0.0, 0.5)
    course = [_place_on_road(step / 80) for step in range(81)]
    scene.polygon([(x - w, y) for x, y, w in course] + [(x + w, y) for x, y, w in reversed(course)], 0.62)
    scene.fade(470, HEIGHT, 0.5, 0.0, 0.5)
    for number in range(34):
        share = 0.06 + 0.86 * (number / 33) ** 1.15
        x, y, half = _place_on_road(share)
        offset = scene.chance.uniform(-0.55, 0.55) * half
        _draw_walker(scene, x + offset, y, 9 + 205 * share**1.7, lerp(0.3, 0.02, min(1.0, share * 1.4)))
    return scene


def _place_on_road(share: float) -> tuple[float, float, float]:
    """Where the road lies between horizon (0) and picture edge (1): x, y and half its width."""
    return 790 + 330 * math.sin(share * 5.2) * share**0.8 - 40 * share, 272 + 406 * share**1.4, 3 + 175 * share**1.7


def _draw_walker(scene: Scene, x: float, feet: float, height: float, strength: float) -> None:
    """Somebody in a long coat, with a suitcase, a bundle or a child by the hand."""

    def place(right: float, up: float) -> Point:
        return x + height * right, feet - height * up

    for foot in (-0.1, 0.09):
        scene.line([place(foot * 0.5, 0.4), place(foot, 0.03)], height * 0.075, strength)
    scene.arch(*place(-0.125, 0.82), *place(0.125, 0.5), strength)
    scene.polygon([place(-0.125, 0.7), place(0.125, 0.7), place(0.165, 0.28), place(-0.165, 0.28)], strength)
    scene.disc(*place(0.01, 0.89), height * 0.078, strength)
    load = scene.chance.choice(("suitcase", "bundle", "child"))
    if load == "suitcase":
        scene.line([place(0.09, 0.72), place(0.2, 0.4)], height * 0.06, strength)
        scene.box(*place(0.1, 0.38), *place(0.33, 0.16), strength)
    elif load == "bundle":
        scene.disc(*place(-0.14, 0.68), height * 0.13, strength)
    else:
        scene.line([place(-0.09, 0.7), place(-0.23, 0.42)], height * 0.05, strength)
        scene.person(*place(-0.27, 0.0), height * 0.52, strength, 0.34)


def draw_parliament() -> Scene:
    """A parliament with tall pillars; a few people wait on the wide square before it."""
    scene = Scene("#5c86ff", seed=9)
    scene.fade(0, 440, 0.46, 0.02, 1.0)
    for left, top, right in ((-20, 262, 96), (70, 216, 210), (1000, 236, 1130), (1108, 204, 1220)):
        scene.box(left, top, right, 450, 0.26)
    scene.fade(250, 450, 0.4, 0.0, 0.8)
    _draw_facade(scene)
    scene.box(0, 440, WIDTH, HEIGHT, 0.44)
    for number in range(-30, 31):
        scene.line([(600 + number * 26, 440), (600 + number * 118, HEIGHT)], 1.6, 0.34)
    for row in range(1, 9):
        scene.line([(0, 440 + row**2 * 3.7), (WIDTH, 440 + row**2 * 3.7)], 1.6, 0.34)
    scene.fade(440, HEIGHT, 0.02, 0.0, 0.75)
    for step in range(4):
        scene.box(214 - step * 20, 424 + step * 9, 986 + step * 20, 434 + step * 9, 0.5 + step * 0.09)
    waiting = [
        (232, 560, 128),
        (282, 548, 112),
        (330, 566, 132),
        (372, 544, 104),
        (548, 512, 76),
        (838, 608, 178),
        (900, 610, 96),
    ]
    for x, feet, height in waiting:
        width = height * 0.3
        shadow = [
            (x - width / 2, feet),
            (x + width / 2, feet),
            (x + width * 1.7, feet + height * 0.62),
            (x + width * 0.5, feet + height * 0.62),
        ]
        scene.shade(shadow, 0.62, 3)
        scene.person(x, feet, height, 0.02)
    scene.line([(854, 524), (890, 556)], 11, 0.02)
    return scene


def _draw_facade(scene: Scene) -> None:
    scene.box(440, 34, 760, 92, 0.34)
    scene.box(426, 26, 774, 42, 0.56)
    scene.box(232, 92, 968, 430, 0.34)
    scene.box(212, 84, 988, 112, 0.56)
    scene.box(212, 112, 988, 118, 0.2)
    for bay in range(12):
        left = 262 + bay * 57.2
        for top, bottom in ((140, 196), (212, 276), (292, 356)):
            lit = scene.chance.random() < 0.16
            scene.box(left + 14, top, left + 42, bottom, 1.2 if lit else 0.14)
        scene.box(left + 12, 372, left + 44, 430, 0.1)
    for pillar in range(13):
        x = 262 + pillar * 57.2
        for shift, width, strength in ((0.0, 22.0, 0.52), (-6.0, 8.0, 0.7)):
            scene.box(x + shift - width / 2, 128, x + shift + width / 2, 424, strength)
        scene.box(x - 15, 118, x + 15, 130, 0.62)
        scene.box(x - 15, 414, x + 15, 428, 0.62)
    scene.fade(300, 440, 0.3, 0.0, 0.25)
