from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kendali.archive.folder_store import FolderStore
from kendali.archive.recovery import RecoverySheet
from kendali.vault.testing import set_up_keys


@dataclass
class Keys:
    """An installation with keys: two key files, one off-host file, one store."""

    folder: Path
    sheet: RecoverySheet

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.folder / "store")

    def path(self, slot: str) -> Path:
        return self.folder / "keys" / slot


@pytest.fixture
def keys(db: None, tmp_path: Path, settings: Any) -> Keys:
    return made(tmp_path, settings)


@pytest.fixture
def lasting_keys(transactional_db: None, tmp_path: Path, settings: Any) -> Keys:
    """For tests with several connections or processes: everything is really committed."""
    return made(tmp_path, settings)


def made(folder: Path, settings: Any) -> Keys:
    settings.KENDALI_STORE = str(folder / "store")
    return Keys(folder, set_up_keys(folder / "keys"))
