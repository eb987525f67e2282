"""Reads circuit text before any parser sees it: ordered checks, each with a code and a sentence, in linear time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hcqic_gov.quantum import cuts, lexer, shapes
from hcqic_gov.quantum.counting import Counter
from hcqic_gov.quantum.identifiers import personal_data
from hcqic_gov.quantum.measuring import acts_after_measuring
from hcqic_gov.quantum.statements import Found

LIBRARY = {"2": "qelib1.inc", "3": "stdgates.inc"}
VERSIONS = {"2": "2", "2.0": "2", "3": "3", "3.0": "3", "3.1": "3"}
FORBIDDEN_ANYWHERE = {
    "while": "a loop: write the repetitions out",
    "for": "a loop: write the repetitions out",
    "defcal": "a pulse definition: use gates",
    "cal": "a pulse definition: use gates",
    "defcalgrammar": "a pulse grammar: use gates",
    "extern": "a call out of the sandbox: leave it out",
    "pragma": "an instruction to one compiler: leave it out",
    "opaque": "a gate without a definition: define it with gates",
}
FORBIDDEN_IN_3 = {
    "def": "a subroutine: write it as a gate",
    "const": "a constant: write its value where it is used",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What circuit text may be; the deployment's values stand in `policies/sandbox/tiers.toml`."""

    max_bytes: int = 1024 * 1024
    max_tokens: int = 1_048_576
    max_nesting: int = 64
    max_qubits: int = 512
    max_clbits: int = 4096
    max_digits: int = 19
    max_operations: int = 200_000


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why text is not accepted: a code for machines and a sentence for people."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the text says of itself; figures are 0 where a refusal stopped the reading before them.

    `operations` counts gates with definitions and broadcasts expanded; `statements` all that stands in the text.
    `dynamic`: something follows a measurement,
    so each shot is simulated on its own. `clifford`: only gates of the Clifford group, by their standard names.
    `conditional`: something happens only if a bit says so. `bond_bits`: how entangled a wide circuit can become.
    `parameters`: what the text declares as `input float name;`, to be bound to values.
    """

    qubits: int = 0
    clbits: int = 0
    operations: int = 0
    version: str = ""
    statements: int = 0
    dynamic: bool = False
    clifford: bool = False
    conditional: bool = False
    bond_bits: int = cuts.UNKNOWN
    parameters: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.refusals

    @property
    def parsed(self) -> int:
        """What the reader has to go through: a text may hold far more barriers and names than operations."""
        return max(self.operations, self.statements)


MISLEADING = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|(?![0-9])\d")
"""What a person sees otherwise than a program: directions and blanks without width, digits of other scripts."""

STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
INCLUDE = re.compile(r"include(?!\w)(?<!\winclude)\s*(\"[^\"\n]*\"|'[^'\n]*')?")
ELSE_IF = re.compile(r"else\s+if(?!\w)")
CONTROLS = bytes(code for code in (*range(32), 127) if code not in b"\t\n\r\f\v")
MAX_ELSE_IF = 500
MAX_COMMENTS = 100_000
BASE = re.compile(r"0[xXbBoO]")


def read(source: str | bytes, limits: Limits = DEFAULT) -> Reading:
    """Reads the text through all checks, in order; a failed one stops those that need what it secures."""
    text, refusal = decoded(source, limits)
    if refusal:
        return Reading(refusals=(refusal,))
    pieces = lexer.split_comments(text)
    version = VERSIONS.get(lexer.version(pieces.code) or "", "")
    private = tuple(found_personal_data(pieces))
    if refusal := next(form_refusals(pieces, version, limits), None):
        return Reading(version=version, refusals=(refusal, *private))
    counter = Counter(version, limits)
    cut = shapes.cut(pieces.code)
    statements = len(cut.shapes)
    try:
        counter.read(cut)
    except Found as found:
        return Reading(version=version, refusals=(Refusal(found.code, str(found)), *private))
    return Reading(
        counter.qubits,
        counter.clbits,
        counter.operations,
        version,
        statements,
        dynamic=is_dynamic(counter, pieces.code),
        clifford=counter.clifford,
        conditional=counter.conditional,
        bond_bits=bond_bits(counter, pieces.code),
        parameters=tuple(counter.parameters),
        refusals=private,
    )


def is_dynamic(counter: Counter, code: str) -> bool:
    return counter.dynamic or (counter.measures and (counter.aliases or acts_after_measuring(code)))


def bond_bits(counter: Counter, code: str) -> int:
    """Looked at only where it may help: in wide circuits that are neither Clifford's nor conditional."""
    if counter.qubits <= cuts.WIDE or counter.clifford or counter.conditional or counter.aliases or "@" in code:
        return cuts.UNKNOWN
    return cuts.widest_cut(code, counter.quantum, {name: gate.cost for name, gate in counter.gates.items()})


def decoded(source: str | bytes, limits: Limits) -> tuple[str, Refusal | None]:
    """The text, or why these bytes are none."""
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(data) > limits.max_bytes:
        size = len(data) / limits.max_bytes
        return "", Refusal(
            "too_large", f"The circuit is {size:.1f} times the size we accept ({limits.max_bytes:,} bytes). Shorten it."
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "", Refusal("not_text", "The circuit is not UTF-8 text. Save it as OpenQASM text and try again.")
    if len(data.translate(None, CONTROLS)) != len(data):
        return "", Refusal("not_text", "The circuit holds a NUL or control character. Save it as text and try again.")
    if text.count("//") + text.count("/*") > MAX_COMMENTS:
        return "", Refusal("comment", f"The circuit has more than {MAX_COMMENTS:,} comments. Take some out.")
    if not text.isascii() and (found := MISLEADING.search(text)):
        code = f"U+{ord(found[0]):04X}"
        return "", Refusal(
            "misleading_text", f"The circuit holds the character {code}, which reads as another. Remove it."
        )
    return text, None


def form_refusals(pieces: lexer.Pieces, version: str, limits: Limits) -> Iterator[Refusal]:
    """What is wrong with the form of the text, before its statements are read."""
    if not version:
        yield Refusal("header", "The circuit must begin with OPENQASM 2.0; or OPENQASM 3; — add that line at its top.")
        return
    if pieces.unterminated:
        yield Refusal("comment", "A comment that begins with /* has no end. Close it with */.")
    yield from include_refusals(pieces.code, version)
    if len(pieces.code) > limits.max_tokens < (words := len(lexer.tokens(pieces.code))):
        yield Refusal("too_many_tokens", f"The circuit has {words:,} words and signs; at most "
                      f"{limits.max_tokens:,} are accepted. Shorten it.")  # fmt: skip
    if "else" in pieces.code and len(ELSE_IF.findall(pieces.code)) > MAX_ELSE_IF:
        yield Refusal("nesting", f"More than {MAX_ELSE_IF:,} conditions follow an “else”. Write them apart.")
    yield from forbidden(pieces.code, version)
    if long := long_number(pieces.code, limits.max_digits):
        yield Refusal("literal", f"The whole number {long[:12]}… has more than {limits.max_digits} digits. Shorten it.")


def long_number(code: str, most: int) -> str | None:
    """A whole number of more digits; decimals, hexadecimal and binary numbers may be longer."""
    if not shapes.has_digits(code, most + 1) and not shapes.has_digits_anywhere(code, 64) and not BASE.search(code):
        return None
    runs = re.finditer(rf"(?<![\w.])\d[\w.]{{{most},}}", code)
    return next((run[0] for run in runs if digits(run[0]) > most), None)


def digits(word: str) -> int:
    if "." in word or "e" in word.lower() or "0x" in word[:2].lower():
        return len(word) // 64
    return len(word) // (4 if word[:2].lower() == "0b" else 1)


def include_refusals(code: str, version: str) -> Iterator[Refusal]:
    if "include" not in code:
        return
    library = LIBRARY[version]
    named = INCLUDE.findall(code)
    if len(named) > 1:
        yield Refusal("include", f'Only one include "{library}"; is accepted. Take the others out.')
    elif named and named[0].strip("\"'") != library:
        yield Refusal("include", f'Only include "{library}"; is accepted: no other file is ever opened.')


def forbidden(code: str, version: str) -> Iterator[Refusal]:
    refused = FORBIDDEN_ANYWHERE if version == "2" else {**FORBIDDEN_ANYWHERE, **FORBIDDEN_IN_3}
    for word in sorted(refused):
        if word in code and re.search(rf"{word}(?!\w)(?<!\w{word})", code):
            yield Refusal("construct", f"The word “{word}” is not accepted, as it begins {refused[word]}.")


def found_personal_data(pieces: lexer.Pieces) -> Iterator[Refusal]:
    for kind in personal_data(pieces.comments, suspicious_names(pieces.code)):
        yield Refusal(
            "personal_data", f"The circuit's text holds what looks like {kind}. Take it out: only synthetic or "
            "anonymised data may enter the sandbox."
        )  # fmt: skip


def suspicious_names(code: str) -> set[str]:
    """Names, strings and whole numbers that may hold personal data; most circuits need not be cut into words."""
    if not (shapes.has_digits(code, 10) or shapes.has_parted_digits(code) or shapes.has_postcode_end(code)):
        return set(STRING.findall(code)) if '"' in code or "'" in code else set()
    words = set(lexer.tokens(code))
    whole = {word.partition(".")[0] for word in words if word[0].isdigit()}
    return {word for word in words if not word[0].isdigit() and len(word) > 4} | {n for n in whole if len(n) == 10}
