"""Photos lose everything but their pixels, and are made once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from digest.errors import ContentError
from digest.newsroom.pictures import Picture
from digest.publishing import recoding
from digest.publishing.photos import WIDTHS, Renditions, build_pictures, open_renditions, read_photo_hash
from digest.settings import Site

SavePhoto = Callable[..., Path]
Draw = Callable[..., Image.Image]
LEAKS = [b"Exif", b"GPS", b"PLANTED", b"http://ns.adobe.com", b"ICC_PROFILE", b"Photoshop", b"Canon"]


@pytest.fixture
def renditions(site: Site) -> Renditions:
    return open_renditions(site.var / "photos")


def _make(renditions: Renditions, path: Path) -> tuple[Picture, dict[str, bytes]]:
    digest = read_photo_hash(path)
    picture = renditions.make(digest, path)
    return picture, {f"photos/{getattr(picture, size).name}": renditions.read(digest, size) for size in WIDTHS}


def _open(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_place_camera_comment_and_thumbnail_are_gone_from_every_byte(
    renditions: Renditions, save_photo: SavePhoto, gradient: Draw, site: Site
) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x8298] = "Canon PLANTED maker", "PLANTED model", "PLANTED owner"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 27.0, 0.0), 3: "E", 4: (30.0, 31.0, 0.0), 29: "PLANTED 2022"})
    exif.get_ifd(0x8825)[6] = IFDRational(1790, 10)
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/' PLANTED='http://ns.adobe.com/xap/1.0/'/>"
    path = save_photo("gps.jpg", gradient(), exif=exif, comment=b"PLANTED comment", xmp=xmp)
    planted = path.read_bytes()
    assert all(word in planted for word in (b"Exif", b"PLANTED comment", b"PLANTED owner", b"http://ns.adobe.com"))
    assert _open(planted).getexif().get_ifd(0x8825)

    _, files = _make(renditions, path)

    kept = [file.read_bytes() for file in (site.var / "photos").rglob("*") if file.is_file()]
    for data in (*files.values(), *kept):
        assert not [leak for leak in LEAKS if leak in data]
    for data in files.values():
        image = _open(data)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}


def test_text_of_a_png_is_gone(renditions: Renditions, save_photo: SavePhoto, gradient: Draw) -> None:
    text = PngInfo()
    text.add_text("Author", "PLANTED author")
    text.add_itxt("XML:com.adobe.xmp", "PLANTED xmp")

    _, files = _make(renditions, save_photo("text.png", gradient(), pnginfo=text))

    assert not [data for data in files.values() if b"PLANTED" in data]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((2400, 1600), {"large": (1600, 1067), "medium": (1200, 800), "small": (400, 267)}),
        ((1300, 1000), {"large": (1300, 1000), "medium": (1200, 923), "small": (400, 308)}),
        ((300, 200), {"large": (300, 200), "medium": (300, 200), "small": (300, 200)}),
        ((500, 9000), {"large": (356, 6400), "medium": (267, 4800), "small": (89, 1600)}),
        ((5000, 1), {"large": (1600, 1), "medium": (1200, 1), "small": (400, 1)}),
    ],
)
def test_three_widths_and_nothing_enlarged(
    renditions: Renditions,
    save_photo: SavePhoto,
    gradient: Draw,
    size: tuple[int, int],
    expected: dict[str, tuple[int, int]],
) -> None:
    picture, files = _make(renditions, save_photo("a.png", gradient(*size)))

    for name, pixels in expected.items():
        rendition = getattr(picture, name)
        data = files[f"photos/{rendition.name}"]
        assert (rendition.width, rendition.height) == _open(data).size == pixels
        assert rendition.byte_count == len(data)
        assert rendition.name == f"{hashlib.sha256(data).hexdigest()[:16]}-{pixels[0]}.jpg"


def test_equal_bytes_have_one_name(renditions: Renditions, save_photo: SavePhoto, gradient: Draw) -> None:
    picture, files = _make(renditions, save_photo("small.jpg", gradient(300, 200)))

    assert picture.large == picture.medium == picture.small
    assert len(files) == 1


def test_a_photo_is_turned_upright_before_its_exif_goes(
    renditions: Renditions, save_photo: SavePhoto, gradient: Draw
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    image = Image.new("RGB", (900, 600), "white")
    image.paste("black", (0, 0, 100, 600))  # black at the left, so at the top once it is turned

    picture, files = _make(renditions, save_photo("turned.jpg", image, exif=exif))

    upright = _open(files[f"photos/{picture.large.name}"]).convert("L")
    assert upright.size == (600, 900)
    assert upright.getpixel((300, 20)) < 40
    assert upright.getpixel((300, 880)) > 215


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_becomes_white(renditions: Renditions, save_photo: SavePhoto, mode: str) -> None:
    image = Image.new("RGBA", (40, 40), (200, 0, 0, 0)).convert(mode)
    options = {"transparency": image.getpixel((0, 0))} if mode == "P" else {}

    picture, files = _make(renditions, save_photo("clear.png", image, **options))

    red, green, blue = _open(files[f"photos/{picture.large.name}"]).getpixel((20, 20))
    assert min(red, green, blue) > 250


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif"])
def test_jpeg_png_webp_and_gif_are_taken(renditions: Renditions, save_photo: SavePhoto, gradient: Draw, name: str) -> None:
    picture, files = _make(renditions, save_photo(name, gradient()))

    image = _open(files[f"photos/{picture.large.name}"])
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (900, 600))


@pytest.mark.parametrize(("mode", "name"), [("L", "grey.jpg"), ("CMYK", "press.jpg"), ("1", "fax.png"), ("L", "grey.png")])
def test_other_colour_spaces_become_rgb(
    renditions: Renditions, save_photo: SavePhoto, gradient: Draw, mode: str, name: str
) -> None:
    original = gradient(mode=mode)

    picture, files = _make(renditions, save_photo(name, original))

    image = _open(files[f"photos/{picture.large.name}"])
    assert image.mode == "RGB"
    wanted = original.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    seen = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert all(abs(one - other) < 12 for one, other in zip(wanted, seen, strict=True))


def test_sixteen_bits_of_grey_keep_their_shades(renditions: Renditions, save_photo: SavePhoto) -> None:
    deep = Image.new("I;16", (20, 20), 0x8000)

    picture, files = _make(renditions, save_photo("deep.png", deep))

    assert abs(_open(files[f"photos/{picture.large.name}"]).getpixel((10, 10))[0] - 128) < 3


def test_colours_are_brought_to_srgb(renditions: Renditions, save_photo: SavePhoto) -> None:
    """A profile is applied, not just dropped: in one whose red is blue, orange is a blue."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"-XYZ").replace(b"bXYZ", b"rXYZ").replace(b"-XYZ", b"bXYZ")
    orange = Image.new("RGB", (20, 20), (200, 100, 50))

    picture, files = _make(renditions, save_photo("icc.png", orange, icc_profile=swapped))

    pixel = _open(files[f"photos/{picture.large.name}"]).getpixel((10, 10))
    assert max(abs(one - other) for one, other in zip(pixel, (50, 100, 200), strict=True)) < 12


@pytest.mark.parametrize("kind", ["LAB", "broken"])
def test_a_profile_that_does_not_fit_is_left_aside(renditions: Renditions, save_photo: SavePhoto, kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes() if kind == "LAB" else b"no profile"

    picture, files = _make(
        renditions, save_photo("icc.png", Image.new("RGB", (20, 20), (200, 100, 50)), icc_profile=profile)
    )

    pixel = _open(files[f"photos/{picture.large.name}"]).getpixel((10, 10))
    assert max(abs(one - other) for one, other in zip(pixel, (200, 100, 50), strict=True)) < 4


def test_the_same_photo_gives_the_same_bytes(
    renditions: Renditions, save_photo: SavePhoto, gradient: Draw, tmp_path: Path
) -> None:
    path = save_photo("a.jpg", gradient(2000, 1500))

    assert _make(renditions, path)[1] == _make(open_renditions(tmp_path / "elsewhere"), path)[1]


def test_a_photo_is_made_once_and_found_when_the_original_is_gone(site: Site, save_photo: SavePhoto, gradient: Draw) -> None:
    path = save_photo("a.jpg", gradient())
    digest = read_photo_hash(path)

    first, problems = build_pictures(site, {digest: path})
    marks = {file: file.stat().st_mtime_ns for file in (site.var / "photos").rglob("*")}
    path.unlink()
    second, more = build_pictures(site, {digest: None})

    assert (problems, more) == ((), ())
    assert first == second
    assert marks == {file: file.stat().st_mtime_ns for file in (site.var / "photos").rglob("*")}


@pytest.mark.parametrize("damage", ["delete", "shorten", "sizes", "no sizes"])
def test_a_damaged_rendition_is_made_again(site: Site, save_photo: SavePhoto, gradient: Draw, damage: str) -> None:
    path = save_photo("a.jpg", gradient())
    digest = read_photo_hash(path)
    made, _ = build_pictures(site, {digest: path})
    folder = site.var / "photos" / digest
    if damage == "delete":
        (folder / "400.jpg").unlink()
    elif damage == "shorten":
        os.truncate(folder / "1600.jpg", 10)
    elif damage == "sizes":
        (folder / "sizes.json").write_text('{"large": []}')
    else:
        (folder / "sizes.json").unlink()

    assert open_renditions(site.var / "photos").find(digest) is None
    assert build_pictures(site, {digest: path}) == (made, ())
    assert (folder / "400.jpg").stat().st_size == made[digest].small.byte_count


def test_a_missing_original_is_a_problem_that_holds_nothing_else_back(
    site: Site, save_photo: SavePhoto, gradient: Draw
) -> None:
    good, broken = save_photo("good.jpg", gradient()), site.photos / "broken.jpg"
    broken.write_bytes(b"GIF89a no picture")
    hashes = {read_photo_hash(good): good, "0" * 64: None, read_photo_hash(broken): broken}

    pictures, problems = build_pictures(site, hashes)

    assert set(pictures) == {read_photo_hash(good)}
    broken_words, gone_words = sorted(str(problem) for problem in problems)
    assert broken_words == (
        "items/photos/broken.jpg: photo: it is not a whole JPEG, PNG, WebP or GIF picture. "
        "Save it anew as a JPEG in a picture program, or choose another photo."
    )
    assert gone_words == (
        "photo 0000000000000000: photo: it is published but its file is gone. "
        "Put the file back below items/photos/, or name another photo; until then the item shows none."
    )


def test_a_photo_replaced_since_it_was_published_is_not_shown(site: Site, save_photo: SavePhoto, gradient: Draw) -> None:
    """The new photo may be of something that is not public yet."""
    path = save_photo("a.jpg", gradient())
    published = read_photo_hash(path)
    save_photo("a.jpg", gradient(800, 500))

    pictures, problems = build_pictures(site, {published: path})

    assert pictures == {}
    assert "not the photo that was published" in problems[0].text


def test_a_picture_with_too_many_pixels_is_refused_before_they_are_read(site: Site, save_photo: SavePhoto) -> None:
    path = save_photo("bomb.png", Image.new("1", (20_000, 10_000)))
    assert path.stat().st_size < 100_000

    with pytest.raises(ContentError, match="80 million pixels"):
        open_renditions(site.var / "photos").make(read_photo_hash(path), path)


def test_a_file_too_large_is_refused(
    site: Site, save_photo: SavePhoto, gradient: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_photo("a.jpg", gradient())
    monkeypatch.setattr(recoding, "PHOTO_BYTES", 1 << 10)

    with pytest.raises(ContentError, match=r"a\.jpg: it is larger than"):
        open_renditions(site.var / "photos").make(read_photo_hash(path), path)


def test_a_photo_that_cannot_be_read_is_named(site: Site) -> None:
    with pytest.raises(ContentError, match=r"none\.jpg: it cannot be read \(No such file or directory\)"):
        read_photo_hash(site.photos / "none.jpg")


@limits(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["a.jpg", "a.png", "a.webp", "a.gif"]), data=st.data())
def test_whatever_is_wrong_with_a_file_the_message_is_about_the_file(
    site: Site, save_photo: SavePhoto, gradient: Draw, name: str, data: st.DataObject
) -> None:
    whole = bytearray(save_photo(name, gradient(60, 40)).read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = site.photos / name
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])

    _, problems = build_pictures(site, {read_photo_hash(path): path})

    assert all(problem.file == f"items/photos/{name}" for problem in problems)


def test_every_width_has_a_place() -> None:
    assert set(WIDTHS) == set(Picture.__dataclass_fields__)
