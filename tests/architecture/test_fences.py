"""The fences of the house: sizes, imports, folders, generated pages, policies."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import BrokenPolicy
from hcqic_gov.policy.access import Resource, access_policies, may, parse
from hcqic_gov.startup import check_policies
from hcqic_gov.workflows import differing

ROOT = Path(__file__).parents[2]
CODE = ("hcqic_gov", "dashboards", "reports")
FOLDERS = {"hcqic_gov", "dashboards", "policies", "migrations", "tests", "reports"}
EXAMPLES: list[dict[str, Any]] = yaml.safe_load((ROOT / "policies/access/examples.yaml").read_text())


def sources(*folders: str) -> Iterator[Path]:
    return (path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def function_lengths() -> Iterator[tuple[int, str]]:
    for path in sources(*CODE):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (node.end_lineno or 0) - node.lineno + 1, f"{path.relative_to(ROOT)}:{node.name}"


def test_functions_are_short() -> None:
    lengths = sorted(function_lengths())
    assert [entry for entry in lengths if entry[0] > 50] == []
    assert lengths[int(len(lengths) * 0.95)][0] <= 30
    assert median(length for length, _ in lengths) <= 8


@pytest.mark.parametrize(("folders", "limit"), [(CODE, 400), (("tests",), 600)])
def test_files_are_short(folders: tuple[str, ...], limit: int) -> None:
    assert [str(p) for p in sources(*folders) if len(p.read_text().splitlines()) > limit] == []


def test_the_package_itself_is_empty() -> None:
    assert (ROOT / "hcqic_gov/__init__.py").read_text() == ""


def test_only_the_given_folders() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    tops = {name.split("/")[0] for name in tracked if "/" in name and not name.startswith(".")}
    if not tops:
        pytest.skip("not a git checkout: the list of tracked files is not known")
    assert tops <= FOLDERS


def test_imports_run_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


SELDOM = ("qiskit", "pyhanko", "openpyxl", "pandas", "scipy")


def test_the_pages_do_not_load_what_few_of_them_use() -> None:
    """A process of the pages starts in half the time; Qiskit it must never have, so that no circuit reaches it."""
    code = f"import sys, hcqic_gov.app; print([name for name in {SELDOM} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_workflow_pages_say_what_the_tables_say() -> None:
    assert list(differing()) == [], "run `hcqic workflow write` and commit the files"


def test_all_policy_files_can_be_used() -> None:
    assert all(count > 0 for count in check_policies().values())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{'+'.join(e['roles'])} {e['action']} {e['allowed']}")
def test_access_example(example: dict[str, Any]) -> None:
    kind, attributes = next(iter(example.get("resource", {"Centre": {}}).items()))
    facts = {name: frozenset(value) if isinstance(value, list) else value for name, value in attributes.items()}
    actor = Actor(1, "Somebody", frozenset(example["roles"]), example.get("organisation"))
    ruling = may(actor, example["action"], Resource(kind, "9", facts))
    assert ruling.allowed is example["allowed"]
    if not ruling.allowed:
        assert ruling.code == (example["policy"] if example["policy"] != "nothing" else "not_permitted")
        assert ruling.authority


def test_every_access_policy_has_an_example() -> None:
    named = {example["policy"] for example in EXAMPLES}
    assert {notes["id"] for notes in access_policies().annotations.values()} <= named


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('permit (principal, action == Action::"fly", resource);', "access"),
        ("permit (principal", "access"),
        ("permit (principal, action, resource);", "no @id"),
    ],
)
def test_a_broken_access_policy_stops_the_start(source: str, sentence: str) -> None:
    schema = (ROOT / "policies/access/schema.cedarschema").read_text()
    with pytest.raises(BrokenPolicy, match=sentence):
        parse(source, schema, Path("access"))
