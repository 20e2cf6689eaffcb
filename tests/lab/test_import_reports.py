from __future__ import annotations

from nerv_lab.lab.import_reports import Counts, ImportProblem, ImportReport

REPORT = ImportReport(
    "tables", Counts(added=2, unchanged=1), Counts(removed=3), (ImportProblem("a <b>", "is bad"),)
)


def test_a_report_adds_up_both_kinds_of_items() -> None:
    counts = (REPORT.added, REPORT.changed, REPORT.removed, REPORT.unchanged)
    assert counts == (2, 0, 3, 1)


def test_a_report_reads_as_text() -> None:
    assert repr(REPORT).splitlines() == [
        "Import from tables",
        "  entities   2 added, 0 changed, 0 removed, 1 unchanged",
        "  relations  0 added, 0 changed, 3 removed, 0 unchanged",
        "  1 problem",
        "    a <b>: is bad",
    ]


def test_a_report_escapes_what_it_shows_as_html() -> None:
    html = REPORT._repr_html_()
    assert "a &lt;b&gt;" in html
    assert "<b>a &lt;" in html


def test_a_report_shows_ten_problems_and_counts_the_others() -> None:
    report = ImportReport("x", problems=(ImportProblem("a", "b"),) * 12)
    assert repr(report).endswith("and 2 more in .problems")
    assert "and 2 more" in report._repr_html_()
