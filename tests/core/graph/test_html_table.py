"""HTML tables read from left to right, and their captions on one line."""

from __future__ import annotations

from nerv_lab.core.graph.html_table import html_cell, html_table_of


def test_texts_stand_to_the_left_and_numbers_where_the_page_puts_them() -> None:
    assert html_cell("Ada").startswith('<td style="text-align: left;')
    assert html_cell("Ada", heading=True).startswith("<th ")
    assert "text-align" not in html_cell("1815", left=False)


def test_cells_have_room_on_pages_that_give_them_none() -> None:
    cells = [html_cell("Ada"), html_cell("1815", left=False), html_cell("born", heading=True)]
    assert all("padding: 0.5em" in cell for cell in [*cells, html_table_of("", [], ["name"])])


def test_a_caption_and_the_names_of_columns_are_escaped() -> None:
    table = html_table_of("a < b", ["<tr><td>1</td></tr>"], ["<i>"])
    assert ">a &lt; b</caption>" in table
    assert ">&lt;i&gt;</th>" in table


def test_a_table_without_names_of_columns_has_no_head() -> None:
    assert "<thead>" not in html_table_of("", [])
