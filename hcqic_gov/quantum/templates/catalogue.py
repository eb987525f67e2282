"""The templates as the centre has decided them, and the text by which a run names one: no library is loaded here."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hcqic_gov.core.errors import Invalid, NotFound
from hcqic_gov.policy.files import PolicyFile, read_file
from hcqic_gov.quantum.estimate import STATE_VECTOR, Estimate
from hcqic_gov.quantum.isolation import MEBIBYTE
from hcqic_gov.quantum.textgate import Reading, Refusal

Value = str | int | float
LONGEST = 2000
"""Characters of the text that names a template."""


class Parameter(BaseModel):
    """One thing that may be set: one of `choices`, or a number from `minimum` to `maximum`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    label: str
    hint: str = ""
    default: Value
    choices: tuple[str, ...] = ()
    minimum: float = 0
    maximum: float = 0
    whole: bool = False

    @model_validator(mode="after")
    def takes_its_default(self) -> "Parameter":
        if self.fault(self.default):
            raise ValueError(f"the default of {self.name} is none of its values")
        return self

    def fault(self, value: Any) -> str:
        """What is wrong with a value, as a sentence; "" where it can be used."""
        if self.choices:
            return "" if value in self.choices else f"Choose one of {', '.join(self.choices)}"
        span = f"{self.minimum:g} to {self.maximum:g}"
        kinds = (int,) if self.whole else (int, float)
        if type(value) not in kinds or not self.minimum <= value <= self.maximum:
            return f"Enter a {'whole number' if self.whole else 'number'} from {span}"
        return ""


class Template(BaseModel):
    """One template: for whom, what it explains, what may be set, and the most that a run of it costs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    title: str
    says: str
    explains: tuple[str, ...]
    qubits: int = Field(gt=0)
    seconds: float = Field(gt=0)
    memory_mib: int = Field(gt=0)
    parameters: tuple[Parameter, ...]

    def faults(self, values: Mapping[str, Any]) -> Mapping[str, str]:
        """By parameter, what is wrong with these values."""
        known = {one.name: one.fault(values.get(one.name)) for one in self.parameters}
        unknown = dict.fromkeys(values.keys() - known.keys(), "There is no such setting")
        return {name: fault for name, fault in {**known, **unknown}.items() if fault}

    def text(self, values: Mapping[str, Value]) -> str:
        """What a run of it holds in place of a circuit. Errors: Invalid, by parameter."""
        if faults := self.faults(values):
            raise Invalid("The template cannot be run with these settings.", dict(faults))
        ordered = {one.name: values[one.name] for one in self.parameters}
        return json.dumps({"template": self.code, **ordered}, indent=2, ensure_ascii=False) + "\n"


class Templates(PolicyFile):
    """All templates."""

    templates: tuple[Template, ...]

    def named(self, code: str) -> Template:
        """Errors: NotFound."""
        for one in self.templates:
            if one.code == code:
                return one
        raise NotFound(f"There is no template “{code}”. Choose one from the list.")


def templates() -> Templates:
    """The file in use. Errors: BrokenPolicy."""
    return read_file("sandbox/templates.toml", Templates)


def is_template(text: str) -> bool:
    """Whether this text names a template: no OpenQASM begins so."""
    return text.lstrip()[:1] == "{"


def asked(text: str) -> tuple[Template, Mapping[str, Value]]:
    """The template that a text names, and its settings. Errors: Invalid, with a sentence."""
    wrong = "This names no template of the sandbox. Choose one from the list of templates."
    try:
        values = json.loads(text if len(text) <= LONGEST else "")
        found = templates().named(str(values.pop("template")))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError, NotFound) as error:
        raise Invalid(wrong) from error
    if faults := found.faults(values):
        name, fault = next(iter(faults.items()))
        raise Invalid(f"{found.title}: {name}: {fault}.")
    return found, values


def read_template(text: str) -> tuple[Reading, Estimate]:
    """What the gates see of a template: its size and its cost at most, or why it is refused."""
    try:
        found, _ = asked(text)
    except Invalid as error:
        refused = (Refusal("template", str(error)),)
        return Reading(refusals=refused), Estimate(STATE_VECTOR, 0, 0.0)
    reading = Reading(qubits=found.qubits, clbits=found.qubits, version="template")
    return reading, Estimate(STATE_VECTOR, found.memory_mib * MEBIBYTE, found.seconds)
