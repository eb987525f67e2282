"""Reads circuit text before any parser sees it: ordered checks, each with a code and a sentence, in linear time."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from hcqic_gov.quantum import lexer
from hcqic_gov.quantum.counting import Counter, Found
from hcqic_gov.quantum.identifiers import personal_data

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
    "input": "a parameter without a value: write the value in",
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

    `operations` counts gates with definitions and broadcasts expanded. `dynamic`: something follows a measurement,
    so each shot is simulated on its own. `clifford`: only gates of the Clifford group, by their standard names.
    """

    qubits: int = 0
    clbits: int = 0
    operations: int = 0
    version: str = ""
    dynamic: bool = False
    clifford: bool = False
    refusals: tuple[Refusal, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.refusals


MISLEADING = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|(?![0-9])\d")
"""What a person sees otherwise than a program: directions and blanks without width, digits of other scripts."""


def read(source: str | bytes, limits: Limits = DEFAULT) -> Reading:
    """Reads the text through all checks, in order; a failed one stops those that need what it secures."""
    text, refusal = decoded(source, limits)
    if refusal:
        return Reading(refusals=(refusal,))
    pieces = lexer.split_comments(text)
    words = lexer.tokens(pieces.code)
    version = VERSIONS.get(lexer.version(pieces.code) or "", "")
    vocabulary = set(words)
    private = tuple(found_personal_data(pieces, vocabulary))
    if refusal := next(form_refusals(pieces, words, vocabulary, version, limits), None):
        return Reading(version=version, refusals=(refusal, *private))
    counter = Counter(version, limits)
    try:
        counter.read(words)
    except Found as found:
        return Reading(version=version, refusals=(Refusal(found.code, str(found)), *private))
    return Reading(
        counter.qubits, counter.clbits, counter.operations, version, counter.dynamic, counter.clifford, private
    )


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
    if "\0" in text:
        return "", Refusal("not_text", "The circuit holds a NUL character. Save it as OpenQASM text and try again.")
    if found := MISLEADING.search(text):
        code = f"U+{ord(found[0]):04X}"
        return "", Refusal(
            "misleading_text", f"The circuit holds the character {code}, which reads as another. Remove it."
        )
    return text, None


def form_refusals(
    pieces: lexer.Pieces, words: Sequence[str], vocabulary: Set[str], version: str, limits: Limits
) -> Iterator[Refusal]:
    """What is wrong with the form of the text, before its statements are read."""
    if not version:
        yield Refusal("header", "The circuit must begin with OPENQASM 2.0; or OPENQASM 3; — add that line at its top.")
        return
    if pieces.unterminated:
        yield Refusal("comment", "A comment that begins with /* has no end. Close it with */.")
    yield from include_refusals(words, version)
    if len(words) > limits.max_tokens:
        yield Refusal("too_many_tokens", f"The circuit has {len(words):,} words and signs; at most "
                      f"{limits.max_tokens:,} are accepted. Shorten it.")  # fmt: skip
    if lexer.nested_deeper(pieces.code, limits.max_nesting):
        yield Refusal("nesting", f"Brackets are nested more than {limits.max_nesting} deep. Write them flatter.")
    yield from forbidden(vocabulary, version)
    if long := next((w for w in vocabulary if w[0].isdigit() and digits(w) > limits.max_digits), None):
        yield Refusal("literal", f"The whole number {long[:12]}… has more than {limits.max_digits} digits. Shorten it.")


def digits(word: str) -> int:
    """Digits of a whole number; a decimal may be as long as it likes, and hexadecimal and binary three times so."""
    if "." in word or "e" in word.lower() or "0x" in word[:2].lower():
        return len(word) // 64
    return len(word) // (4 if word[:2].lower() == "0b" else 1)


def include_refusals(words: Sequence[str], version: str) -> Iterator[Refusal]:
    library = LIBRARY[version]
    if (times := words.count("include")) > 1:
        yield Refusal("include", f'Only one include "{library}"; is accepted. Take the others out.')
    elif times and next(iter(words[words.index("include") + 1 :]), "").strip("\"'") != library:
        yield Refusal("include", f'Only include "{library}"; is accepted: no other file is ever opened.')


def forbidden(vocabulary: Set[str], version: str) -> Iterator[Refusal]:
    refused = FORBIDDEN_ANYWHERE if version == "2" else {**FORBIDDEN_ANYWHERE, **FORBIDDEN_IN_3}
    for word in sorted(refused.keys() & vocabulary):
        yield Refusal("construct", f"The word “{word}” is not accepted, as it begins {refused[word]}.")


def found_personal_data(pieces: lexer.Pieces, vocabulary: Set[str]) -> Iterator[Refusal]:
    names = {word for word in vocabulary if not word[0].isdigit() and len(word) > 4}
    whole = {word.partition(".")[0] for word in vocabulary if word[0].isdigit()}
    for kind in personal_data(pieces.comments, names | {number for number in whole if len(number) == 10}):
        yield Refusal(
            "personal_data", f"The circuit's text holds what looks like {kind}. Take it out: only synthetic or "
            "anonymised data may enter the sandbox."
        )  # fmt: skip
