"""Multibase, in the one base that keys and proofs of the fediverse use: base58btc, prefix `z`."""

from __future__ import annotations

from fediprof.errors import NotVerified

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
# An RSA key of 8192 bits takes about 1430 characters.
_LONGEST = 1500


def encode(data: bytes) -> str:
    """`z` and the bytes in base58btc."""
    zeros = len(data) - len(data.lstrip(b"\0"))
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    return "z" + "1" * zeros + "".join(reversed(digits))


def decode(text: str) -> bytes:
    """The bytes. Raises NotVerified for another base, a character outside the alphabet, nothing, or too much."""
    if not text.startswith("z") or not 1 < len(text) <= _LONGEST:
        raise NotVerified("not a base58btc multibase value of a usable length")
    digits = text[1:]
    number = 0
    for character in digits:
        value = _VALUE.get(character)
        if value is None:
            raise NotVerified("a character outside base58btc")
        number = number * 58 + value
    zeros = len(digits) - len(digits.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
