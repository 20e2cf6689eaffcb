from __future__ import annotations

import base64
import gzip
import re

from nerv_lab.widgets import Explorer, Timeline
from nerv_lab.widgets.loading import BUNDLE, bundle_module, packed_text


def test_what_is_packed_holds_nothing_that_means_something_to_html() -> None:
    packed = packed_text(b"</script><b>" * 50)
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", packed)
    assert gzip.decompress(base64.b64decode(packed)) == b"</script><b>" * 50


def test_widgets_carry_the_bundle_packed_in_less_than_half_its_size() -> None:
    module = bundle_module()
    (packed,) = re.findall(r'const packed = "([^"]+)"', module)
    assert gzip.decompress(base64.b64decode(packed)) == BUNDLE.read_bytes()
    assert len(module) < BUNDLE.stat().st_size / 2
    assert str(Explorer._esm) == str(Timeline._esm) == module
