"""Fails where a built site would load anything from another host: `python outside.py SITE`."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

LOADED = {"src", "srcset", "data", "poster"}  # of any element; href loads in these only:
HREF_LOADS = {"link", "use", "image", "base"}
OUTSIDE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
STYLE = re.compile(r"""(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)


class Page(HTMLParser):
    """Collects what a page loads from outside, and diagrams, whose renderer would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            loads = name in LOADED or (name.endswith("href") and tag in HREF_LOADS)
            if loads and OUTSIDE.match((value or "").strip()):
                self.found.append(f"<{tag} {name}={value}>")
            if name == "class" and "mermaid" in (value or "").split():
                self.found.append("a mermaid diagram")


def outside(path: Path) -> list[str]:
    """What a file of the site loads from other hosts."""
    text = path.read_text(encoding="utf-8")
    page = Page()
    if path.suffix == ".html":
        page.feed(text)
    return page.found + STYLE.findall(text)


site = Path(sys.argv[1])
files = [p for p in site.rglob("*") if p.suffix in {".html", ".css", ".svg"}]
found = [f"{path.relative_to(site)}: {what}" for path in sorted(files) for what in outside(path)]
if found or not (site / "index.html").exists():
    sys.exit("\n".join(found) or f"no site in {site}")
print(f"{len(files)} files, nothing loaded from outside")
