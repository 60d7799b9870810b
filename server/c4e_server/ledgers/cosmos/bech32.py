"""Addresses of a Cosmos chain: bytes as Bech32 text with a prefix and a checksum.

Source: BIP-173 (P. Wuille, G. Maxwell, 2017), sections Bech32 and Checksum. The limit of 90 characters is not applied:
addresses of contracts (32 bytes) fit, but the SDK does not apply it either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM = 6


def encode(prefix: str, content: bytes) -> str:
    """Write bytes as `<prefix>1<letters><checksum>`."""
    five = _regroup(content, 8, 5, pad=True)
    rest = _polymod([*_expanded(prefix), *five, *([0] * _CHECKSUM)]) ^ 1
    check = [(rest >> 5 * (_CHECKSUM - 1 - place)) & 31 for place in range(_CHECKSUM)]
    return f"{prefix}1{''.join(_LETTERS[each] for each in [*five, *check])}"


def decode(text: str) -> tuple[str, bytes]:
    """Read prefix and bytes.

    Raises:
        ValueError: It is no Bech32, in words that continue "it …".
    """
    if text not in (text.lower(), text.upper()):
        raise ValueError("mixes small and capital letters")
    prefix, one, rest = text.lower().rpartition("1")
    if not one or not prefix or len(rest) < _CHECKSUM:
        raise ValueError("lacks a prefix, the digit 1 after it, or its checksum")
    if any(not 33 <= ord(letter) <= 126 for letter in prefix) or any(letter not in _LETTERS for letter in rest):
        raise ValueError("has letters that no address has")
    five = [_LETTERS.index(letter) for letter in rest]
    if _polymod([*_expanded(prefix), *five]) != 1:
        raise ValueError("does not fit its checksum; a letter is mistyped")
    return prefix, bytes(_regroup(five[:-_CHECKSUM], 5, 8, pad=False))


def _polymod(letters: Iterable[int]) -> int:
    check = 1
    for letter in letters:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ letter
        for place, generator in enumerate(_GENERATOR):
            check ^= generator if top >> place & 1 else 0
    return check


def _expanded(prefix: str) -> list[int]:
    return [*(ord(letter) >> 5 for letter in prefix), 0, *(ord(letter) & 31 for letter in prefix)]


def _regroup(groups: bytes | Sequence[int], width: int, wanted: int, *, pad: bool) -> list[int]:
    held = bits = 0
    found: list[int] = []
    for group in groups:
        held = held << width | group
        bits += width
        while bits >= wanted:
            bits -= wanted
            found.append(held >> bits & (1 << wanted) - 1)
        held &= (1 << bits) - 1
    if pad and bits:
        found.append(held << wanted - bits & (1 << wanted) - 1)
    elif not pad and (bits >= width or held):
        raise ValueError("has bits left over that are not zero")
    return found
