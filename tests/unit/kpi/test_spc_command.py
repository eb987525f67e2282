"""The command `hcqic spc`: the same evaluation as everywhere, from a file."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from hcqic_gov.cli import main
from tests.unit.kpi.test_spc import DATA, DIRECTIONS, published, require_equal


def answer(text: str, *options: str) -> Any:
    return CliRunner().invoke(main, ["spc", *options], input=text)


def options_of(case: dict[str, Any]) -> list[str]:
    found = ["--direction", DIRECTIONS[case["direction"]].value, "--json"]
    found += ["--target", str(case["target"])] if case["target"] is not None else []
    found += ["--rebase", case["rebase"]] if case["rebase"] else []
    found += ["--fix-after", str(case["fix_after_n"])] if case["fix_after_n"] else []
    return found + ([] if case["screen_outliers"] else ["--no-screening"])


@pytest.mark.parametrize("case", DATA["cases"], ids=lambda case: case["id"])
def test_published_case_through_the_command(case: dict[str, Any]) -> None:
    from hcqic_gov.kpi.spc import evaluate

    text = "date,value\n" + "\n".join(f"{d},{v!r}" for d, v in zip(case["dates"], case["y"], strict=True))
    got = json.loads(answer(text, *options_of(case)).output)
    expected = evaluate(published(case))
    require_equal(expected, case)
    assert [point["cause"] for point in got["points"]] == [cause.value for cause in expected.causes]
    assert [(line["mean"], line["near_upper"], line["trial"]) for line in got["limits"]] == [
        (group.mean, group.near_upper, group.trial) for group in expected.groups
    ]
    assert (got["variation"], got["assurance"]) == (case["last_point_type"], case["assurance"])


def test_words_for_people() -> None:
    rows = "\n".join(f"2026-01-{n:02},{(n % 2) + 1}" for n in range(1, 20))
    said = answer(f"date,value\n{rows}\n2026-01-20,9\n", "--target", "5").output
    assert "2026-01-20  9  above upper limit" in said
    assert "variation: Improvement, high; assurance: Consistently failing" in said


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("day,number\n2026-01-01,2\n", [], "columns date and value"),
        ("", [], "columns date and value"),
        ("date,value\n2026-01-01,two\n", [], "Line 2"),
        ("date,value\n2026-01-01\n", [], "Line 2"),
        ("date,value\n2026-01-01,1\n2026-01-01,2\n", [], "each once"),
        ("date,value\n2026-01-01,inf\n", [], "finite"),
        ("date,value\n2026-01-01,1\n", ["--fix-after", "3"], "12 points"),
    ],
)
def test_what_is_wrong_is_a_sentence(text: str, options: list[str], sentence: str) -> None:
    result = answer(text, *options)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output
