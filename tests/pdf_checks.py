"""What must hold of every PDF of the centre: PDF/A-3b, sound syntax, every mark tagged, and tags that make sense."""

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, pdfa

PAINTS = {"Tj", "TJ", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do", "INLINE IMAGE"}
HEADINGS = {"H1": 1, "H2": 2, "H3": 3}
PARENTS = {"TR": {"Table"}, "TH": {"TR"}, "TD": {"TR"}, "LI": {"L"}, "LBody": {"LI"}, "Lbl": {"LI"}}


def faults(data: bytes) -> list[str]:
    """In sentences; an empty list where there are none."""
    found = [str(one) for one in pdfa.validate_written(io.BytesIO(data), "3b").violations]
    with Pdf.open(io.BytesIO(data)) as pdf:
        found += [f"syntax: {one}" for one in pdf.check_pdf_syntax()]
        nodes = list(tree(pdf.Root.StructTreeRoot.K[0], ""))
        found += [*said(pdf), *content(pdf), *structure(nodes), *outline(pdf, nodes), *fonts(pdf), *links(pdf)]
        found += orphans(pdf, nodes)
    return found


def tree(node: Object, parent: str) -> Iterator[tuple[str, str, Object]]:
    """Tag, tag of the parent, and node, in reading order."""
    tag = str(node.S).removeprefix("/")
    yield tag, parent, node
    for kid in kids(node):
        if kid.get("/Type") == Name.StructElem:
            yield from tree(kid, tag)


def kids(node: Object) -> Sequence[Any]:
    held = node.get("/K", Array())
    return list(held) if isinstance(held, Array) else [held]


def said(pdf: Pdf) -> Iterator[str]:
    if str(pdf.Root.get("/Lang", "")) != "en-GB":
        yield "the language is not given"
    if not pdf.Root.MarkInfo.Marked:
        yield "the file does not say that it is tagged"
    if not str(pdf.docinfo.get("/Title", "")) or not pdf.Root.ViewerPreferences.DisplayDocTitle:
        yield "the title is not shown"


def content(pdf: Pdf) -> Iterator[str]:
    """Everything painted is tagged or an artifact, and each tag's number leads to the node that names it."""
    nums = pdf.Root.StructTreeRoot.ParentTree.Nums
    owners = {int(nums[n]): list(nums[n + 1]) for n in range(0, len(nums), 2)}
    for number, page in enumerate(pdf.pages, start=1):
        marks, untagged, depth = marks_of(page)
        if untagged or depth:
            yield f"page {number}: {untagged} unmarked, {depth} not closed"
        nodes = owners.get(int(page.obj.StructParents), [])
        if marks != list(range(len(nodes))):
            yield f"page {number}: marks and parent tree differ"
        for mark, node in enumerate(nodes):
            if not any(points_to(kid, page, mark) for kid in kids(node)):
                yield f"page {number}: mark {mark} has another owner"


def marks_of(page: Page) -> tuple[list[int], int, int]:
    """The numbers of the marks, how much is painted outside of any, and how many were never closed."""
    marks, untagged, depth = [], 0, 0
    steps: list[Any] = pikepdf.parse_content_stream(page)
    for operands, operator in steps:
        name = str(operator)
        if name in ("BDC", "BMC"):
            depth += 1
        if name == "BDC":
            marks.append(int(operands[1].MCID))
        depth -= name == "EMC"
        untagged += name in PAINTS and not depth
    return marks, untagged, depth


def points_to(kid: Any, page: Page, mark: int) -> bool:
    if not isinstance(kid, Dictionary) or kid.get("/Type") != Name.MCR:
        return False
    return int(kid.MCID) == mark and kid.Pg.objgen == page.obj.objgen


def structure(nodes: Sequence[tuple[str, str, Object]]) -> Iterator[str]:
    last = 0
    for tag, parent, node in nodes:
        if tag in HEADINGS:
            if HEADINGS[tag] > last + 1 or (tag == "H1" and last):
                yield f"{tag} follows a heading of level {last}"
            last = HEADINGS[tag]
        if tag in PARENTS and parent not in PARENTS[tag]:
            yield f"{tag} stands in {parent}"
        if tag == "Figure" and not str(node.get("/Alt", "")).strip():
            yield "a figure has no words"
        if tag == "TH" and str(node.get("/A", Dictionary()).get("/Scope", "")) not in ("/Row", "/Column"):
            yield "a header cell does not say what it heads"
        if not kids(node):
            yield f"an empty {tag}"
    if not last:
        yield "there is no heading"


def orphans(pdf: Pdf, nodes: Sequence[tuple[str, str, Object]]) -> Iterator[str]:
    """Headings whose text begins on another page."""
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
    placed = [(tag, pages[kid.Pg.objgen]) for tag, _, node in nodes for kid in kids(node)[:1] if "/MCID" in kid]
    for (tag, page), (_, after) in pairwise(placed):
        if tag in HEADINGS and after != page:
            yield f"page {page} ends with a heading"


def outline(pdf: Pdf, nodes: Sequence[tuple[str, str, Object]]) -> Iterator[str]:
    """A bookmark for each heading."""
    with pdf.open_outline() as marks:
        count = sum(1 for _ in flat(marks.root))
    headings = sum(tag in HEADINGS for tag, _, _ in nodes)
    if count != headings:
        yield f"{count} bookmarks for {headings} headings"


def flat(items: Sequence[pikepdf.OutlineItem]) -> Iterator[pikepdf.OutlineItem]:
    for item in items:
        yield item
        yield from flat(item.children)


def fonts(pdf: Pdf) -> Iterator[str]:
    """Embedded, and with a way back to text."""
    held = [font for page in pdf.pages for font in page.resources.get("/Font", {}).values()]
    if not held:
        yield "there is no font"
    for font in held:
        if "/FontFile2" not in font.FontDescriptor or "/ToUnicode" not in font:
            yield f"{font.BaseFont} is not embedded or cannot be read as text"


def links(pdf: Pdf) -> Iterator[str]:
    for number, page in enumerate(pdf.pages, start=1):
        for note in page.obj.get("/Annots", []):
            if note.Subtype == Name.Link and "/StructParent" not in note:
                yield f"page {number}: a link without a tag"
