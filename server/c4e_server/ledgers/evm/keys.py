"""The operator's key: a file that nobody else can read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from eth_account import Account

from c4e_server.errors import InvalidConfig

#: Environment variable with the password of an encrypted key file.
PASSWORD = "C4E_OPT_EVM_PASSWORD"


def read_account(path: Path, password: str | None = None) -> Any:
    """A key for signing.

    Args:
        path: 64 hexadecimal digits, or an encrypted key file ("Web3 Secret Storage", version 3).
        password: Of an encrypted file; from the environment variable when None.

    Raises:
        InvalidConfig: It cannot be read, others can read it, or it is no key; its content is never told.
    """
    make: Any = Account
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"the operator's key {path} cannot be read: {type(error).__name__}") from None
    if mode & 0o077:
        raise InvalidConfig(f"the operator's key {path} has mode {mode:04o}; only its owner may read it: chmod 600")
    try:
        if text.startswith("{"):
            given = os.environ.get(PASSWORD, "") if password is None else password
            return make.from_key(make.decrypt(json.loads(text), given))
        return make.from_key(text)
    except Exception:
        raise InvalidConfig(
            f"{path} is no key: give 64 hexadecimal digits, or an encrypted key file and its password in {PASSWORD}"
        ) from None


def make_account(path: Path) -> Any:
    """A new key, kept as hexadecimal digits in a file that only its owner can read.

    Raises:
        InvalidConfig: There is a file already, or it cannot be written.
    """
    make: Any = Account
    account = make.create()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(bytes(account.key).hex() + "\n")
    except OSError as error:
        raise InvalidConfig(f"the operator's key {path} cannot be made: {type(error).__name__}") from None
    return account
