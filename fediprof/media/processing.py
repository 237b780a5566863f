"""Pictures, made safe and small: type by content, turned upright, without metadata, re-encoded.

Nothing of an uploaded or fetched picture's bytes is kept: what leaves is drawn anew from its pixels, so scripts,
positions (GPS) and comments stay behind. Animations become their first picture. Sound and film are recognised and left
as they are. SVG is a document that can run scripts, not a picture, and is refused.

All functions are plain and use the CPU for tens of milliseconds, and memory for a whole picture: call them in a thread,
one or two at a time. Where files lie is `storage.py`'s; who may upload is `commands.py`'s.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import blurhash  # type: ignore[import-untyped]
from PIL import ExifTags, Image, ImageCms, ImageOps

from fediprof.errors import FediprofError, Invalid, TooMuch

MAX_PIXELS = 40_000_000
PREVIEW_SIDE = 640
AVATAR_SIDE = 400
MAX_FILM_BYTES = 16 * 1024 * 1024

Kind = Literal["image", "audio", "video"]

# What Pillow is let loose on; each only when the file's first bytes are of that type.
_DECODERS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
_FILM_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ")
# EXIF 2.32, Orientation: how to turn what was stored.
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
warnings.filterwarnings("ignore", module=r"PIL\.")  # its remarks on strangers' broken files are no news for our log
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow's own check, inside its decoders; ours comes first


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be served, with a smaller one and its blurhash. Sizes in pixels, after turning upright."""

    data: bytes
    media_type: str
    width: int
    height: int
    preview: bytes
    preview_type: str
    preview_width: int
    preview_height: int
    blurhash: str


def sniff(data: bytes) -> str | None:
    """The media type by the first bytes, whatever the name or header said; None for all we do not know."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _sniff_iso(data[8:12])
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in data[:64] else None
    if data.startswith(b"OggS"):
        return "video/ogg" if b"theora" in data[:256] else "audio/ogg"
    if data.startswith(b"fLaC"):
        return "audio/flac"
    # An MPEG audio frame: eleven set bits, then a layer (III or II) and a bit rate that are not reserved.
    if data.startswith(b"ID3") or (
        data[:1] == b"\xff" and data[1:2] in b"\xfa\xfb\xf2\xf3\xfc\xfd" and len(data) > 2
    ):
        return "audio/mpeg"
    return None


def _sniff_iso(brand: bytes) -> str | None:
    if brand in (b"avif", b"avis"):
        return "image/avif"
    if brand == b"M4A ":
        return "audio/mp4"
    return "video/mp4" if brand in _FILM_BRANDS else None


def kind(media_type: str) -> Kind:
    """Which of the three a sniffed type is."""
    if media_type.startswith("image/"):
        return "image"
    return "audio" if media_type.startswith("audio/") else "video"


def sound_or_film(data: bytes, *, max_bytes: int = MAX_FILM_BYTES) -> str:
    """The media type of a member's own upload that is served as it is. Raises Invalid, TooMuch.

    Its metadata is not touched: that would take a decoder we do not carry. Never for what other servers send.
    """
    media_type = sniff(data)
    if media_type is None or kind(media_type) == "image":
        raise Invalid("This type of file is not supported", field="file")
    if len(data) > max_bytes:
        raise TooMuch(f"{len(data)} bytes of {media_type}; at most {max_bytes}")
    return media_type


def prepare_picture(data: bytes, *, max_side: int = 1920) -> Picture:
    """A member's upload: at most `max_side` pixels long or wide, with preview and blurhash.

    Photographs stay JPEG, which every peer can show; the rest becomes WebP, which keeps transparency. Colours are
    converted to sRGB, since the profile goes with the rest of the metadata. Raises Invalid, TooMuch.
    """
    with _opened(data) as image:
        whole = _drawn(image, max_side, colours=True)
        media_type = "image/jpeg" if image.format == "JPEG" else "image/webp"
    preview = whole.copy()
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    return Picture(
        data=_encoded(whole, media_type),
        media_type=media_type,
        width=whole.width,
        height=whole.height,
        preview=_encoded(preview, "image/webp"),
        preview_type="image/webp",
        preview_width=preview.width,
        preview_height=preview.height,
        blurhash=_blurhash(preview),
    )


def avatar(data: bytes) -> bytes:
    """A member's avatar: the middle square, 400 pixels, WebP. Raises Invalid, TooMuch."""
    return cover_picture(data, AVATAR_SIDE, AVATAR_SIDE, colours=True)


def proxy_picture(data: bytes, max_side: int) -> bytes:
    """Another server's picture, at most `max_side` long or wide, WebP. Raises Invalid, TooMuch."""
    with _opened(data) as image:
        return _encoded(_drawn(image, max_side), "image/webp")


def cover_picture(data: bytes, width: int, height: int, *, colours: bool = False) -> bytes:
    """The middle of a picture in the shape `width`:`height`, scaled down to it (never up), WebP.

    `colours`: convert to sRGB; left out for other servers' pictures, whose colour profiles we do not parse. Raises
    Invalid, TooMuch.
    """
    with _opened(data) as image:
        image.draft(None, (2 * max(width, height),) * 2)  # JPEG only: decodes at a fraction of its size
        whole = _drawn(image, max(image.size), colours=colours)
    scale = min(1.0, whole.width / width, whole.height / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _encoded(ImageOps.fit(whole, size, Image.Resampling.LANCZOS), "image/webp")


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """The decoder for what the bytes are. Whatever it raises, now or while the block draws, becomes Invalid."""
    media_type = sniff(data)
    if media_type not in _DECODERS:
        raise Invalid(f"Not a picture we can show ({media_type or 'unknown type'})", field="file")
    try:
        with Image.open(io.BytesIO(data), formats=[_DECODERS[media_type]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooMuch(f"{image.width}x{image.height} pixels; at most {MAX_PIXELS}")
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooMuch(f"More than {MAX_PIXELS} pixels") from error
    except FediprofError:
        raise
    except Exception as error:  # decoders meet hostile bytes with errors of every kind, MemoryError among them
        raise Invalid(f"This picture is damaged ({type(error).__name__})", field="file") from error


def _drawn(image: Image.Image, max_side: int, *, colours: bool = False) -> Image.Image:
    """RGB or RGBA, upright, at most `max_side`, and nothing but pixels."""
    profile = image.info.get("icc_profile")
    turn = _TURNS.get(_orientation(image))
    if image.mode in ("1", "P", "PA"):  # palettes cannot be scaled smoothly
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode in ("I", "I;16"):  # 16 bits of grey, which Pillow would cut off instead of scaling down
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright = image if turn is None else image.transpose(turn)
    if colours and profile:
        upright = _in_srgb(upright, profile)
    drawn = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    drawn.info = {}  # Pillow's encoders write comments and profiles they find here
    return drawn


def _orientation(image: Image.Image) -> object:
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # broken EXIF beside sound pixels is common; then the picture stays as it lies
        return None


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the profile meant them; as they are where it cannot be read or does not fit the picture."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _encoded(image: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    if media_type == "image/jpeg":
        image.convert("RGB").save(out, "JPEG", quality=85, optimize=True, progressive=True)
    else:
        image.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def _blurhash(image: Image.Image) -> str:
    small = image.convert("RGB")
    small.thumbnail((32, 32), Image.Resampling.BILINEAR)
    pixels = [[small.getpixel((x, y)) for x in range(small.width)] for y in range(small.height)]
    wide = small.width >= small.height
    return str(blurhash.encode(pixels, components_x=4 if wide else 3, components_y=3 if wide else 4))
