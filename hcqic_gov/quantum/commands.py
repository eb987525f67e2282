"""The commands `circuit` and `sandbox`: a circuit file and this host, without any database."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hcqic_gov.policy.files import read_file
from hcqic_gov.quantum import doctor
from hcqic_gov.quantum.bindings import NONE, Bindings, NoTable, SweepLimits, read_table, seed_of
from hcqic_gov.quantum.calibrating import measure_host
from hcqic_gov.quantum.calibration_file import keep
from hcqic_gov.quantum.estimate import Estimate
from hcqic_gov.quantum.isolation import MEASURES
from hcqic_gov.quantum.simulate import Status, simulate
from hcqic_gov.quantum.sweeping import estimate_of
from hcqic_gov.quantum.sweeping import refusals as sweep_refusals
from hcqic_gov.quantum.textgate import Reading, Refusal, read
from hcqic_gov.quantum.tiers import Tiers, tiers

FILE = click.argument("file", type=click.Path(path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
SHOTS = click.option("--shots", default=1024, show_default=True, type=click.IntRange(1), help="Repetitions.")

BINDINGS = click.option(
    "--bindings", type=click.Path(path_type=Path), help="CSV: names of parameters, then a line of values for each run."
)


@click.group()
def circuit() -> None:
    """Look at an OpenQASM file, or simulate it."""


@circuit.command()
@FILE
@SHOTS
@BINDINGS
@JSON
def check(file: Path, shots: int, bindings: Path | None, *, as_json: bool) -> None:
    """Say whether the sandbox would take this circuit; exits with 1 where it would not."""
    refusals = judged(file, shots, bindings).refusals
    answer = {"allowed": not refusals, "refusals": [asdict(refusal) for refusal in refusals]}
    tell(
        answer, "\n".join(refusal.reason for refusal in refusals) or "The sandbox takes this circuit.", as_json=as_json
    )
    raise SystemExit(1 if refusals else 0)


@circuit.command("estimate")
@FILE
@SHOTS
@BINDINGS
@JSON
def estimate_command(file: Path, shots: int, bindings: Path | None, *, as_json: bool) -> None:
    """Predict method, memory and time, of a sweep those of all bindings together."""
    found = judged(file, shots, bindings)
    require_allowed(found.refusals, as_json=as_json)
    reading, predicted = found.reading, found.predicted
    size = tiers().size_class(reading, predicted)
    answer = {
        **asdict(predicted),
        "qubits": reading.qubits,
        "operations": reading.operations,
        "size_class": size.code if size else None,
    }
    tell(answer, "\n".join(f"{name}: {value}" for name, value in answer.items()), as_json=as_json)


@circuit.command()
@FILE
@SHOTS
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31 - 1), help="Same seed, same counts.")
@BINDINGS
@JSON
def run(file: Path, shots: int, seed: int, bindings: Path | None, *, as_json: bool) -> None:
    """Simulate in a confined process; exits with 1 where that fails."""
    found = judged(file, shots, bindings)
    require_allowed(found.refusals, as_json=as_json)
    outcome = simulate(
        found.text,
        shots=shots,
        seed=seed,
        limits=found.predicted.ceilings,
        text_limits=tiers().text,
        bindings=found.bindings,
    )
    points = [
        {"number": number, "seed": seed_of(seed, number - 1), "values": found.bindings.values(number), "counts": counts}
        for number, counts in enumerate(outcome.points, 1)
    ]
    answer = {**asdict(outcome), "points": points, "shots": shots, "seed": seed}
    lines = [f"{bits} {count}" for bits, count in sorted(outcome.counts.items())]
    for number, counts in enumerate(outcome.points, 1):
        lines += [f"{found.bindings.label(number)}: {bits} {count}" for bits, count in sorted(counts.items())]
    tell(answer, outcome.reason or "\n".join(lines), as_json=as_json)
    raise SystemExit(0 if outcome.status is Status.FINISHED else 1)


@click.group()
def sandbox() -> None:
    """What this host gives the sandbox."""


@sandbox.command("doctor")
@JSON
def doctor_command(*, as_json: bool) -> None:
    """Say which isolation this host gives; exits with 1 where the policy requires more."""
    findings = doctor.examine(tiers().isolation)
    required = set(tiers().isolation)
    lines = [
        f"{'yes' if name in findings.measures else 'NO ':3}  {name}{' (required)' if name in required else ''}"
        for name in MEASURES
    ]
    lines += [f"A confined process could {name}." for name in findings.got_through]
    lines.append("The sandbox is safe here." if findings.safe else doctor.advice(findings))
    tell({"safe": findings.safe, **asdict(findings)}, "\n".join(lines), as_json=as_json)
    raise SystemExit(0 if findings.safe else 1)


@sandbox.command()
@JSON
def calibrate(*, as_json: bool) -> None:
    """Measure how fast this host simulates, so that estimates of time are its own."""
    policy = read_file("sandbox/tiers.toml", Tiers).calibration
    found = measure_host(policy, now=datetime.now(UTC))
    path = keep(found)
    lines = [f"{name}: {value:.3g}" for name, value in asdict(found.calibration).items()]
    tell({"file": str(path), **found.model_dump(mode="json")}, "\n".join([*lines, f"kept in {path}"]), as_json=as_json)


@dataclass(frozen=True, slots=True)
class Judged:
    """A circuit file, what it says of itself, what it would cost, and why it is refused if it is."""

    text: str
    reading: Reading
    predicted: Estimate
    refusals: tuple[Refusal, ...]
    bindings: Bindings = NONE


def judged(file: Path, shots: int, table: Path | None) -> Judged:
    policy = tiers()
    data, unread = read_bytes(file, policy.text.max_bytes)
    reading = Reading(refusals=(unread,)) if unread else read(data, policy.text)
    bindings, faults = read_bindings(table, policy.sweep)
    predicted = estimate_of(reading, len(bindings), shots=shots, calibration=policy.calibration)
    unfit = faults or tuple(sweep_refusals(reading, bindings, shots=shots, limits=policy.sweep))
    refusals = reading.refusals or unfit or policy.too_much(reading, predicted, shots=shots)
    return Judged(data.decode("utf-8", "replace"), reading, predicted, refusals, bindings)


def read_bindings(table: Path | None, limits: SweepLimits) -> tuple[Bindings, tuple[Refusal, ...]]:
    if table is None:
        return NONE, ()
    data, unread = read_bytes(table, limits.max_bytes, "a table of values (CSV)")
    if unread:
        return NONE, (unread,)
    try:
        return read_table(data.decode("utf-8", "replace"), limits), ()
    except NoTable as error:
        return NONE, tuple(Refusal("bindings", fault) for fault in error.faults)


def read_bytes(file: Path, most: int, kind: str = "an OpenQASM file") -> tuple[bytes, Refusal | None]:
    """One byte more than is accepted and no more, since a file may have no end."""
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1), None
    except OSError as error:
        reason = f"The file {file} cannot be read ({error.strerror}). Give the path of {kind}."
        return b"", Refusal("file", reason)


def require_allowed(refusals: tuple[Refusal, ...], *, as_json: bool) -> None:
    if refusals:
        answer = {"allowed": False, "refusals": [asdict(refusal) for refusal in refusals]}
        tell(answer, "\n".join(refusal.reason for refusal in refusals), as_json=as_json)
        raise SystemExit(1)


def tell(answer: Mapping[str, Any], lines: str, *, as_json: bool) -> None:
    click.echo(json.dumps(answer) if as_json else lines)
