"""Finds out whether anything happens to a qubit after it was measured: then each shot is simulated on its own."""

import re

OPERAND = r"[^\W\d]\w*(?:\[\d+\])?"
USE = re.compile(rf"measure\s+{OPERAND}|{OPERAND}")
PASSIVE = re.compile(r"(?<!\w)(?:barrier|creg|bit)\b[^;]*")
MEASURE = "measure"


def acts_after_measuring(code: str) -> bool:
    """Names are taken as they stand; an index that is no number counts as the whole register."""
    start = code.find(MEASURE)
    rest = code[start:]
    if start < 0 or not re.search(r";\s*(?!(?:measure|barrier)\b)[^\s;]", rest):
        return False
    if "barrier" in rest or "creg" in rest or "bit" in rest:
        rest = PASSIVE.sub("", rest)
    uses = USE.findall(rest)
    last = dict(zip(uses, range(len(uses)), strict=True))
    first = dict(zip(reversed(uses), range(len(uses) - 1, -1, -1), strict=True))
    latest: dict[str, int] = {}
    for use, place in last.items():
        name = use.partition("[")[0].removeprefix(MEASURE).lstrip()
        latest[name] = max(latest.get(name, 0), place)
    return any(again(use, place, last, latest) for use, place in first.items() if use.startswith(MEASURE))


def again(use: str, place: int, last: dict[str, int], latest: dict[str, int]) -> bool:
    operand = use.removeprefix(MEASURE).lstrip()
    name, bracket, _ = operand.partition("[")
    if not bracket:
        return latest.get(name, 0) > place
    others = (operand, name, f"{MEASURE} {operand}", f"{MEASURE} {name}")
    return any(last.get(other, 0) > place for other in others)
