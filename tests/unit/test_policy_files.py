"""What a broken policy file says, and on which line of a TOML file a key stands."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hcqic_gov.core.errors import BrokenPolicy
from hcqic_gov.policy.files import policy_dir
from hcqic_gov.policy.lines import Place, line_of
from hcqic_gov.startup import check_policies
from tests.policy_folder import Board

TEXT = """\
id = "example" # a comment with key = 1
"quoted key" = 2
a.b = 3
list = [
  "first",
  "second", # not a key = 4
]

[table]
inner = {deep = 5}
text = '''
key = "not a key"
[nor.a.table]
'''
after = 6

[table.nested."odd.name"]
leaf = 7

[[rules]]
name = "first"

[[rules]]
name = "second"
[rules.more]
leaf = 8
[[rules.parts]]
leaf = 9
[[rules.parts]]
leaf = 10
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("id",), 1),
        (("quoted key",), 2),
        (("a", "b"), 3),
        (("a",), 3),
        (("list", 1), 4),
        (("table",), 9),
        (("table", "inner", "deep"), 10),
        (("table", "text"), 11),
        (("table", "after"), 15),
        (("table", "missing"), 9),
        (("table", "nested"), 17),
        (("table", "nested", "odd.name", "leaf"), 18),
        (("rules", 0, "name"), 21),
        (("rules", 1, "name"), 24),
        (("rules", 1, "missing"), 23),
        (("rules", 1, "more", "leaf"), 26),
        (("rules", 1, "parts", 0, "leaf"), 28),
        (("rules", 1, "parts", 1, "leaf"), 30),
        (("missing",), 0),
        ((), 0),
    ],
)
def test_the_line_of_a_key(place: Place, line: int) -> None:
    assert line_of(TEXT, place) == line


def leaves(value: object, place: Place = ()) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*place, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*place, number))
    else:
        yield place


@pytest.mark.parametrize("path", sorted(policy_dir().rglob("*.toml")), ids=lambda path: path.name)
def test_every_key_of_every_policy_is_found_on_its_line(path: Path) -> None:
    text = path.read_text()
    lines = text.splitlines()
    for place in leaves(tomllib.loads(text)):
        assert str(place[-1]) in lines[line_of(text, place) - 1]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    with Board.over(tmp_path / "policies", monkeypatch) as made:
        yield made


NEW, OLD = "ethics/uk-rec-2026.toml", "ethics/uk-rec-2004.toml"


# The file, what is written instead of what, a text on the line that is named, and what is said.
BROKEN = [
    (NEW, "members = 5", 'members = "five"', "five", ", tracks.full.quorum.members (line {}): Input should be a valid"),
    (
        NEW,
        "members = 5",
        "members = 0",
        "members = 0",
        ", tracks.full.quorum.members (line {}): Input should be greater",
    ),
    (NEW, "lay = 1", "laymen = 1", "[tracks.full.quorum]", ", tracks.full.quorum.lay (line {}): Field required"),
    (
        NEW,
        "casting_vote = true",
        "casting_vote = 7",
        "casting_vote",
        ", casting_vote (line {}): Input should be a valid boolean",
    ),
    (NEW, "= 2026-04-28", '= "soon"', "soon", ", effective_from (line {}): Input should be a valid date"),
    (NEW, "validation_days", "valid_days", "valid_days", ", valid_days (line {}): Extra inputs are not permitted"),
    (
        NEW,
        "[tracks.full]",
        "[tracks.swift]",
        "[tracks.swift]",
        ", tracks.swift.[key] (line {}): Input should be 'full'",
    ),
    (NEW, "members = 5", "members = = 5", "= = 5", ": Invalid value (at line {}"),
    (NEW, "members = 5", "members = 5\nmembers = 6", "members = 6", ": Cannot overwrite a value (at line {}"),
    (
        NEW,
        "[modification]",
        "[modification",
        "[modification",
        ": Expected ']' at the end of a table declaration (at line {}",
    ),
    (
        NEW,
        "= 2026-04-28",
        "= 2026-04-27",
        "= 2026-04-27",
        ", effective_from (line {}): ethics/uk-rec-2004.toml is still in force then for research: end that one first",
    ),
    (
        OLD,
        "stops_for_information = true",
        "stops_for_information = true\nfinal_decision_days = 10",
        "[tracks.full]",
        ", tracks.full (line {}): a clock that stops for information goes on afterwards: leave out final_decision_days",
    ),
    ("ethics/requirements.toml", '"dspt"', '"dsp"', '"dsp"', ", rules.1.approval (line {}): Input should be"),
]


@pytest.mark.parametrize(("name", "old", "new", "place", "said"), BROKEN)
def test_a_broken_policy_names_file_line_and_reason(
    board: Board, name: str, old: str, new: str, place: str, said: str
) -> None:
    board.change(name, old, new)
    text = (board.folder / name).read_text()
    line = text[: text.index(place)].count("\n") + 1
    with pytest.raises(BrokenPolicy) as error:
        check_policies()
    assert str(error.value).startswith(name + said.format(line))


def test_a_pack_needs_the_full_track(board: Board) -> None:
    text = (board.folder / NEW).read_text()
    start, end = text.index("[tracks.full]"), text.index("[tracks.proportionate]")
    board.write(NEW, text[:start] + text[end:])
    line = text[:start].count("\n") + 1
    with pytest.raises(BrokenPolicy) as error:
        check_policies()
    assert str(error.value) == f"{NEW}, tracks (line {line}): a pack needs the track “full”"


def test_a_file_that_is_no_text(board: Board) -> None:
    (board.folder / NEW).write_bytes(b"id = '\xff'")
    with pytest.raises(BrokenPolicy, match=r"ethics/uk-rec-2026\.toml: .*can't decode byte 0xff"):
        check_policies()


def test_packs_for_other_work_may_overlap_and_gaps_are_no_fault(board: Board) -> None:
    board.change(NEW, "effective_from = 2026-04-28", "effective_from = 2026-05-28")
    assert check_policies()["ethics"] == len(list((board.folder / "ethics").glob("*.toml")))
