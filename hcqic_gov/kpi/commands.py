"""The command `spc`: a series from anywhere, evaluated as every KPI is."""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import click

from hcqic_gov.core.errors import Invalid
from hcqic_gov.kpi.spc import Direction, Evaluation, Limits, Series, evaluate
from hcqic_gov.kpi.spc_rules import RULESETS
from hcqic_gov.kpi.words import assurance_icon, said, variation_icon

DAY = click.DateTime(["%Y-%m-%d"])
LINES = ("mean", "lower", "upper", "near_lower", "near_upper")


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8-sig"), default="-")
@click.option("--ruleset", type=click.Choice(list(RULESETS)), default="ptd-0.2.2", show_default=True)
@click.option("--direction", type=click.Choice([way.value for way in Direction]), default="up", show_default=True)
@click.option("--target", type=float, default=None, help="What the process should reach.")
@click.option("--rebase", "rebases", type=DAY, multiple=True, help="A day from which limits start anew.")
@click.option("--fix-after", type=int, default=None, help="Take limits from the first points only (12 or more).")
@click.option("--no-screening", is_flag=True, help="Keep outlying moving ranges.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def spc(
    file: Iterable[str],
    *,
    ruleset: str,
    direction: str,
    target: float | None,
    rebases: Sequence[datetime],
    fix_after: int | None,
    no_screening: bool,
    as_json: bool,
) -> None:
    """Evaluate a CSV with the columns date and value, from FILE or the standard input."""
    pairs = sorted(read(file))
    series = Series(
        [day for day, _ in pairs],
        [value for _, value in pairs],
        Direction(direction),
        target=target,
        rebases=[moment.date() for moment in rebases],
        fix_after=fix_after,
        screening=False if no_screening else None,
    )
    try:
        result = evaluate(series, ruleset=RULESETS[ruleset])
    except ValueError as error:
        raise Invalid(f"The series cannot be evaluated: {error}.") from error
    click.echo(json.dumps(as_values(result), indent=2) if as_json else as_words(result))


def read(lines: Iterable[str]) -> list[tuple[date, float]]:
    """Errors: Invalid with the line that is no date and number."""
    rows = csv.DictReader(lines)
    if not {"date", "value"} <= set(rows.fieldnames or ()):
        raise Invalid("The first line has to name the columns date and value.")
    found = []
    for row in rows:
        try:
            found.append((date.fromisoformat(row["date"].strip()), float(row["value"])))
        except (ValueError, TypeError, AttributeError) as error:
            raise Invalid(f"Line {rows.line_num} is no date such as 2026-04-01 and a number.") from error
    return found


def as_values(result: Evaluation) -> dict[str, Any]:
    return {
        "limits": [limits_of(group) for group in result.groups],
        "points": [
            {"date": day.isoformat(), "value": value, "cause": cause.value}
            for day, value, cause in zip(result.days, result.values, result.causes, strict=True)
        ],
        "variation": result.variation,
        "assurance": result.assurance,
    }


def limits_of(group: Limits) -> dict[str, Any]:
    lines = {name: getattr(group, name) for name in LINES}
    return {"start": group.start.isoformat(), **lines, "trial": group.trial}


def as_words(result: Evaluation) -> str:
    flagged = [
        f"{day}  {value:g}  {cause.value}"
        for day, value, cause in zip(result.days, result.values, result.causes, strict=True)
        if cause.side
    ]
    limits = [f"from {g.start}: mean {g.mean:g}, limits {g.lower:g} to {g.upper:g}" for g in result.groups]
    icons = f"variation: {variation_icon(result).word}; assurance: {assurance_icon(result).word}"
    return "\n".join([*limits, *flagged, icons, said(result)])
