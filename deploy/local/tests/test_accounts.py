"""Where PostgreSQL may not run as us, its account can walk to what is its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from khamdoan import accounts
from khamdoan.accounts import Account


@pytest.fixture
def _strict_shell() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_strict_shell")
@pytest.mark.parametrize(("account", "mode"), [(Account(65534, 65534), 0o711), (None, 0o700)])
def test_folders_of_root_can_be_walked_through_and_those_of_others_are_theirs_alone(
    account: Account | None, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "unprivileged", lambda: account)

    accounts.let_walk()
    (tmp_path / "data" / "demo").mkdir(parents=True)

    assert (tmp_path / "data").stat().st_mode & 0o777 == mode
