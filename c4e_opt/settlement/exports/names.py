r"""Names of accounts and assets in the words that a format allows; different names stay different.

hledger: letters and digits of any script, `. _ - '` and single blanks inside stay; every other character becomes its
    UTF-8 bytes as %XX. The colon behind the first word stays, so `party:` has all parties below it; others are %3A.
beancount: `party:ann` is `Assets:Party:Ann`, `EUR` is `EUR` and `electricity` is `ELECTRICITY`. What is not as simple
    keeps its letters and digits and gets eight digits of its SHA-256; the name as it was stands beside it as metadata.
files: simple names stay; others as with beancount, so that they also differ where a disk ignores capitals.
tables for spreadsheets: a text that a spreadsheet would run as a formula gets an apostrophe in front.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_ROOTS = {
    "party": "Assets:Party",
    "wallet": "Assets:Wallet",
    "escrow": "Assets:Escrow",
    "rent": "Assets:Rent",
    "rounding": "Equity:Rounding",
    "issuer": "Equity:Issuer",
    "clearing": "Equity:Clearing",
}
_OTHER = "Assets:Other"
_PLAIN = "._-'"
_HASHED = re.compile(r"-[0-9a-f]{8}$")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # full-width ones too


def hledger_account(account: str) -> str:
    """An account as hledger reads it."""
    word, colon, name = account.partition(":")
    return _encoded(word) + (":" + _encoded(name) if colon else "")


def hledger_commodity(asset: str) -> str:
    """An asset as hledger reads it, in quotes unless it is of letters only."""
    name = _encoded(asset)
    return name if name.isascii() and name.isalpha() else f'"{name}"'


def _encoded(name: str) -> str:
    made: list[str] = []
    for place, character in enumerate(name):
        alone = character == " " and 0 < place < len(name) - 1 and name[place - 1] != " "
        if character.isalnum() or character in _PLAIN or alone:
            made.append(character)
        else:
            made += [f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass")]
    return "".join(made) or "%"


def beancount_account(account: str) -> str:
    """An account as beancount reads it."""
    word, colon, name = account.partition(":")
    if word not in _ROOTS:
        return f"{_OTHER}:{_marked(account, upper=False)}"
    if not colon:
        return _ROOTS[word]
    simple = re.fullmatch(r"[a-z][A-Za-z0-9-]{0,39}", name, re.ASCII) and not _HASHED.search(name)
    return f"{_ROOTS[word]}:{name[0].upper() + name[1:] if simple else _marked(name, upper=False)}"


def beancount_commodity(asset: str) -> str:
    """An asset as beancount reads it."""
    if re.fullmatch(r"[A-Z]{3}", asset) or re.fullmatch(r"[a-z][a-z0-9]{3,22}", asset):
        return asset.upper()
    return _marked(asset, upper=True)


def beancount_text(text: str) -> str:
    """A text in quotes, as beancount reads it; control characters become %XX."""
    kept = "".join(_encoded(c) if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'


def file_name(name: str) -> str:
    """A name as that of a file, without a suffix."""
    simple = re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name, re.ASCII) and not _HASHED.search(name)
    return name if simple else _marked(name, upper=False).lower()


def cell(text: str) -> str:
    """A text as a spreadsheet may show it and does not run it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _marked(name: str, *, upper: bool) -> str:
    """Its letters and digits, begun by a capital, and eight digits of its SHA-256."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[: 12 if upper else 24].strip("-") or "X"
    begun = words[0].upper() + words[1:] if words[0].isalpha() else f"X{words}"
    marked = f"{begun}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return marked.upper() if upper else marked
