"""Fences the `>>>` examples of docstrings, so that Markdown shows them as code and not as quotations."""

from __future__ import annotations

import re
from typing import Any

import griffe

# A prompt at the margin and everything down to the next empty line; examples with one empty line between them are one.
EXAMPLE = re.compile(r"^>>> .*(?:\n(?:.+|(?=\n>>> )))*", re.MULTILINE)


def fenced(text: str) -> str:
    """The text with its examples fenced."""
    return EXAMPLE.sub(lambda m: f"```pycon\n{m[0]}\n```", text)


class Examples(griffe.Extension):
    """Applies `fenced` to every docstring of the package."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
