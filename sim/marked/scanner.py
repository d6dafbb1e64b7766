"""ruamel.yaml's pure scanner with its innermost loops as regular expressions: the same events, sooner.

It looks at one letter at a time, through three properties, which makes reading a plan's YAML most of the
time that reading the plan takes. Only whole runs of letters are taken at once here; what a run is, what
follows it and every error is ruamel's own (tests/units/test_document.py holds the two together).
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import FileMark
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner
from ruamel.yaml.tokens import ScalarToken

STEPS = re.compile("[\n\r\ufeff]")
"""Letters after which a column is not simply one further."""

ENDS = "\n\0\r\x85\u2028\u2029"
"""Letters that end a line or the text."""

BLANKS = re.compile(f" *+(?:#[^{ENDS}]*+)?")
BLANKS_IN_FLOW = re.compile(f"[ \t]*+(?:#[^{ENDS}]*+)?")
"""Blanks with the comment after them, in blocks and in flows."""

PLAIN = re.compile(f"(?:[^ \t{ENDS}:?]++|:(?![ \t{ENDS}])| ++(?=[^\t{ENDS}:?#]))*+")
PLAIN_IN_FLOW = re.compile(
    f"(?:[^ \t{ENDS}:?,\\[\\]{{}}]++|:(?![ \t{ENDS}])| ++(?=[^\t{ENDS}:?#,\\[\\]{{}}]))*+"
)
"""What a plain scalar certainly goes on with; of a question mark only the version can tell."""

QUOTED = re.compile(f"(?:[^ \t{ENDS}'\"\\\\]++|[ \t]++(?=[^{ENDS}'\"\\\\]))*+")
"""What a quoted scalar simply goes on with."""


def fast_yaml() -> YAML:
    """Return a safe, pure YAML whose parse events come faster."""
    made = YAML(typ="safe", pure=True)
    made.Reader, made.Scanner, made.Parser = FastReader, FastScanner, FastParser
    return made


class FastReader(Reader):
    """A reader that passes over letters of one line at once."""

    def forward(self, length: int = 1) -> None:
        end = self.pointer + length
        if end + 1 >= len(self.buffer) or STEPS.search(self.buffer, self.pointer, end):
            super().forward(length)
            return
        self.pointer = end
        self.index += length
        self.column += length

    def get_mark(self) -> FileMark:
        """Return where the reader is, without the text around it, which no message of ours shows."""
        return FileMark(self.name, self.index, self.line, self.column)

    def run(self, letters: re.Pattern[str], start: int = 0) -> int:
        """Return how many letters from *start* letters ahead match *letters*."""
        begin = self.pointer + start
        match = letters.match(self.buffer, begin)
        return 0 if match is None else match.end() - begin


class FastParser(Parser):
    """A parser that knows its scanner."""

    scanner: Any = None

    def __init__(self, loader: Any) -> None:
        self.scanner = loader.scanner
        super().__init__(loader)


class FastScanner(Scanner):
    """A scanner that knows its reader and takes whole runs of letters."""

    reader: Any = None

    def __init__(self, loader: Any) -> None:
        self.reader = loader.reader
        super().__init__(loader)

    def check_token(self, *choices: Any) -> bool:
        if self.possible_simple_keys or not self.tokens:
            while self.need_more_tokens():
                self.fetch_more_tokens()
        return bool(self.tokens) and (not choices or isinstance(self.tokens[0], choices))

    def need_more_tokens(self) -> bool:
        if self.tokens and not self.possible_simple_keys:
            return False
        return super().need_more_tokens()

    def stale_possible_simple_keys(self) -> None:
        if self.possible_simple_keys:
            super().stale_possible_simple_keys()

    def scan_to_next_token(self) -> Any:
        reader = self.reader
        if reader.index == 0 and reader.peek() == "\ufeff":
            reader.forward()
        blanks = BLANKS_IN_FLOW if self.flow_level else BLANKS
        while True:
            passed = reader.run(blanks)
            if passed:
                reader.forward(passed)
            if not self.scan_line_break():
                return None
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_plain(self) -> Any:
        reader = self.reader
        start_mark = end_mark = reader.get_mark()
        chunks: list[str] = []
        spaces: list[str] = []
        indent = self.indent + 1
        while reader.peek() != "#":
            length = self._plain_length()
            if not length:
                break
            self.allow_simple_key = False
            chunks.extend(spaces)
            chunks.append(reader.prefix(length))
            reader.forward(length)
            end_mark = reader.get_mark()
            spaces = self.scan_plain_spaces(indent, start_mark)
            if not spaces or (not self.flow_level and reader.column < indent):
                break
        return ScalarToken("".join(chunks), True, start_mark, end_mark)

    def _plain_length(self) -> int:
        """Return how many letters the plain scalar goes on with; in flows of YAML 1.1 ``?`` ends it."""
        letters = PLAIN_IN_FLOW if self.flow_level else PLAIN
        length: int = self.reader.run(letters)
        while self.reader.peek(length) == "?":
            if self.flow_level and self.scanner_processing_version == (1, 1):
                break
            length += 1 + self.reader.run(letters, length + 1)
        return length

    def scan_flow_scalar_non_spaces(self, double: Any, start_mark: Any) -> Any:
        passed = self.reader.run(QUOTED)
        if not passed:
            return super().scan_flow_scalar_non_spaces(double, start_mark)
        chunk = self.reader.prefix(passed)
        self.reader.forward(passed)
        return [chunk, *super().scan_flow_scalar_non_spaces(double, start_mark)]
