"""Tagged PDF: what is drawn is marked with its meaning, and the marks become the structure tree of the file.

ReportLab draws, pikepdf adds the tree (PDF 32000-1, 14.6 to 14.8). Furniture, lines and backgrounds are artifacts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from pikepdf import Array, Dictionary, Name, Object, Pdf, String
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Table


@dataclass
class Element:
    """A node of the structure tree: its tag, the places (page, number) where it is drawn, and its children."""

    tag: str
    alt: str = ""
    scope: str = ""
    marks: list[tuple[int, int]] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)


class TaggedCanvas(Canvas):
    """A canvas that writes marked content and remembers, element by element, where it did."""

    def __init__(self, *args: Any, root: Element, **options: Any) -> None:
        super().__init__(*args, **options)
        self.root = root
        self._marks_on: dict[int, int] = {}

    def open_mark(self, element: Element) -> None:
        page = self.getPageNumber()
        number = self._marks_on.get(page, 0)
        self._marks_on[page] = number + 1
        element.marks.append((page, number))
        self.addLiteral(f"/{element.tag} <</MCID {number}>> BDC")

    def open_artifact(self) -> None:
        self.addLiteral("/Artifact BMC")

    def close_mark(self) -> None:
        self.addLiteral("EMC")

    @contextmanager
    def artifact(self) -> Iterator[None]:
        self.open_artifact()
        yield
        self.close_mark()


class Marked(Flowable):
    """A flowable with a tag; its parts on several pages stay one element."""

    def __init__(self, inner: Flowable, element: Element) -> None:
        super().__init__()
        self.inner = cast(Any, inner)  # whose stubs do not know drawOn's last argument
        self.element = element
        self.keepWithNext = self.inner.getKeepWithNext()  # which ReportLab resets once it has kept them

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width, self.height = self.inner.wrap(width, height)
        return self.width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        return [Marked(part, self.element) for part in self.inner.split(width, height)]

    def getSpaceBefore(self) -> float:  # noqa: N802
        return float(self.inner.getSpaceBefore())

    def getSpaceAfter(self) -> float:  # noqa: N802
        return float(self.inner.getSpaceAfter())

    def drawOn(self, canvas: Any, x: float, y: float, _sW: float = 0) -> None:  # noqa: N802, N803
        if not self.element.marks:
            self.place(canvas.root)
        canvas.open_mark(self.element)
        self.inner.drawOn(canvas, x, y, _sW)
        canvas.close_mark()

    def place(self, root: Element) -> None:
        """Where the element stands in the tree, once its first part is drawn."""
        root.children.append(self.element)


class Item(Marked):
    """An item of a list; all items of one list are given its element."""

    def __init__(self, inner: Flowable, of: Element, body: Element | None = None) -> None:
        super().__init__(inner, body or Element("LBody"))
        self.of = of

    def split(self, width: float, height: float) -> list[Flowable]:
        return [Item(part, self.of, self.element) for part in self.inner.split(width, height)]

    def place(self, root: Element) -> None:
        if not self.of.children:
            root.children.append(self.of)
        self.of.children.append(Element("LI", children=[self.element]))


class Heading(Marked):
    """A heading that is also an entry of the file's outline; `room`: points that have to be left below it.

    ReportLab's own keepWithNext would keep it with the whole of a long table, and leave half a page empty before.
    """

    def __init__(self, inner: Flowable, text: str, level: int, *, room: float = 0) -> None:
        super().__init__(inner, Element(f"H{level}"))
        self.text, self.level, self.room = text, level, room

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        own = super().wrap(width, height)
        return own if own[1] + self.room <= height else (own[0], own[1] + self.room)

    def split(self, width: float, height: float) -> list[Flowable]:
        return []

    def drawOn(self, canvas: Any, x: float, y: float, _sW: float = 0) -> None:  # noqa: N802, N803
        key = f"h{len(canvas.root.children)}"
        canvas.bookmarkHorizontal(key, x, y + self.height)
        canvas.addOutlineEntry(self.text, key, level=self.level - 1)
        super().drawOn(canvas, x, y, _sW)


class TableMarks:
    """Told by ReportLab what it draws of a table; marks rows and cells, on however many pages."""

    def __init__(self, *, row_headers: bool) -> None:
        self.element = Element("Table")
        self.row_headers = row_headers
        self._continues = False

    def __call__(self, table: Table, event: str, *args: Any) -> None:
        canvas: Any = table.canv
        match event:
            case "startTable" if not self._continues:
                canvas.root.children.append(self.element)
            case "endTable":
                self._continues = True
            case "startRow" if not self._repeated(table, args[0]):
                self.element.children.append(Element("TR"))
            case "startCell" if not self._repeated(table, args[0]):
                canvas.open_mark(self._cell(table, *args[:2]))
            case "startCell" | "startBG" | "startLines":
                canvas.open_artifact()
            case "endCell" | "endBG" | "endLines":
                canvas.close_mark()

    def _repeated(self, table: Table, row: int) -> bool:
        return self._continues and row < table.repeatRows

    def _cell(self, table: Table, row: int, column: int) -> Element:
        scope = "Column" if row < table.repeatRows else "Row" if self.row_headers and column == 0 else ""
        cell = Element("TH" if scope else "TD", scope=scope)
        self.element.children[-1].children.append(cell)
        return cell


Owners = dict[int, dict[int, Object]]
"""For each page, which node of the tree owns which mark."""


def add_structure(pdf: Pdf, root: Element, *, title: str) -> None:
    """Writes the tree into the file, with its way back from every mark, its title and its language."""
    tree = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    owners: Owners = {number: {} for number in range(1, len(pdf.pages) + 1)}
    tree.K = Array([_node(pdf, root, tree, owners)])
    tree.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(_way_back(pdf, owners))))
    tree.ParentTreeNextKey = len(pdf.pages)
    pdf.Root.StructTreeRoot = tree
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    pdf.Root.Lang = String("en-GB")
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["dc:title"], metadata["dc:language"] = title, {"en-GB"}


def _node(pdf: Pdf, element: Element, parent: Object, owners: Owners) -> Object:
    node = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name(f"/{element.tag}"), P=parent))
    if element.alt:
        node.Alt = String(element.alt)
    if element.scope:
        node.A = Dictionary(O=Name.Table, Scope=Name(f"/{element.scope}"))
    for page, number in element.marks:
        owners[page][number] = node
    node.K = Array(
        [
            *(Dictionary(Type=Name.MCR, Pg=pdf.pages[page - 1].obj, MCID=number) for page, number in element.marks),
            *(_node(pdf, child, node, owners) for child in element.children),
        ]
    )
    return node


def _way_back(pdf: Pdf, owners: Owners) -> Sequence[Any]:
    pairs: list[Any] = []
    for number, nodes in owners.items():
        page = pdf.pages[number - 1].obj
        page.StructParents, page.Tabs = number - 1, Name.S
        pairs += [number - 1, pdf.make_indirect(Array([nodes[mark] for mark in sorted(nodes)]))]
    return pairs
