"""What the inspector shows of an item."""

from __future__ import annotations

import nerv_lab as nl
from nerv_lab.widgets.commands.details import details


def test_what_is_encrypted_is_shown_as_that() -> None:
    policy = {"person": ["ssn"]}
    with nl.open(encrypt=policy, field_key=nl.generate_field_key()) as lab:
        lab.add_entity("person", id="ada", properties={"ssn": "078-05-1120", "town": "London"})
        hidden, plain = details(lab.state, "ada")["properties"]
    assert hidden["kind"] == "Encrypted"
    assert hidden["text"].startswith("<encrypted with key ")
    assert plain == {"name": "town", "kind": "str", "text": "London"}
