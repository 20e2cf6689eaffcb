"""Tokens and keys are in nothing that a session leaves behind."""

from __future__ import annotations

import logging
import os
import pickle
import textwrap
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from shared.ports import free_port
from shared.spacetime_server import SpacetimeServer, new_database

import nerv_lab as nl
from nerv_lab.core.errors import NervError
from nerv_lab.inner_universe.keys.field_keys import FieldKeys
from nerv_lab.inner_universe.spacetime.publish import publish_module
from nerv_lab.inner_universe.spacetime.tokens import TokenFile
from nerv_lab.inner_universe.spacetime.tokens.identity import tokens_of

STORE_KEY, WRONG_KEY = "correct horse battery staple", "incorrect horse battery staple"
STRANGE_TOKEN = "eyJhbGciOiJFUzI1NiJ9.strange.token"


class Secrets:
    """What must not be found, and where it is kept."""

    def __init__(self, server: SpacetimeServer, folder: Path) -> None:
        self.tokens = TokenFile(folder / "tokens.json")
        self.uri = publish_module(server.url, new_database(), tokens=self.tokens)
        token = self.tokens.get(server.url)
        assert token is not None
        self.token = token.reveal()
        self.field_key = nl.generate_field_key()
        self.signing_file = folder / "key.pem"
        self.signing_key = nl.generate_signing_key(self.signing_file)
        self.pem = self.signing_key.pem().decode().splitlines()[1]

    @property
    def texts(self) -> dict[str, str]:
        return {
            "token": self.token,
            "refused token": STRANGE_TOKEN,
            "store key": STORE_KEY,
            "wrong key": WRONG_KEY,
            "field key": self.field_key,
            "signing key": self.pem,
        }

    def found_in(self, text: str) -> list[str]:
        return [name for name, secret in self.texts.items() if secret in text]


@pytest.fixture
def secrets(server: SpacetimeServer, tmp_path: Path) -> Secrets:
    return Secrets(server, tmp_path)


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
        # What a handler that writes JSON, or Sentry, would take.
        self.lines.append(repr({**vars(record)}))


@pytest.fixture
def log() -> Iterator[_Log]:
    """Return all that any library logs, at its most talkative."""
    import httpcore  # noqa: F401 - so that its loggers are there
    import websockets  # noqa: F401

    handler, root = _Log(), logging.getLogger()
    named = ("websockets.client", "httpcore.http11", "httpcore.connection", "httpx", "asyncio")
    loggers = [*map(logging.getLogger, named), *root.manager.loggerDict.values(), root]
    known = [logger for logger in loggers if isinstance(logger, logging.Logger)]
    before = [(logger, logger.level) for logger in known]
    for logger in known:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for logger, level in before:
        logger.setLevel(level)


def _failure(act: Callable[[], object]) -> BaseException:
    with pytest.raises((NervError, TypeError)) as failed:
        act()
    return failed.value


def _with_locals(error: BaseException) -> str:
    """Return a traceback with every variable of every frame but those of this file."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    links: list[traceback.TracebackException] = [shown]
    for link in links:
        link.stack[:] = [frame for frame in link.stack if frame.filename != __file__]
        links += [one for one in (link.__cause__, link.__context__) if one is not None]
    return "".join(shown.format()) + repr(error) + str(vars(error))


def _failures(secrets: Secrets, folder: Path) -> list[BaseException]:
    server = secrets.uri.rpartition("/")[0]
    nobody = f"spacetimedb://127.0.0.1:{free_port()}/nothing"
    config = nl.InnerUniverseConfig
    mine = config(token=secrets.token, connect_timeout=2, request_timeout=2)
    path = folder / "store.nerv"
    nl.open(path, key=STORE_KEY).close()
    plain = folder / "plain.nerv"
    nl.open(plain).close()
    wanted = {"person": ["ssn"]}
    return [
        _failure(lambda: nl.open(nobody, config=mine)),
        _failure(lambda: nl.open(f"{server}/nothing", config=mine)),
        _failure(lambda: nl.open(secrets.uri, config=config(token=STRANGE_TOKEN))),
        _failure(lambda: publish_module(nobody, tokens=tokens_of(mine))),
        _failure(lambda: config(token=secrets.token, key=STORE_KEY, busy_timeout=-1)),
        _failure(lambda: config(tokn=secrets.token)),
        _failure(lambda: nl.open(path, key=WRONG_KEY)),
        _failure(lambda: nl.open(path, key=lambda: WRONG_KEY)),
        _failure(lambda: nl.open(plain, key=STORE_KEY)),
        _failure(lambda: nl.open(path, config=config(key=WRONG_KEY))),
        _failure(lambda: nl.open(secrets.uri, key=STORE_KEY, config=mine)),
        _failure(lambda: nl.open(encrypt=wanted, field_key=[secrets.field_key, WRONG_KEY])),
        _failure(lambda: nl.open(config=config(field_key=f"{secrets.field_key},{WRONG_KEY}"))),
        _failure(lambda: nl.open(encrypt={"person": "ssn"}, field_key=secrets.field_key)),
        _failure(lambda: nl.open(path, key=STORE_KEY, signing_key=secrets.tokens.path)),
        *(
            _failure(lambda thing=thing: pickle.dumps(thing))
            for thing in (mine, config(key=STORE_KEY), FieldKeys([secrets.field_key]))
        ),
        _failure(lambda: pickle.dumps(secrets.signing_key)),
    ]


def _inside(thing: Any, room: int = 3) -> Iterator[object]:
    """Yield an object and what it holds, some levels deep."""
    yield thing
    if room and type(thing).__module__.startswith("nerv_lab"):
        slots = [s for kind in type(thing).__mro__ for s in getattr(kind, "__slots__", ())]
        held = [*getattr(thing, "__dict__", {}).values()]
        held += [getattr(thing, slot) for slot in slots if hasattr(thing, slot)]
        for inner in held:
            yield from _inside(inner, room - 1)


def _is_secret_by_trade(thing: object) -> bool:
    return type(thing).__name__ in ("Secret", "Key")


def test_nothing_that_a_session_logs_shows_or_raises_holds_a_secret(
    secrets: Secrets, log: _Log, tmp_path: Path
) -> None:
    shown: list[str] = []
    config = nl.InnerUniverseConfig(token_file=secrets.tokens.path)
    given = {"encrypt": {"person": ["ssn"]}, "field_key": secrets.field_key}
    with nl.open(secrets.uri, config=config, signing_key=secrets.signing_file, **given) as lab:
        lab.add_entity("person", id="ada", properties={"ssn": "1"})
        lab.commit("first")
        assert lab.publish_module() == secrets.uri
        widget = lab.explorer()
        shown += [repr(widget.get_state()), repr(widget._repr_mimebundle_())]
        shown += [repr(lab), lab._repr_html_(), repr(lab.health()), lab.metrics.to_string()]
        shown += [repr(lab.access), repr(lab.status), repr(list(lab.events)), repr(config)]
        shown += [str(config.model_dump()), config.model_dump_json()]
        assert lab.verify(trusted=[secrets.signing_key]).ok
        for thing in _inside(lab):
            if not _is_secret_by_trade(thing) and not isinstance(thing, str):
                shown.append(repr(thing))
        widget.close()
    for error in _failures(secrets, tmp_path):
        text = _with_locals(error)
        assert secrets.found_in(text) == [], type(error)
        shown += [text, repr(pickle.dumps(error))]
    # What somebody writes into an address is in the variables of a call, but not in its errors.
    for form in ("spacetimedb://me:{}@127.0.0.1/x", "spacetimedb://127.0.0.1/x?token={}"):
        uri = form.format(secrets.token)
        error = _failure(partial(nl.open, uri))
        shown += [str(error), repr(error), repr(pickle.dumps(error))]
    everything = {"shown": "\n".join(shown), "log": "\n".join(log.lines)}
    assert {name: secrets.found_in(text) for name, text in everything.items()} == {
        "shown": [],
        "log": [],
    }
    # The libraries did talk, and the tracebacks did show variables.
    assert "spacetime-identity-token" in everything["log"]
    assert "receive_response_headers" in everything["log"]
    assert "_settings" in everything["shown"] or "hidden" in everything["shown"]


CELLS = [
    """
    %load_ext nerv_lab
    %xmode Verbose
    import logging, os, pickle, sys
    import nerv_lab as nl
    import httpcore, websockets
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, force=True)
    for name in ("websockets.client", "httpcore.http11", "httpcore.connection"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    """,
    "lab = nl.open(os.environ['URI'], encrypt={'person': ['ssn']}); lab",
    "ada = lab.add_entity('person', properties={'ssn': '1'}); lab.commit('first')",
    "lab.access",
    "lab.metrics",
    "lab.health()",
    "lab.explorer()",
    "lab.client, lab.client.observed, vars(lab.client.observed)",
    "nl.InnerUniverseConfig()",
    "pickle.dumps(nl.InnerUniverseConfig())",
    "nl.open('spacetimedb://127.0.0.1:1/nothing')",
    "nl.open(os.environ['URI'] + 'x')",
    "%tb",
    "nl.open('secret.nerv').close(); nl.open('secret.nerv', key='another')",
    "%tb",
    "nl.open(os.environ['URI'], config=nl.InnerUniverseConfig(token='eyJhbGci.no.token'))",
    "%tb",
    "lab.close()",
]


def test_a_saved_notebook_holds_no_secret(
    secrets: Secrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "URI": secrets.uri,
        "NERV_TOKEN": secrets.token,
        "NERV_KEY": STORE_KEY,
        "NERV_FIELD_KEY": secrets.field_key,
        "NERV_SIGNING_KEY": str(secrets.signing_file),
        "NERV_REQUEST_TIMEOUT": "10",
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(Path(nl.__file__).parents[1])]),
    }.items():
        monkeypatch.setenv(name, value)
    cells = [nbformat.v4.new_code_cell(textwrap.dedent(cell).strip()) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(
        notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    text = nbformat.writes(notebook)
    assert secrets.found_in(text) == []
    # Errors were shown in full, and the libraries did talk.
    for expected in ("DatabaseNotFoundError", "WrongKeyError", "TokenRefusedError", "httpcore"):
        assert expected in text
    assert "opening.py" in text
    assert "ServerUnreachableError" in text
