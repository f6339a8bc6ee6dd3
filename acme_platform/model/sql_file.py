"""One SQL file of `sql/`: its opening comment, the shape it declares and the select that fills it.

Belongs here: finding and reading files by name. Not here: what the select reads (`lineage.py`), running it.

The SQL is plain PostgreSQL. sqlglot reads it to know the columns; what runs is the text as written.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import Dialect, exp
from sqlglot.tokenizer_core import Token

from acme_platform.errors import MendInput
from acme_platform.model import fingerprint
from acme_platform.model.company import company
from acme_platform.model.table_schema import Shape

DIALECT = "postgres"
# It warns of a column that it cannot follow, amid whatever command reads the file; what runs the file says so better.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True)
class SqlFile:
    """`sql/<folder>/<name>.sql`, read as it is now."""

    folder: str
    name: str
    text: str

    @property
    def path(self) -> Path:
        return company().sql / self.folder / f"{self.name}.sql"

    @property
    def where(self) -> str:
        """The path as people write it."""
        return f"sql/{self.folder}/{self.name}.sql"

    @cached_property
    def comment(self) -> str:
        """The opening comment as one paragraph: what one row is, which is also the asset's description."""
        lines = []
        for line in self.text.splitlines():
            if not line.startswith("--"):
                break
            lines.append(line.removeprefix("--").strip())
        if not lines:
            raise MendInput(f"{self.where} has no opening comment", "open it with a comment that says what one row is")
        return " ".join(lines)

    @cached_property
    def code_version(self) -> str:
        """Changes with everything in the file that decides about rows: not with comments, spacing, case and indexes."""
        trees = (tree for _, tree in self.statements)
        deciding = (tokens for (_, tokens), tree in zip(self._pieces, trees, strict=True) if not _is_index(tree))
        return fingerprint.combined([fingerprint.of_tokens(tokens) for tokens in deciding])

    @cached_property
    def declaration(self) -> str:
        """Changes with every letter of what makes the empty table, its comments included."""
        return fingerprint.of_text(self.definition)

    @cached_property
    def _pieces(self) -> tuple[tuple[str, list[Token]], ...]:
        return tuple(_split(self.text))

    @cached_property
    def statements(self) -> tuple[tuple[str, exp.Expr], ...]:
        """Each statement's text as written and as sqlglot understands it, in the file's order."""
        try:
            statements = tuple((text, _parsed(tokens, self.text)) for text, tokens in self._pieces)
        except sqlglot.errors.SqlglotError as error:
            why = f"{self._place(error)}{_why(error)}"
            raise MendInput(f"{self.where} is not SQL that can be read: {why}", f"mend {self.where}") from error
        for text, tree in statements:
            if not isinstance(tree, exp.Create | exp.Query):
                raise MendInput(
                    f"{self.where} holds {text[:40]!r}, which is no create and no select", f"mend {self.where}"
                )
        return statements

    def _place(self, error: sqlglot.errors.SqlglotError) -> str:
        """With the text of the line, which is whole and can be searched for."""
        line = _first(error).get("line")
        return f"line {line}, {self.text.splitlines()[line - 1].strip()!r}: " if line else ""

    @cached_property
    def shape(self) -> Shape:
        """The table that the file creates."""
        creates = [tree for _, tree in self.statements if isinstance(tree, exp.Create) and tree.kind == "TABLE"]
        if len(creates) != 1 or creates[0].this.this.sql() != f"{self.folder}.{self.name}":
            raise MendInput(
                f"{self.where} must hold one `create table {self.folder}.{self.name}`",
                "give the table the name of its path",
            )
        return Shape.of(creates[0])

    @cached_property
    def definition(self) -> str:
        """Everything that makes the empty table: its `create table` and its indexes."""
        return ";\n".join(text for text, tree in self.statements if isinstance(tree, exp.Create))

    @cached_property
    def query(self) -> exp.Query | None:
        """The select as a tree, None in a file that only declares a shape."""
        queries = [tree for _, tree in self.statements if isinstance(tree, exp.Query)]
        return queries[0] if queries else None

    @cached_property
    def select(self) -> str:
        """The select as written: the table's contents for `%(day)s`, a question or a check."""
        for text, tree in self.statements:
            if isinstance(tree, exp.Query):
                return text
        raise MendInput(f"{self.where} holds no select", "end the file with the select that fills the table")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names written as %(name)s, sorted."""
        placeholders = self.query.find_all(exp.Placeholder) if self.query else ()
        return tuple(sorted({placeholder.name for placeholder in placeholders}))


def _first(error: sqlglot.errors.SqlglotError) -> dict[str, Any]:
    """What the parser says of its first error; nothing where the text could not even be taken apart."""
    return error.errors[0] if isinstance(error, sqlglot.errors.ParseError) and error.errors else {}


def _why(error: sqlglot.errors.SqlglotError) -> str:
    said: str = _first(error).get("description") or str(error)
    return " ".join(said.split())


def _is_index(tree: exp.Expr) -> bool:
    return isinstance(tree, exp.Create) and tree.kind == "INDEX"


def _split(text: str) -> Iterator[tuple[str, list[Token]]]:
    """The statements between semicolons; a semicolon inside a string or a comment is none, a comment alone neither."""
    start, tokens = 0, []
    for token in sqlglot.tokenize(text, read=DIALECT):
        if token.token_type != sqlglot.TokenType.SEMICOLON:
            tokens.append(token)
            continue
        yield text[start : token.start].strip(), tokens
        start, tokens = token.end + 1, []
    if tokens:
        yield text[start : tokens[-1].end + 1].strip(), tokens


def _parsed(tokens: list[Token], text: str) -> exp.Expr:
    """From the tokens at hand: taking the text apart is half of the work."""
    (tree,) = Dialect.get_or_raise(DIALECT).parser().parse(tokens, text)
    if tree is None:
        raise sqlglot.errors.ParseError("a statement is empty")
    return tree


@cache
def sql_file(folder: str, name: str) -> SqlFile:
    """The file, or MendInput naming the path that is missing and the names that are there."""
    path = company().sql / folder / f"{name}.sql"
    if not path.is_file():
        there = ", ".join(names(folder)) or "nothing"
        raise MendInput(f"there is no sql/{folder}/{name}.sql", f"mend the name, or write the file; there is: {there}")
    return SqlFile(folder, name, path.read_text(encoding="utf-8"))


def names(folder: str) -> list[str]:
    """Every name in a folder of `sql/`, sorted."""
    return sorted(path.stem for path in (company().sql / folder).glob("*.sql"))
