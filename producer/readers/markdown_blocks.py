"""Blocks from Markdown, as ``markdown.py`` says they are spoken, and from the notes of slides."""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from producer.errors import LessonError
from producer.lessons.model import BlockRole
from producer.readers import marks
from producer.readers.block_writer import BlockWriter

MAX_NESTING = 50  # lists in lists in quotes; markdown-it drops what lies deeper, so it must be an error

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LISTS = frozenset(f"{kind}_{end}" for kind in ("bullet_list", "ordered_list", "dd") for end in ("open", "close"))
_CONTAINER = re.compile(r"\s*(?:[A-Za-z][\w-]*)?\s*(?:\{[^}\n]*\})?\s*")  # ::: tip Title
_ALERT = re.compile(r"\[![A-Za-z]+\][+-]?[ \t]*")  # > [!NOTE]
_ATTRIBUTES = re.compile(r"\s*\{:?\s*[#.][^{}\n]*\}\s*$")  # ## Title {#id}
# In no formula: a comment, a tag, a link, a mark, the end of a line that ends the sentence, too.
_MARKUP = re.compile(r"<!--|</?[A-Za-z]+\s*/?>|\]\(|\[(?:pause|voice|language)\b|\\\n| {2}\n")
_DOLLAR = re.compile(r"(?<!\\)(?:\\\\)*\$")  # not behind a backslash that takes its meaning
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def write_markdown(writer: BlockWriter, text: str, first_line: int, *, code: bool = True) -> None:
    """Write the blocks of a Markdown text, whose first line is this one of the file.

    Without ``code``, indented text is text.
    """
    _Markdown(writer, first_line).take_all(parser(code).parse(text))


def write_notes(writer: BlockWriter, text: str, first_line: int) -> None:
    """Write the notes of a slide, which are Markdown, without the indentation that all their lines share."""
    first, newline, rest = text.partition("\n")
    write_markdown(writer, first.strip() + newline + textwrap.dedent(rest), first_line, code=False)


@lru_cache(maxsize=2)
def parser(code: bool = True) -> MarkdownIt:
    """Return the parser of all that is Markdown here; without ``code``, indented text is text."""
    made = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    made.use(footnote_plugin).use(tasklists_plugin).use(deflist_plugin).use(admon_plugin)
    made.use(container_plugin, "any", validate=lambda *_: True)
    made.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    made.inline.ruler.before("math_inline", "dollar", _dollar)
    made.inline.ruler.before("link", "mark", _mark)
    return made if code else made.disable("code")


def _mark(state: StateInline, silent: bool) -> bool:
    """Inline rule: a mark becomes a token of its own, with the line within its block in ``meta``."""
    if state.src[state.pos] != "[" or not (mark := marks.mark_at(state.src, state.pos)):
        return False
    if not silent:
        token = state.push("mark", "", 0)
        token.meta = {"mark": mark, "line": state.src.count("\n", 0, state.pos)}
    state.pos += len(mark.source)
    return True


def _dollar(state: StateInline, silent: bool) -> bool:
    """Inline rule: a dollar whose partner lies beyond markup begins no formula, and is text."""
    if state.src[state.pos] != "$":
        return False
    inside = state.pos + (2 if state.src.startswith("$$", state.pos) else 1)
    partner = _DOLLAR.search(state.src, inside)
    linked = partner and state.src.startswith("](", partner.end())  # [$](address)
    if not partner or not (linked or _MARKUP.search(state.src, inside, partner.start())):
        return False
    if not silent:
        state.pending += state.src[state.pos : inside]
    state.pos = inside
    return True


class _Markdown:
    """Writes blocks from markdown-it's tokens. ``first_line`` is that of the text in the file."""

    def __init__(self, writer: BlockWriter, first_line: int) -> None:
        self._writer = writer
        self._first_line = first_line
        self._lists = 0
        self._skipping = 0  # inside of footnotes
        self._cells = 0  # written of the table row at hand
        self._untitled = False  # the admonition that begins here

    def take_all(self, tokens: list[Token]) -> None:
        """Take the tokens of a text. Raises LessonError where they lie too deep."""
        for at, token in enumerate(tokens):
            if token.level >= MAX_NESTING - 1:
                raise LessonError(
                    self._writer.path, self._line(token), f"nested more than {MAX_NESTING} deep: flatten it"
                )
            if token.type in ("footnote_block_open", "footnote_block_close"):
                self._skipping += token.nesting
            elif self._skipping:
                if token.type == "inline":
                    self._leave_out(token, "footnote")
            else:
                self._take(token, tokens[at - 1].type if at else "")

    def _line(self, token: Token) -> int:
        """Return the line in the file at which a block token begins."""
        return self._first_line + (token.map[0] if token.map else 0)

    def _leave_out(self, token: Token, what: str) -> None:
        self._writer.not_spoken(self._line(token), what)

    def _take(self, token: Token, parent: str) -> None:
        """Take one block token; ``parent`` is the type of the one before it."""
        if token.type in _LISTS:
            self._lists += token.nesting
        elif token.type == "admonition_open":
            self._untitled = len(token.info.split()) < 2  # then its title is a word of the parser's own
        elif parent == "admonition_title_open" and self._untitled:
            return
        elif token.type in ("math_block", "math_block_label", "amsmath"):
            self._leave_out(token, "formula")
        elif token.type == "container_any_open":
            self._titled(token, _CONTAINER.sub("", token.info, count=1))
        elif token.type in ("fence", "code_block"):
            self._leave_out(token, "code block")
        elif token.type == "html_block" and _COMMENT.sub("", token.content).strip():
            self._leave_out(token, "HTML block")
        elif token.type == "tr_open":
            self._writer.begin("list_item", self._line(token))
            self._cells = 0
        elif token.type == "tr_close":
            self._writer.end()
        elif token.type == "inline" and parent in ("th_open", "td_open"):
            if token.content.strip():
                self._writer.cell(first=not self._cells)
                self._inline(token)
                self._cells += 1
        elif token.type == "inline":
            role: BlockRole = "list_item" if self._lists else "paragraph"
            self._writer.begin("heading" if parent == "heading_open" else role, self._line(token))
            self._inline(_without_signs(token, parent))
            self._writer.end()

    def _inline(self, token: Token) -> None:
        for child in token.children or ():
            if child.type in ("text", "code_inline"):
                self._writer.write(child.content)
            elif child.type == "softbreak":
                self._writer.soft_break()
            elif child.type == "hardbreak":
                self._writer.hard_break()
            elif child.type == "html_inline" and _LINE_BREAK.fullmatch(child.content):
                self._writer.hard_break(new_line=False)
            elif child.type in ("math_inline", "math_inline_double") and not set("\\{}") & set(child.content):
                for number, line in enumerate(child.content.split("\n")):
                    if number:
                        self._writer.soft_break()
                    self._writer.write(line.strip())
            elif child.type in ("math_inline", "math_inline_double"):
                self._leave_out(token, f"formula {child.content[:40]!r}")
            elif child.type == "image":
                self._leave_out(token, "picture")
            elif child.type == "mark":
                self._writer.obey(child.meta["mark"], self._line(token) + child.meta["line"])

    def _titled(self, token: Token, title: str) -> None:
        if title.strip():
            self._writer.begin("paragraph", self._line(token))
            self._writer.write(title.strip())
            self._writer.end()


def _without_signs(token: Token, parent: str) -> Token:
    """Return a block without what is a sign to programs: an alert's ``[!NOTE]``, a heading's ``{#id}``."""
    children = list(token.children or ())
    if children and children[0].type == "text" and (alert := _ALERT.match(children[0].content)):
        children[0] = children[0].copy(content=children[0].content[alert.end() :])
    if parent == "heading_open" and children and children[-1].type == "text":
        children[-1] = children[-1].copy(content=_ATTRIBUTES.sub("", children[-1].content))
    return token.copy(children=children)
