"""The front end as widgets carry it: packed, and unpacked once for a whole page."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
from pathlib import Path
from typing import Final

__all__ = ["BUNDLE", "bundle_module", "packed_text"]

BUNDLE: Final = Path(__file__).parent / "static" / "widget.js"

_MODULE: Final = """\
const packed = "{packed}";
async function unpack() {{
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const code = new Blob([await new Response(stream).text()], {{ type: "text/javascript" }});
  const url = URL.createObjectURL(code);
  try {{
    return (await import(url)).default;
  }} finally {{
    URL.revokeObjectURL(url);
  }}
}}
const name = Symbol.for("nerv-lab {digest}");
export default await (globalThis[name] ??= unpack());
"""


def packed_text(content: bytes) -> str:
    """Return bytes as letters and digits that mean nothing to HTML: base64 of gzip."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


@functools.cache
def bundle_module() -> str:
    """Return the front end as a module of JavaScript.

    A notebook that is saved with its widgets holds this text once for each of them, and formats
    leave no room for sharing; packed it takes less than half.
    """
    content = BUNDLE.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return _MODULE.format(packed=packed_text(content), digest=digest)
