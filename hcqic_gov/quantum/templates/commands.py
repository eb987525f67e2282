"""The command `template`: a use case on this host, without any database."""

import json
from dataclasses import asdict
from typing import Any

import click

from hcqic_gov.core.errors import HcqicError, Invalid
from hcqic_gov.quantum.commands import JSON, SHOTS, tell
from hcqic_gov.quantum.simulate import Status, simulate
from hcqic_gov.quantum.templates.catalogue import Template, Value, read_template, templates


@click.group()
def template() -> None:
    """Use cases with their classical baseline."""


@template.command("list")
@JSON
def list_command(*, as_json: bool) -> None:
    """Say which templates there are and what may be set."""
    every = templates().templates
    answer = {"templates": [one.model_dump(mode="json") for one in every]}
    lines = [f"{one.code:10} {one.says}  {named(one)}" for one in every]
    tell(answer, "\n".join(lines), as_json=as_json)


@template.command()
@click.argument("code")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A setting; others keep their default.")
@SHOTS
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0, 2**31 - 1), help="Same seed, same figures."
)
@JSON
def run(code: str, given: tuple[str, ...], shots: int, seed: int, *, as_json: bool) -> None:
    """Run one in a confined process; exits with 1 where that fails."""
    try:
        found = templates().named(code)
        text = found.text({one.name: one.default for one in found.parameters} | settings(given))
    except HcqicError as error:
        faults = [f"{name}: {fault}" for name, fault in error.fields.items()] if isinstance(error, Invalid) else []
        raise click.ClickException(" ".join([str(error), *faults])) from error
    outcome = simulate(text, shots=shots, seed=seed, limits=read_template(text)[1].ceilings)
    lines = outcome.reason or "\n".join([outcome.figures["sentence"], *outcome.figures["notes"]])
    tell({**asdict(outcome), "shots": shots, "seed": seed}, lines, as_json=as_json)
    raise SystemExit(0 if outcome.status is Status.FINISHED else 1)


def settings(given: tuple[str, ...]) -> dict[str, Value]:
    """From `name=value`: a number where it is one, else text."""
    return {name: number_or(value) for name, _, value in (one.partition("=") for one in given)}


def number_or(text: str) -> Value:
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text
    return value if type(value) in (int, float) else text


def named(one: Template) -> str:
    return " ".join(f"{parameter.name}={parameter.default}" for parameter in one.parameters)
