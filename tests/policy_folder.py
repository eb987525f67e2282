"""A copy of the policies that a test may change, as a board changes them between two starts of the centre."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hcqic_gov.kpi.definitions import catalogue
from hcqic_gov.policy import files
from hcqic_gov.policy.access import access_policies


@dataclass(frozen=True)
class Board:
    """Edits the files under `folder`; what was read before is forgotten, as at a new start."""

    folder: Path

    @classmethod
    @contextmanager
    def over(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Board"]:
        shutil.copytree(files.policy_dir(), folder)
        with monkeypatch.context() as patch:
            patch.setenv("HCQIC_POLICY_DIR", str(folder))
            forget()
            yield cls(folder)
        forget()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        forget()

    def change(self, name: str, old: str, new: str, *, to: str = "") -> int:
        """Replaces the first `old`, in the file or in a new one; on which line of it the change begins."""
        text = (self.folder / name).read_text()
        assert old in text
        self.write(to or name, text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1


def forget() -> None:
    for remembered in (files.policy_dir, files.read_folder, files._read, access_policies, catalogue):
        remembered.cache_clear()
