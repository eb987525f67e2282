"""A broken file in any folder of `policies/` stops `hcqic serve` with its name, its place and the reason."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hcqic_gov.core.errors import BrokenPolicy
from hcqic_gov.settings import ROOT
from hcqic_gov.startup import check_policies
from tests.policy_folder import Board

BROKEN = [
    ("access/projects.cedar", "permit (", "access/projects.cedar, line 3: "),
    ("access/projects.cedar", 'Action::"projects.read"', "access/projects.cedar, line 3: "),
    ("access/schema.cedarschema", "entity", "access/schema.cedarschema, line 3: error parsing schema"),
    ("appraisal/prices.toml", "=", "appraisal/prices.toml: Expected '=' after a key in a key/value pair (at line"),
    ("ethics/requirements.toml", "=", "ethics/requirements.toml: Expected '='"),
    ("funding/terms-2024.toml", "=", "funding/terms-2024.toml: Expected '='"),
    ("kpis/o8.toml", "=", "kpis/o8.toml: Expected '='"),
    ("reporting/status-2024.toml", "=", "reporting/status-2024.toml: Expected '='"),
    ("sandbox/tiers.toml", "=", "sandbox/tiers.toml: Expected '='"),
    ("sandbox/allocations.toml", "=", "sandbox/allocations.toml: Expected '='"),
]


def break_it(folder: Path, name: str, without: str) -> None:
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace(without, "nothing " if name.startswith("access") else "~", 1))


@pytest.mark.parametrize(("name", "without", "place"), BROKEN)
def test_the_check_at_the_start_names_the_broken_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, without: str, place: str
) -> None:
    with Board.over(tmp_path / "policies", monkeypatch) as board:
        break_it(board.folder, name, without)
        with pytest.raises(BrokenPolicy) as broken:
            check_policies()
    assert place in str(broken.value)


def test_serve_does_not_start_with_it(tmp_path: Path) -> None:
    folder, (name, without, place) = tmp_path / "policies", BROKEN[0]
    shutil.copytree(ROOT / "policies", folder)
    break_it(folder, name, without)
    answer = subprocess.run(
        [sys.executable, "-c", "from hcqic_gov.cli import main; main()", "serve", "--port", "1"],
        env={**os.environ, "HCQIC_POLICY_DIR": str(folder), "HCQIC_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("hcqic: ")
    assert place in answer.stderr
    assert "Traceback" not in answer.stderr
