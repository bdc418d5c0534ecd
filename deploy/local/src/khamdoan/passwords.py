"""Passwords of this stack: made up at the first start, kept beside the data, readable by its owner alone."""

import json
import secrets
from pathlib import Path


def password(saved: Path, name: str) -> str:
    """The password called `name`, made up if there is none yet."""
    passwords: dict[str, str] = json.loads(saved.read_text()) if saved.exists() else {}
    if name not in passwords:
        passwords[name] = secrets.token_urlsafe(18)
        saved.touch(mode=0o600)
        saved.write_text(json.dumps(passwords, indent=2) + "\n")
    return passwords[name]
