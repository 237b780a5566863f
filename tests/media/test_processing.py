from __future__ import annotations

import io
import random

import blurhash  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from fediprof.errors import Invalid, TooMuch
from fediprof.media.processing import (
    avatar,
    cover_picture,
    kind,
    prepare_picture,
    proxy_picture,
    sniff,
    sound_or_film,
)

from .drawings import bomb, corner, decoded, drawing, encoded

# As on the server, what Pillow has to say of a damaged file is no error of ours.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")

FORMATS = [
    ("JPEG", "image/jpeg"),
    ("PNG", "image/png"),
    ("GIF", "image/gif"),
    ("WEBP", "image/webp"),
    ("AVIF", "image/avif"),
]
SECRET = "rue du Secret 7"


def photograph(*, profiled: bool) -> bytes:
    """A JPEG as a telephone makes it: position, serial number, comment, XMP, colour profile."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = SECRET
    exif[ExifTags.Base.Orientation] = 1
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSAreaInformation] = SECRET.encode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() if profiled else None
    xmp = f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode()
    return encoded(drawing(), "JPEG", exif=exif, comment=SECRET.encode(), xmp=xmp, icc_profile=profile)


@pytest.mark.parametrize(("name", "media_type"), FORMATS)
def test_the_type_comes_from_the_bytes_and_each_type_is_shown(name: str, media_type: str) -> None:
    data = encoded(drawing(), name)
    assert sniff(data) == media_type
    assert kind(media_type) == "image"
    picture = prepare_picture(data)
    assert (picture.width, picture.height) == (60, 40)
    shown = decoded(picture.data)
    assert shown.size == (60, 40)
    assert sniff(picture.data) == picture.media_type == ("image/jpeg" if name == "JPEG" else "image/webp")
    assert [corner(shown, x, y) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))] == ["red", "green", "blue", "white"]


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"\0\0\0\x20ftypisom\0\0", "video/mp4"),
        (b"\0\0\0\x20ftypM4A \0\0", "audio/mp4"),
        (b"\0\0\0\x20ftypheic\0\0", None),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", None),
        (b"OggS\0\x02" + bytes(20) + b"\x01\x13OpusHead", "audio/ogg"),
        (b"OggS\0\x02" + bytes(20) + b"\x01*\x80theora", "video/ogg"),
        (b"ID3\x04\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"fLaC\0\0", "audio/flac"),
        (b"\xff", None),
        (b"\xff\xfe<\0h\0", None),
        (b"", None),
        (b"%PDF-1.7", None),
        (b"MZ\x90", None),
    ],
)
def test_sound_and_film_are_recognised(start: bytes, media_type: str | None) -> None:
    assert sniff(start) == media_type


def test_sound_and_film_pass_up_to_a_limit_and_pictures_do_not_pass_as_such() -> None:
    film = b"\0\0\0\x20ftypisom" + bytes(988)
    assert sound_or_film(film, max_bytes=1000) == "video/mp4"
    with pytest.raises(TooMuch):
        sound_or_film(film, max_bytes=999)
    with pytest.raises(Invalid):
        sound_or_film(encoded(drawing()))
    with pytest.raises(Invalid):
        sound_or_film(b"<html>")


@pytest.mark.parametrize("profiled", [True, False])
def test_position_and_all_other_metadata_are_gone(profiled: bool) -> None:
    # Given a photograph that tells where it was taken
    data = photograph(profiled=profiled)
    assert data.count(SECRET.encode()) >= 4
    assert decoded(data).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    # When it is uploaded, or shown through the proxy
    picture = prepare_picture(data)
    results = [picture.data, picture.preview, avatar(data), proxy_picture(data, 640), cover_picture(data, 30, 10)]
    # Then nothing of it is left in any of the files
    for result in results:
        assert SECRET.encode() not in result
        shown = decoded(result)
        assert not shown.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & set(shown.info)


@pytest.mark.parametrize("name", ["PNG", "WEBP"])
def test_metadata_of_other_types_is_gone_too(name: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = SECRET
    data = encoded(drawing(), name, exif=exif)
    assert SECRET.encode() in data
    assert SECRET.encode() not in prepare_picture(data).data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_was_held(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    # Where the upper left, upper right, lower left and lower right of the file end up, by EXIF
    upright = {
        1: "red green blue white",
        2: "green red white blue",
        3: "white blue green red",
        4: "blue white red green",
        5: "red blue green white",
        6: "blue red white green",
        7: "white green blue red",
        8: "green white red blue",
    }[orientation]
    data = encoded(drawing(600, 400), "JPEG", exif=exif, quality=95)
    size = (600, 400) if orientation < 5 else (400, 600)
    picture = prepare_picture(data)
    assert (picture.width, picture.height) == size
    for result in (picture.data, picture.preview, proxy_picture(data, 300), avatar(data)):
        shown = decoded(result)
        assert " ".join(corner(shown, x, y) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))) == upright


def test_an_orientation_that_cannot_be_read_leaves_the_picture_as_it_lies() -> None:
    data = encoded(drawing(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense")
    assert prepare_picture(data).width == 60


def test_large_pictures_are_made_smaller_and_small_ones_are_left() -> None:
    picture = prepare_picture(encoded(drawing(3000, 1500), "JPEG"))
    assert (picture.width, picture.height) == (1920, 960)
    assert (picture.preview_width, picture.preview_height) == (640, 320)
    assert decoded(picture.preview).size == (640, 320)
    assert prepare_picture(encoded(drawing(3000, 1500)), max_side=300).width == 300
    small = prepare_picture(encoded(drawing(10, 10)))
    assert (small.width, small.preview_width) == (10, 10)
    assert decoded(proxy_picture(encoded(drawing(3000, 1500)), 640)).size == (640, 320)
    assert prepare_picture(encoded(drawing(4000, 1))).height == 1


def test_avatars_are_square_and_covers_have_their_shape() -> None:
    assert decoded(avatar(encoded(drawing(3000, 1500), "JPEG"))).size == (400, 400)
    assert decoded(avatar(encoded(drawing(300, 150)))).size == (150, 150)
    assert decoded(cover_picture(encoded(drawing(3000, 2000), "JPEG"), 1500, 500)).size == (1500, 500)
    assert decoded(cover_picture(encoded(drawing(600, 600)), 1500, 500)).size == (600, 200)
    assert decoded(cover_picture(encoded(drawing(1, 1)), 1500, 500)).size == (1, 1)


def test_transparency_is_kept() -> None:
    clear = drawing().convert("RGBA")
    clear.putalpha(0)
    palette = Image.new("P", (60, 40), 0)
    for data in (encoded(clear), encoded(palette, "GIF", transparency=0)):
        shown = decoded(prepare_picture(data).data)
        assert shown.mode == "RGBA"
        assert shown.getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "RGBA"])
def test_every_mode_of_pixels_becomes_colours(mode: str) -> None:
    if mode == "I;16":
        grey = Image.new(mode, (60, 40), 30_000)
        assert decoded(prepare_picture(encoded(grey)).data).getpixel((5, 5)) == pytest.approx((117, 117, 117), abs=2)
        return
    data = encoded(drawing(mode=mode), "JPEG" if mode == "CMYK" else "PNG")
    assert decoded(prepare_picture(data).data).mode in ("RGB", "RGBA")
    assert decoded(proxy_picture(data, 20)).size == (20, 13)


def test_colours_are_converted_before_their_profile_goes() -> None:
    # Given a profile by which red and blue are exchanged, and one that cannot be read
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exchanged = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    data, broken = encoded(drawing(), icc_profile=exchanged), encoded(drawing(), icc_profile=b"nonsense")
    assert corner(decoded(data), 0, 0) == "red"
    # Then a member's upload shows the colours it meant, and the other shows those of its pixels
    assert corner(decoded(prepare_picture(data).data), 0, 0) == "blue"
    assert corner(decoded(avatar(data)), 0, 0) == "blue"
    assert corner(decoded(prepare_picture(broken).data), 0, 0) == "red"
    # And profiles of other servers' pictures are not parsed at all
    assert corner(decoded(proxy_picture(data, 640)), 0, 0) == "red"


def test_the_placeholder_looks_like_the_picture() -> None:
    picture = prepare_picture(encoded(drawing(600, 400)))
    assert blurhash.components(picture.blurhash) == (4, 3)
    pixels = blurhash.decode(picture.blurhash, 10, 10)
    assert pixels[1][1][0] > 150 > pixels[1][1][2]  # red up there on the left
    assert blurhash.components(prepare_picture(encoded(drawing(40, 60))).blurhash) == (3, 4)


def test_animations_become_their_first_picture() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "lime")]
    for name in ("GIF", "WEBP"):
        data = encoded(frames[0], name, save_all=True, append_images=frames[1:])
        shown = decoded(prepare_picture(data).data)
        assert getattr(shown, "n_frames", 1) == 1
        assert corner(shown, 0, 0) == "red"


@pytest.mark.parametrize("size", [(8000, 8000), (20_000, 20_000), (65_000, 65_000), (2_000_000, 2000)])
def test_a_bomb_is_refused_by_the_size_it_announces(size: tuple[int, int]) -> None:
    data = bomb(*size)
    assert len(data) < 5000
    for work in (prepare_picture, avatar, lambda data: proxy_picture(data, 640)):
        with pytest.raises(TooMuch):
            work(data)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        b"<!doctype html><html><script>alert(1)</script>",
        b"GIF89a=1;alert(1)//" + SVG,
        b"\xff\xd8\xff" + SVG,
        b"\x89PNG\r\n\x1a\n<html>",
        b"RIFF\0\0\0\0WEBP<html>",
        b"\0\0\0\x20ftypavif<html>",
        b"",
        b"BM" + bytes(100),
        b"II*\0" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\0\0\0\x20ftypheic" + bytes(100),
        b"\0\0\0\x20ftypisom" + bytes(100),
    ],
)
def test_what_only_calls_itself_a_picture_is_refused(data: bytes) -> None:
    for work in (prepare_picture, avatar, lambda data: proxy_picture(data, 640)):
        with pytest.raises(Invalid):
            work(data)


def test_a_page_hidden_behind_a_picture_does_not_survive() -> None:
    for name in ("GIF", "PNG", "JPEG"):
        data = encoded(drawing(), name) + SVG
        assert b"<script" not in proxy_picture(data, 640)
        assert b"<script" not in prepare_picture(data).data


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_truncated_picture_is_invalid(name: str) -> None:
    noise = Image.frombytes("RGB", (200, 200), random.Random(1).randbytes(120_000))
    data = encoded(noise, name)
    with pytest.raises(Invalid):
        prepare_picture(data[: len(data) // 2])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMATS), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8))
def test_damaged_bytes_give_a_picture_or_a_reason(form: tuple[str, str], damage: list[tuple[int, int]]) -> None:
    data = bytearray(encoded(drawing(), form[0]))
    for place, value in damage:
        data[place % len(data)] = value
    try:
        result = proxy_picture(bytes(data), 32)
    except (Invalid, TooMuch):
        return
    assert max(Image.open(io.BytesIO(result)).size) <= 32
