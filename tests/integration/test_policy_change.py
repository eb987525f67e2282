"""The board changes a pack: old cases keep theirs, new ones get the new one; a broken one stops the start."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from hcqic_gov import migrate
from hcqic_gov.app import create_app
from hcqic_gov.core.errors import BrokenPolicy, Refused
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.states import State
from hcqic_gov.settings import Settings
from tests.ethics_steps import MEMBERS, give, heard, in_review
from tests.factories import World, client_of
from tests.policy_folder import Board

PACK, NEXT = "ethics/uk-rec-2026.toml", "ethics/uk-rec-2026-seven.toml"
FIVE = ("chair", "committee_expert", "expert_two", "committee_lay", "lay_two")


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    with Board.over(tmp_path / "policies", monkeypatch) as made:
        yield made


def ask_for_seven(board: Board) -> None:
    """From 1 July 2026 seven members make a quorum, not five."""
    board.change(PACK, "members = 5", "members = 7", to=NEXT)
    board.change(NEXT, "effective_from = 2026-04-28", "effective_from = 2026-07-01")
    board.change(NEXT, 'id = "uk-rec-2026"', 'id = "uk-rec-2026-seven"')
    board.change(PACK, "effective_from = 2026-04-28", "effective_from = 2026-04-28\neffective_to = 2026-06-30")


def page_of(app: Flask, world: World, case: EthicsCase) -> str:
    return client_of(app, world["ethics_officer"]).get(f"/ethics/{case.reference}").text


def test_a_larger_quorum_holds_for_new_cases_only(board: Board, app: Flask, world: World) -> None:
    before = in_review(world, world.project())
    ask_for_seven(board)
    world.now = datetime(2026, 6, 30, 22, 59, tzinfo=UTC)  # a minute before midnight in London
    last = in_review(world, world.project())
    world.now = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    first = in_review(world, world.project())
    assert [case.pack_id for case in (before, last, first)] == ["uk-rec-2026", "uk-rec-2026", "uk-rec-2026-seven"]
    assert len({case.pack_fingerprint for case in (before, last, first)}) == 3  # the old file got its last day

    for case in (before, last, first):
        page = page_of(app, world, case)
        assert f"({case.pack_id})" in page
        assert case.pack_fingerprint is not None
        assert case.pack_fingerprint in page
    for case in (before, last):
        heard(world, case.reference, "favourable", members=FIVE)
        assert give(world, case.reference, "favourable").state is State.FAVOURABLE
    with pytest.raises(Refused, match="5 present, chair, 2 lay: not quorate, needs 7 members"):
        heard(world, first.reference, "favourable", members=FIVE)
    heard(world, first.reference, "favourable", members=MEMBERS)
    assert give(world, first.reference, "favourable").state is State.FAVOURABLE


def test_a_case_stays_readable_when_its_pack_is_gone(board: Board, app: Flask, world: World) -> None:
    case = in_review(world, world.project())
    (board.folder / PACK).unlink()
    board.change("ethics/uk-rec-2004.toml", "effective_to = 2026-04-27\n", "")
    assert "(uk-rec-2026), file" in page_of(app, world, case)
    heard(world, case.reference, "favourable", members=FIVE)
    assert give(world, case.reference, "favourable").quorum.startswith("5 present, chair, 2 lay: quorate")


def test_two_packs_at_once_stop_the_start(board: Board, world: World) -> None:
    line = board.change(PACK, "effective_from = 2026-04-28", "effective_from = 2026-07-01", to=NEXT)
    with pytest.raises(BrokenPolicy) as error:
        create_app(Settings(), database=world.database)
    assert str(error.value).startswith(
        f"{NEXT}, effective_from (line {line}): {PACK} is still in force then for research: end that one first"
    )


def test_the_command_ends_with_file_line_and_reason(board: Board, data_dir: Path) -> None:
    line = board.change(PACK, "members = 5", 'members = "five"')
    data_dir.mkdir()
    migrate.upgrade(Settings().database)
    command = [
        sys.executable,
        "-c",
        "from hcqic_gov.cli import main; main()",
        "serve",
        "--no-worker",
        "--port",
        "65500",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert f"hcqic: {PACK}, tracks.full.quorum.members (line {line}): Input should be a valid integer" in ended.stderr
    assert "Traceback" not in ended.stderr
