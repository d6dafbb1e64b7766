"""The parser of the command line, which says in the reader's language what it could not read."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from functools import partial
from typing import Any, NoReturn

from sim.errors import SEPARATOR, nearest_of, offered
from sim.texts import say

OF_ARGUMENT = re.compile(r"argument (?P<argument>\S+): (?P<rest>.*)", re.S)

SENTENCES = (
    ("choice", re.compile(r"invalid choice: '(?P<value>.*?)' \(")),
    ("required", re.compile(r"the following arguments are required: (?P<value>.*)")),
    ("unknown", re.compile(r"unrecognized arguments: (?P<value>.*)", re.S)),
    ("no-value", re.compile(r"expected (?:one|at least one) argument")),
    ("together", re.compile(r"not allowed with argument (?P<value>\S+)")),
    ("integer", re.compile(r"invalid int value: '(?P<value>.*)'", re.S)),
)
"""What argparse says in English, by what it means; what is not here is said as it is."""


class Help(argparse.HelpFormatter):
    """The help of a command, its headings in the language *lang*."""

    def __init__(self, prog: str, lang: str) -> None:
        super().__init__(prog)
        self.lang = lang

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the line of usage, which begins with our word for it."""
        ours = say("cli.usage.prefix", self.lang) if prefix is None else prefix
        super().add_usage(usage, actions, groups, ours)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are sentences of ours; *lang* is that of the reader."""

    def __init__(self, *, lang: str, add_help: bool = True, **options: Any) -> None:
        super().__init__(add_help=False, formatter_class=partial(Help, lang=lang), **options)
        self.lang = lang
        self._positionals.title = say("cli.usage.positionals", lang)
        self._optionals.title = say("cli.usage.options", lang)
        if add_help:
            self.add_argument("-h", "--help", action="help", help=say("cli.usage.help-option", lang))

    def format_help(self) -> str:
        """Return the help, its headings with the colon of the language."""
        text = super().format_help()
        for title in (self._positionals.title, self._optionals.title):
            heading = say("cli.usage.heading", self.lang, title=title)
            text = text.replace(f"\n{title}:\n", f"\n{heading}\n")
        return text

    def error(self, message: str) -> NoReturn:
        """Say what is wrong on stderr and exit with 2."""
        hint = say("cli.usage.help", self.lang, program=self.prog)
        self.exit(2, f"{self.sentence(message)}\n{hint}\n")

    def sentence(self, message: str) -> str:
        """Return what *message* of argparse means, in the reader's language."""
        of = OF_ARGUMENT.fullmatch(message)
        argument, rest = (of["argument"], of["rest"]) if of else ("", message)
        for name, pattern in SENTENCES:
            match = pattern.match(rest)
            if match:
                return self._say(name, argument, match.groupdict().get("value", ""))
        return f"{argument}: {rest}" if argument else rest

    def _say(self, name: str, argument: str, value: str) -> str:
        if name != "choice":
            return say(f"cli.usage.{name}", self.lang, argument=argument, value=value)
        action = next((a for a in self._actions if argument in (a.metavar, *a.option_strings)), None)
        legal = [str(choice) for choice in action.choices or ()] if action is not None else []
        near = offered(SEPARATOR.join(nearest_of(value, legal) or legal), self.lang)
        name = "command" if argument == "COMMAND" else name
        return say(f"cli.usage.{name}", self.lang, argument=argument, value=value, near=near)
