"""Finds the line of a TOML file on which a key stands, for errors that name it; the standard reader keeps no lines."""

import re
from collections.abc import Iterator

Place = tuple[int | str, ...]
"""Keys and positions from the top of the file, as in `("rules", 2, "approval")`."""

HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
NAME = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
LONG_TEXT = re.compile(r'"""|\'\'\'')


def line_of(text: str, place: Place) -> int:
    """The first line of the key, or of the nearest table around it; 0 where neither stands in the file.

    What lies inside a value (an inline table, a list) is told by the line of its key.
    """
    lines = list(keys(text))
    for length in range(len(place), 0, -1):
        for number, path in lines:
            if path[:length] == place[:length]:
                return number
    return 0


def keys(text: str) -> Iterator[tuple[int, Place]]:
    """Each line that names a table or a key, with its whole path."""
    table: Place = ()
    counts: dict[Place, int] = {}
    in_long_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        inside, in_long_text = in_long_text, in_long_text ^ (len(LONG_TEXT.findall(line)) % 2 == 1)
        if inside:
            continue
        if header := HEADER.match(line):
            table = table_path(names(header[2]), counts, repeated=header[1] == "[[")
            yield number, table
        elif key := KEY.match(line):
            yield number, (*table, *names(key[1]))


def names(dotted: str) -> Place:
    return tuple(name.strip("\"'") for name in NAME.findall(dotted))


def table_path(path: Place, counts: dict[Place, int], *, repeated: bool) -> Place:
    """With the position of each repeated table on the way; `counts` is how often each was opened so far."""
    whole: Place = ()
    for part in path[:-1] if repeated else path:
        whole = (*whole, part)
        if whole in counts:
            whole = (*whole, counts[whole] - 1)
    if repeated:
        whole = (*whole, path[-1])
        counts[whole] = counts.get(whole, 0) + 1
        whole = (*whole, counts[whole] - 1)
    return whole
