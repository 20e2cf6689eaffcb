"""Reading files of RDF with rdflib, telling how far it is.

N-Triples are read line by line and Turtle a few statements at a time; of JSON-LD, rdflib takes the
whole at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange.extras import needs
from nerv_lab.exchange.rdf.names import checked_format
from nerv_lab.exchange.whole_files import PathLike, expanded
from nerv_lab.inner_universe.contract.progress import Meter, counted_file

with needs("rdf"):
    import rdflib
    from rdflib.exceptions import ParserError
    from rdflib.plugins.parsers.notation3 import RDFSink, SinkParser

__all__ = ["parsed", "statements"]

_AT_ONCE: Final = 50_000
# A full stop ends a statement where it stands alone: not in a text, an IRI or a comment.
_TOKEN: Final = re.compile(
    r"""
    \"{3} (?: [^"\\] | \\. | "(?!"") )* \"{3} | '{3} (?: [^'\\] | \\. | '(?!'') )* '{3}
    | " (?: [^"\\\n\r] | \\. )* " | ' (?: [^'\\\n\r] | \\. )* '
    | < [^<>"{}|^`\s]* > | \#[^\n]* | \\. | (?P<end> \.(?=\s|\#|$) ) | [^"'<\#.\\]+ | .
    """,
    re.VERBOSE | re.DOTALL,
)


def parsed(path: PathLike, format: str | None, meter: Meter) -> tuple[rdflib.Graph, int]:
    """Return the graph in a file, and how many bytes of it there were to read.

    The bytes are expected twice, and counted once here.

    Raises
    ------
    ValidationError
        The file cannot be read, or is of another format.
    """
    file = expanded(path)
    try:
        size = file.stat().st_size
        kind = checked_format(format or rdflib.util.guess_format(file.name) or "turtle")
        meter.expect(2 * size)
        return _PARSERS[kind](file, meter), size
    except OSError as error:
        raise ValidationError("source", f"{file} cannot be read: {error.strerror}") from None
    except ValidationError:
        raise
    except (SyntaxError, ValueError, TypeError, KeyError, ParserError) as error:
        raise ValidationError("source", f"{file} is not {kind}: {error}") from None


def _turtle(path: Path, meter: Meter) -> rdflib.Graph:
    graph = rdflib.Graph()
    base = graph.absolutize(path.as_uri())
    parser: Any = SinkParser(RDFSink(graph), baseURI=base, turtle=True)
    parser.startDoc()
    for part in statements(path.read_text(encoding="utf-8-sig")):
        parser.feed(part)
        meter.advance(len(part.encode()))
    parser.endDoc()
    return graph


def statements(text: str) -> Iterator[str]:
    """Yield a text of Turtle in parts that end where a statement ends."""
    start = 0
    for token in _TOKEN.finditer(text):
        if token["end"] and token.end() - start >= _AT_ONCE:
            yield text[start : token.end()]
            start = token.end()
    yield text[start:]


def _other(format: str) -> Callable[[Path, Meter], rdflib.Graph]:
    def parse(path: Path, meter: Meter) -> rdflib.Graph:
        with counted_file(path, meter) as stream:
            return rdflib.Graph().parse(stream, format=format)

    return parse


_PARSERS: Final = {"turtle": _turtle, "nt": _other("nt"), "json-ld": _other("json-ld")}
