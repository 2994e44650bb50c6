"""Every example of README.md and of the docs runs, in order, as a reader would run it.

- They run in a folder that holds deals.csv, spend.csv and costs.csv: the bundled company at a tenth of its size.
- ```python blocks of one page share their names. A block with `>>>` is checked by doctest, another is executed.
- Lines of ```bash and ```console blocks that begin with `python -m crm_metrics` (after a `$ ` or not) must exit 0. In a
  block with `$ ` what stands below the command is what it must print; `...` stands for anything.
- A block is left out only by a comment right before it, with a reason: <!-- not run: needs a warehouse -->
- A block that needs an absent dataframe library is skipped, and so is a later one that needs its names.
"""

from __future__ import annotations

import ast
import doctest
import importlib.util
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import dealerships
import pytest

from crm_metrics import samples

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PYTHON = {"python", "py", "pycon", "python3"}
SHELL = {"bash", "console", "sh", "shell", "shell-session"}
OPTIONAL = ("pandas", "polars", "pyarrow", "duckdb")
NEEDS_OF_METHODS = {"to_pandas": "pandas", "to_polars": "polars", "to_arrow": "pyarrow"}
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*\{?[ \t]*\.?(?P<language>[\w-]*)[^\n`]*\n"
    r"(?P<code>.*?)^(?P=indent)(?P=fence)[`~]*[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
OPENED = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*\{?[ \t]*\.?(?:py|python|python3|pycon)\b", re.MULTILINE)
NOT_RUN = re.compile(r"<!--\s*not run:\s*(\S.*?)\s*-->\s*\Z", re.DOTALL)


@attrs.frozen
class Block:
    """One fenced example of a page."""

    page: Path
    line: int
    language: str
    code: str
    not_run: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The examples of a page in order; `line` is the first line of the code itself."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        language = found["language"].lower()
        if language not in PYTHON | SHELL:
            continue
        reason = NOT_RUN.search(text[: found.start()])
        line = text.count("\n", 0, found.start("code")) + 1
        yield Block(page, line, language, textwrap.dedent(found["code"]), reason[1] if reason else "")


# ---------------------------------------------------------------- Python


def run_python(block: Block, names: dict[str, Any]) -> None:
    """Runs a block in the names of its page."""
    if re.search(r"^>>> ", block.code, re.MULTILINE):
        check_prompts(block, names)
    else:
        code = "\n" * (block.line - 1) + block.code  # a traceback then points into the page
        exec(compile(code, str(block.page), "exec", dont_inherit=True), names)  # no `annotations` of ours


def check_prompts(block: Block, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.code, names, block.place, str(block.page), block.line - 1)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert result.attempted, f"{block.place}: no example found"
    assert not result.failed, f"{block.place}\n" + "".join(said)


def source(block: Block) -> str:
    """The Python of a block, without prompts and results."""
    if not re.search(r"^>>> ", block.code, re.MULTILINE):
        return block.code
    return "".join(e.source for e in doctest.DocTestParser().get_examples(block.code))


def names_in(tree: ast.AST) -> tuple[set[str], set[str], set[str]]:
    """What a block reads, what it binds, and which optional libraries it needs."""
    reads, binds, needs = set(), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (reads if isinstance(node.ctx, ast.Load) else binds).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            binds.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            needs |= {m.partition(".")[0] for m in modules} & set(OPTIONAL)
            binds |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.Attribute) and node.attr in NEEDS_OF_METHODS:
            needs.add(NEEDS_OF_METHODS[node.attr])
    return reads, binds, needs


def absent(library: str) -> bool:
    return importlib.util.find_spec(library) is None


# ---------------------------------------------------------------- the shell


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a block that are ours, each with what the page says it prints ("" where it says nothing)."""
    code = block.code.replace("\\\n", " ")
    if not re.search(r"^\$ ", code, re.MULTILINE):
        yield from ((line, "") for line in code.splitlines() if line.startswith("python -m crm_metrics"))
        return
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        if line.startswith("python -m crm_metrics"):
            yield line, output.strip("\n")


def run_shell(block: Block, folder: Path) -> None:
    """Runs the commands of a block that are ours."""
    for line, expected in commands(block):
        command = line.replace("python", shlex.quote(sys.executable), 1)
        done = subprocess.run(
            command, shell=True, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, f"{block.place}: {line}\nexits {done.returncode}\n{done.stdout}{done.stderr}"
        printed = done.stdout.strip("\n")
        same = not expected or doctest.OutputChecker().check_output(expected + "\n", printed + "\n", FLAGS)
        assert same, f"{block.place}: {line}\nprints\n{printed}\nand the page says\n{expected}"


# ---------------------------------------------------------------- a page


@attrs.define
class Page:
    """A page on its way: the names bound so far, the names that skipped blocks would have bound, and the score."""

    folder: Path
    names: dict[str, Any] = attrs.field(factory=lambda: {"__name__": "__main__"})
    unbound: set[str] = attrs.field(factory=set)
    ran: int = 0
    skipped: list[str] = attrs.field(factory=list)
    left_out: int = 0

    def take(self, block: Block) -> None:
        """Runs, skips or leaves out one block."""
        if block.not_run:
            self.left_out += block.language in PYTHON
        elif block.language in SHELL:
            run_shell(block, self.folder)
        elif lacking := self.lacking(block):
            self.skipped.append(f"{block.place} needs {', '.join(sorted(lacking))}")
        else:
            run_python(block, self.names)
            self.ran += 1

    def lacking(self, block: Block) -> set[str]:
        """What a block needs and this environment has not; remembers what is not bound because of that."""
        reads, binds, needs = names_in(ast.parse(source(block)))
        lacking = {n for n in needs if absent(n)} | (reads & self.unbound - binds)
        self.unbound = self.unbound | binds if lacking else self.unbound - binds
        return lacking


def run_page(path: Path, folder: Path) -> Page:
    """Runs the examples of a page in a folder."""
    page = Page(folder)
    for block in blocks(path):
        page.take(block)
    written = len(OPENED.findall(path.read_text(encoding="utf-8")))
    assert page.ran + page.left_out + len(page.skipped) == written, f"{path.name}: some Python block was not run"
    return page


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_examples(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "dealership", dealerships.dealership)
    samples.save(samples.dealership(scale=0.1), folder)
    page = run_page(path, folder)
    if page.skipped and not page.ran:
        pytest.skip("; ".join(page.skipped))


def test_the_readme_has_the_commands_that_do_everything() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "pip install . && python -m crm_metrics" in readme
    assert "pip install '.[test]' && pytest" in readme


# ---------------------------------------------------------------- the runner itself


def written(folder: Path, *parts: str) -> Path:
    """A page of these parts, ~~~ standing for a fence."""
    path = folder / "page.md"
    path.write_text("\n\n".join(parts).replace("~~~", "```"), encoding="utf-8")
    return path


def fenced(language: str, code: str) -> str:
    return f"~~~{language}\n{code}\n~~~"


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([fenced("python", ">>> 1 + 1\n3")], AssertionError),
        ([fenced("python", "x = 1"), fenced("python", "assert x == 2")], AssertionError),
        ([fenced("python", "x = ")], SyntaxError),
        ([fenced("{.python .wide}", "1 / 0")], ZeroDivisionError),
        (["- in a list\n\n    ~~~python\n    1 / 0\n    ~~~"], ZeroDivisionError),
        ([fenced("python", ">>> no_such_name")], AssertionError),
        (["<!-- not run: -->", fenced("python", "1 / 0")], ZeroDivisionError),
        (["<!-- not run: slow -->", "Words.", fenced("python", "1 / 0")], ZeroDivisionError),
        ([fenced("bash", "python -m crm_metrics /no/such/folder")], AssertionError),
        ([fenced("console", "$ python -m crm_metrics --help\nno such words")], AssertionError),
        (["~~~python\nnever closed"], AssertionError),
    ],
)
def test_a_wrong_example_fails(parts: list[str], error: type[Exception], folder: Path) -> None:
    with pytest.raises(error):
        run_page(written(folder, *parts), folder)


def test_right_examples_pass(folder: Path) -> None:
    path = written(
        folder,
        fenced("python", "from pathlib import Path\nx = 20\nPath('made.txt').touch()"),
        fenced("pycon", ">>> y = x + 1\n>>> y, [1,\n...         2]\n(21, [1, 2])"),
        fenced("python", "assert y == 21"),
        "<!-- not run: there is no such place -->",
        fenced("python", "1 / 0"),
        fenced("text", "not ours"),
        fenced("bash", "pip install no-such-thing"),
        fenced("console", "$ pip install no-such-thing\n$ python -m crm_metrics --help\nusage: ..."),
    )
    page = run_page(path, folder)
    assert (page.ran, page.left_out, page.skipped) == (3, 1, [])
    assert (folder / "made.txt").exists()


def test_a_block_without_its_library_is_skipped_with_what_needs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "absent", lambda library: library == "pandas")
    path = written(
        folder,
        fenced("python", "import pandas as pd\nframe = pd.DataFrame()\nx = 1"),
        fenced("python", ">>> frame.columns\nIndex()"),
        fenced("python", "x = 2"),
        fenced("python", "assert x == 2"),
        fenced("python", "x.to_pandas()"),
    )
    page = run_page(path, folder)
    assert page.ran == 2
    assert page.skipped == ["page.md:2 needs pandas", "page.md:8 needs frame", "page.md:21 needs pandas"]


def test_the_line_of_an_error_is_the_line_of_the_page(folder: Path) -> None:
    path = written(folder, "# Title", fenced("python", "x = 1\n1 / 0"))
    with pytest.raises(ZeroDivisionError) as error:
        run_page(path, folder)
    assert error.traceback[-1].lineno + 1 == 5
