"""The %nerv commands, in a shell of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError as IPythonUsageError
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

import nerv_lab as nl
from nerv_lab.core.errors import UsageError
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.inner_universe.metrics import ObservedUniverse
from nerv_lab.inner_universe.outbox import Queues, State
from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.outbox.writes import QueuedWrite
from nerv_lab.magics.commands import COMMANDS
from nerv_lab.magics.parsing import CommandError


@pytest.fixture
def shell(bare_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    bare_shell.extension_manager.load_extension("nerv_lab")
    yield bare_shell
    bare_shell.extension_manager.unload_extension("nerv_lab")


@pytest.fixture
def opened(shell: InteractiveShell) -> InteractiveShell:
    run(shell, "%nerv open")
    run(shell, 'ada = lab.add_entity("person", name="Ada")')
    run(shell, '%nerv commit -m "first facts"')
    return shell


def run(shell: InteractiveShell, cell: str) -> Any:
    """Run a cell that must succeed, and return its value."""
    result = shell.run_cell(cell)
    result.raise_error()
    return result.result


def fail(shell: InteractiveShell, cell: str) -> ExecutionResult:
    result = shell.run_cell(cell)
    assert not result.success
    return result


def complaint(shell: InteractiveShell, cell: str) -> str:
    error = fail(shell, cell).error_in_exec
    assert isinstance(error, CommandError)
    return str(error)


def completions(shell: InteractiveShell, text: str) -> list[str]:
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return [completion.text for completion in found]


def test_open_binds_the_lab_and_returns_it(shell: InteractiveShell) -> None:
    lab = run(shell, "%nerv open")
    assert isinstance(lab, nl.Lab)
    assert shell.user_ns["lab"] is lab


def test_open_takes_a_file_an_author_and_a_name(shell: InteractiveShell, store_path: Path) -> None:
    lab = run(shell, f'%nerv open "{store_path}" --as team --author ada')
    assert shell.user_ns["team"] is lab
    assert "lab" not in shell.user_ns
    assert run(shell, '%nerv commit -m "x"').author == "ada"


def test_open_run_again_closes_the_lab_it_replaces(shell: InteractiveShell) -> None:
    first = run(shell, "%nerv open")
    second = run(shell, "%nerv open")
    assert first.closed
    assert not second.closed


def test_open_leaves_a_lab_of_the_users_own_open(shell: InteractiveShell) -> None:
    with nl.open() as own:
        shell.user_ns["lab"] = own
        run(shell, "%nerv open")
        assert not own.closed


def test_open_that_fails_leaves_the_lab_there_was(opened: InteractiveShell) -> None:
    lab = opened.user_ns["lab"]
    fail(opened, "%nerv open /no/such/folder/x.nerv")
    assert opened.user_ns["lab"] is lab
    assert not lab.closed


def test_open_refuses_what_is_no_name_of_a_variable(shell: InteractiveShell) -> None:
    assert "not the name of a variable" in complaint(shell, "%nerv open --as 5x")


def test_status_shows_the_lab(opened: InteractiveShell) -> None:
    assert run(opened, "%nerv status") is opened.user_ns["lab"]


def test_commit_makes_a_version(opened: InteractiveShell) -> None:
    version = run(opened, '%nerv commit -m "it\'s {x} and $y" --author bob')
    assert version == opened.user_ns["lab"].head
    assert (version.description, version.author) == ("it's {x} and $y", "bob")


def test_log_lists_the_versions_newest_first(opened: InteractiveShell) -> None:
    run(opened, '%nerv commit -m "second"')
    assert [e.label for e in run(opened, "%nerv log")] == ["v2", "v1"]
    assert [e.label for e in run(opened, "%nerv log -n 1")] == ["v2"]


def test_rollback_brings_the_old_state_back_as_a_new_version(opened: InteractiveShell) -> None:
    lab = opened.user_ns["lab"]
    before = lab.state
    run(opened, "lab.delete(ada)")
    version = run(opened, '%nerv rollback v1 -m "as it was"')
    assert lab.state == before
    assert (lab.head, version.description) == (version, "as it was")


@pytest.mark.parametrize("ref", ["v1", "head", "1", "first", "'2100-01-01 00:00'", "2100-01-01"])
def test_at_looks_at_any_place_read_only(opened: InteractiveShell, ref: str) -> None:
    opened.user_ns["lab"].tag("first", "v1")
    view = run(opened, f"%nerv at {ref}")
    assert isinstance(view, nl.View)
    assert len(view.entities) == 1


def test_at_zero_is_before_the_first_event(opened: InteractiveShell) -> None:
    assert len(run(opened, "%nerv at 0").entities) == 0


def test_at_takes_the_beginning_of_a_version_id_even_of_digits(opened: InteractiveShell) -> None:
    lab = opened.user_ns["lab"]
    assert run(opened, f"%nerv at {lab.head.id[:8]}").version == lab.head


def test_diff_compares_head_and_present_or_two_places(opened: InteractiveShell) -> None:
    run(opened, 'lab.add_entity("text", name="Note G")')
    assert len(run(opened, "%nerv diff").added) == 1
    assert len(run(opened, "%nerv diff 0 v1").added) == 1
    assert len(run(opened, "%nerv diff v1 head")) == 0


def test_a_result_can_be_assigned(opened: InteractiveShell) -> None:
    run(opened, "entries = %nerv log")
    assert len(opened.user_ns["entries"]) == 1


def test_commands_leave_the_users_underscore_alone(opened: InteractiveShell) -> None:
    names = {name for name in opened.user_ns if not name.startswith("_")}
    opened.run_cell("%nerv log", store_history=False)
    assert {name for name in opened.user_ns if not name.startswith("_")} == names


# Branches and merges


def diverge(shell: InteractiveShell) -> None:
    """Change the same property on a branch and on main."""
    run(shell, "%nerv switch aside --create")
    run(shell, 'lab.update(ada, properties={"born": 1816}); lab.commit("theirs")')
    run(shell, "%nerv switch main")
    run(shell, 'lab.update(ada, properties={"born": 1814}); lab.commit("ours")')


def test_branches_are_made_listed_and_deleted(opened: InteractiveShell) -> None:
    lab = opened.user_ns["lab"]
    assert run(opened, "%nerv branch aside v1") == lab.head
    assert repr(run(opened, "%nerv branch")).splitlines() == [
        "* main  v1 first facts",
        "  aside  v1 first facts",
    ]
    run(opened, "%nerv branch -d aside")
    assert list(lab.branches) == ["main"]


def test_switch_goes_to_another_branch(opened: InteractiveShell) -> None:
    lab = opened.user_ns["lab"]
    assert run(opened, "%nerv switch aside --create") is lab
    assert lab.branch_name == "aside"


def test_a_merge_without_conflicts_is_committed(opened: InteractiveShell) -> None:
    lab = opened.user_ns["lab"]
    run(opened, "%nerv switch aside -c")
    run(opened, 'lab.add_entity("text"); lab.commit("theirs"); lab.switch("main")')
    assert len(run(opened, "%nerv preview aside").changes.added) == 1
    assert len(lab.entities) == 1
    result = run(opened, '%nerv merge aside -m "together"')
    assert (lab.head, lab.head.description) == (result.version, "together")


def test_a_merge_with_conflicts_waits_until_they_are_decided(opened: InteractiveShell) -> None:
    diverge(opened)
    lab = opened.user_ns["lab"]
    result = run(opened, "%nerv merge aside")
    assert (len(result.conflicts), result.version) == (1, None)
    run(opened, "%nerv merge aside --theirs")
    assert lab.entity(opened.user_ns["ada"].id).properties["born"] == 1816


def test_tags_are_given_and_listed(opened: InteractiveShell) -> None:
    assert repr(run(opened, "%nerv tag")) == "no version has a name yet"
    assert run(opened, "%nerv tag paper v1") == opened.user_ns["lab"].head
    assert repr(run(opened, "%nerv tag")) == "paper  v1 first facts"


def test_undo_and_redo_show_what_they_did(opened: InteractiveShell) -> None:
    run(opened, 'lab.add_entity("text", name="Note G")')
    assert len(run(opened, "%nerv undo").removed) == 1
    assert "+ text Note G" in repr(run(opened, "%nerv redo"))


def test_a_version_is_reverted_and_picked_again(opened: InteractiveShell) -> None:
    lab = opened.user_ns["lab"]
    run(opened, 'lab.add_entity("text"); lab.commit("one more")')
    run(opened, '%nerv revert v2 -m "not so"')
    assert (len(lab.entities), lab.head.description) == (1, "not so")
    run(opened, "%nerv cherry-pick v2")
    assert len(lab.entities) == 2


def test_reset_moves_the_branch_and_asks_for_force_where_work_would_be_lost(
    opened: InteractiveShell,
) -> None:
    lab = opened.user_ns["lab"]
    run(opened, '%nerv commit -m "second"')
    assert "pass force=True" in complaint(opened, "%nerv reset v1")
    run(opened, "%nerv reset v1 --force")
    assert lab.version_label(lab.head) == "v1"


def test_history_shows_every_change_of_an_item(opened: InteractiveShell) -> None:
    run(opened, 'lab.update(ada, properties={"born": 1815})')
    assert len(run(opened, f"%nerv history {opened.user_ns['ada'].id}")) == 2


def test_blame_shows_who_set_each_property(opened: InteractiveShell) -> None:
    ada = opened.user_ns["ada"]
    assert run(opened, f"%nerv blame {ada.id}") == opened.user_ns["lab"].blame(ada)


@pytest.mark.parametrize(
    "expression",
    ['"len(view.entities) > limit"', "crowded", '"any(len(view.entities) > limit for _ in [1])"'],
)
def test_bisect_takes_an_expression_or_a_function(
    opened: InteractiveShell, expression: str
) -> None:
    run(opened, "limit = 2\ncrowded = lambda view: len(view.entities) > limit")
    run(opened, 'for i in range(4):\n    lab.add_entity("x"); lab.commit(f"number {i}")')
    assert run(opened, f"%nerv bisect {expression}").description == "number 1"


def test_branches_are_completed_where_they_are_meant(opened: InteractiveShell) -> None:
    run(opened, "%nerv branch aside")
    assert completions(opened, "%nerv switch ") == ["aside"]
    assert completions(opened, "%nerv merge a") == ["aside"]
    assert completions(opened, "%nerv cherry-pick v") == ["v1"]
    assert completions(opened, "%nerv merge --th") == ["--theirs"]
    assert completions(opened, "%nerv cherry") == ["cherry-pick"]


# Transactions


def test_a_transaction_cell_makes_one_batch_and_gives_its_last_value(
    opened: InteractiveShell,
) -> None:
    lab = opened.user_ns["lab"]
    seq = lab.seq
    value = run(
        opened,
        '%%nerv transaction -m "two at once"\n'
        'b = lab.add_entity("person", name="B")\n'
        'lab.relate(ada, "knows", b)\n'
        "len(lab.entities)",
    )
    assert value == 2
    assert [event.data["reason"] for event in lab.events.after(seq)] == ["two at once"] * 2
    assert opened.user_ns["b"].name == "B"


def test_a_transaction_cell_that_fails_changes_nothing_and_shows_its_own_error(
    opened: InteractiveShell,
) -> None:
    lab = opened.user_ns["lab"]
    state = lab.state
    result = fail(opened, '%%nerv transaction\nlab.add_entity("person")\n1 / 0')
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert lab.state == state
    lab.add_entity("person")


def test_a_transaction_cell_understands_line_magics(opened: InteractiveShell) -> None:
    assert len(run(opened, '%%nerv transaction\nlab.add_entity("x")\n%nerv log')) == 1


def test_a_commit_inside_a_transaction_is_refused(opened: InteractiveShell) -> None:
    assert "transaction" in complaint(opened, '%%nerv transaction\n%nerv commit -m "x"')


def test_a_transaction_cell_without_a_last_value_gives_none(opened: InteractiveShell) -> None:
    assert run(opened, '%%nerv transaction\nx = lab.add_entity("x")') is None


def test_a_transaction_on_a_line_is_refused(opened: InteractiveShell) -> None:
    assert "first line of a cell" in complaint(opened, "%nerv transaction")


def test_a_cell_for_a_line_command_is_refused(opened: InteractiveShell) -> None:
    assert "only for transaction" in complaint(opened, "%%nerv log\n1")


# Which lab


def test_a_command_without_a_lab_says_how_to_open_one(shell: InteractiveShell) -> None:
    assert complaint(shell, "%nerv log") == "no lab is open; open one with %nerv open FILE"


def test_a_lab_of_any_name_is_found_when_it_is_the_only_one(shell: InteractiveShell) -> None:
    with nl.open() as own:
        shell.user_ns["mine"] = shell.user_ns["same"] = own
        assert run(shell, "%nerv status") is own


def test_one_of_several_labs_must_be_named(shell: InteractiveShell) -> None:
    with nl.open() as one, nl.open() as other:
        shell.user_ns.update(one=one, other=other)
        assert complaint(shell, "%nerv log").startswith("open labs: one, other; choose one")
        assert run(shell, "%nerv status --lab other") is other
        assert "'third' is not an open lab" in complaint(shell, "%nerv log --lab third")


def test_the_lab_opened_last_is_meant(shell: InteractiveShell) -> None:
    run(shell, "%nerv open")
    second = run(shell, "%nerv open --as second")
    assert run(shell, "%nerv status") is second


def test_a_closed_lab_is_not_meant(opened: InteractiveShell) -> None:
    opened.user_ns["lab"].close()
    assert "no lab is open" in complaint(opened, "%nerv log")


# Errors and help


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%nerv comit", "no command 'comit'; did you mean commit?"),
        ("%nerv xyz", "no command 'xyz'; there are open, status"),
        ("%nerv commit", "required: -m/--message\nusage: %nerv commit"),
        ("%nerv commit -m", "expected one argument\nusage: %nerv commit"),
        ("%nerv commit -m a b", "unrecognized arguments: b\nusage: %nerv commit"),
        ("%nerv commit --mess a", "required: -m/--message\nusage: %nerv commit"),
        ('%nerv commit -m "a', "No closing quotation; put text with blanks between"),
        ("%nerv log -n 0", "'0' is not a number of versions\nusage: %nerv log"),
        ("%nerv rollback", "required: ref\nusage: %nerv rollback"),
        ("%nerv merge", "required: SOURCE\nusage: %nerv merge"),
        ("%nerv merge a --ours --theirs", "not allowed with argument --ours\nusage: %nerv merge"),
        ("%nerv merge nowhere", "no version 'nowhere'"),
        ("%nerv switch nowhere", "no branch 'nowhere'; the branches are 'main'"),
        ("%nerv branch main", "'main'"),
        ("%nerv branch -d", "say which branch to delete"),
        ("%nerv tag v3", "tag: 'v3' already means a version"),
        ("%nerv undo", "nothing to undo"),
        ("%nerv redo", "nothing to redo"),
        ("%nerv revert v9", "no version 'v9'"),
        ("%nerv history nobody", "'nobody'"),
        ("%nerv bisect 'view.'", "'view.' is not an expression"),
        ("%nerv rollback v9", "no version 'v9'; there are v1 to v1"),
        ("%nerv at 99", "no event '99'"),
        ("%nerv diff v1 v1 v1", "unrecognized arguments: v1\nusage: %nerv diff"),
        ("%nerv help comit", "invalid choice: 'comit'"),
    ],
)
def test_a_wrong_command_gets_a_short_answer_and_no_traceback(
    opened: InteractiveShell, line: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in complaint(opened, line)
    shown = capsys.readouterr()
    assert "Traceback" not in shown.out + shown.err
    assert message in shown.out + shown.err


def test_an_error_is_a_usage_error_of_ours_and_of_ipython() -> None:
    assert issubclass(CommandError, UsageError)
    assert issubclass(CommandError, IPythonUsageError)


def test_an_error_of_the_lab_stays_reachable(opened: InteractiveShell) -> None:
    error = fail(opened, "%nerv rollback v9").error_in_exec
    assert isinstance(error.__cause__, nl.VersionNotFoundError)


@pytest.mark.parametrize("line", ["%nerv", "%nerv help", "%nerv -h"])
def test_help_explains_every_command_in_a_line(shell: InteractiveShell, line: str) -> None:
    text = repr(run(shell, line))
    assert len(text.splitlines()) == len(COMMANDS)
    assert "%%nerv transaction" in text


@pytest.mark.parametrize("line", ["%nerv help commit", "%nerv commit -h", "%nerv commit --help"])
def test_help_on_a_command_shows_its_usage(shell: InteractiveShell, line: str) -> None:
    assert repr(run(shell, line)).startswith("usage: %nerv commit [--lab NAME] -m MESSAGE")


# Completion


def test_commands_are_completed(shell: InteractiveShell) -> None:
    assert completions(shell, "%nerv ro") == ["rollback"]
    assert completions(shell, "%nerv ") == [c for c in COMMANDS if c != "transaction"]
    assert completions(shell, "%%nerv ") == ["transaction"]
    assert completions(shell, "x = %nerv st") == ["status"]
    assert completions(shell, "%nerv help di") == ["diff"]


def test_options_not_given_yet_are_completed(shell: InteractiveShell) -> None:
    assert completions(shell, "%nerv commit --") == ["--author", "--lab", "--message"]
    assert completions(shell, "%nerv commit --author x --") == ["--lab", "--message"]


def test_labels_and_tags_are_completed(opened: InteractiveShell) -> None:
    opened.user_ns["lab"].tag("release-1")
    run(opened, '%nerv commit -m "second"')
    assert completions(opened, "%nerv rollback ") == ["v2", "head", "v1", "release-1"]
    assert completions(opened, "%nerv diff v1 re") == ["release-1"]
    assert completions(opened, "%nerv at release-") == ["release-1"]


def test_labs_are_completed(opened: InteractiveShell) -> None:
    assert completions(opened, "%nerv log --lab l") == ["lab"]


def test_other_lines_are_left_to_others(opened: InteractiveShell) -> None:
    assert "lab" in completions(opened, "la")
    assert "rollback" not in completions(opened, "%timeit ro")


def test_unloading_takes_command_and_completion_away(opened: InteractiveShell) -> None:
    opened.extension_manager.unload_extension("nerv_lab")
    assert opened.find_line_magic("nerv") is None
    assert opened.find_cell_magic("nerv") is None
    assert "rollback" not in completions(opened, "%nerv ro")
    assert not opened.user_ns["lab"].closed


def test_reloading_does_not_double_anything(opened: InteractiveShell) -> None:
    nl.load_ipython_extension(opened)
    assert completions(opened, "%nerv ro") == ["rollback"]
    assert len([m for m in opened.Completer.custom_matchers if "Nerv" in repr(m)]) == 1


def test_a_history_is_exported_and_imported(opened: InteractiveShell, tmp_path: Path) -> None:
    path = tmp_path / "team.bundle"
    assert run(opened, f"%nerv export {path}").versions == 1
    assert "exists already" in complaint(opened, f"%nerv export {path}")
    assert run(opened, f"%nerv export {path} --overwrite").events == 2
    assert run(opened, f"%nerv import {path}").new_events == 0
    run(opened, "%nerv open --as fresh")
    assert run(opened, f"%nerv import --lab fresh {path}").new_events == 2
    assert run(opened, "fresh.state == lab.state")


def test_the_doctor_examines_the_lab(opened: InteractiveShell) -> None:
    report = run(opened, "%nerv doctor")
    assert report.ok
    assert "2 published = 2 accepted" in repr(report)


def test_metrics_are_shown_as_a_frame(opened: InteractiveShell) -> None:
    assert "events.published" in set(run(opened, "%nerv metrics")["name"])


def test_a_history_is_kept_within_a_policy(opened: InteractiveShell) -> None:
    for number in range(4):
        run(opened, f"lab.update(ada, properties={{'n': {number}}})")
        run(opened, f"%nerv commit -m 'step {number}'")
    assert "give one" in complaint(opened, "%nerv retain")
    assert run(opened, "%nerv retain --last 2 --dry-run").pruned == ("v1", "v2", "v3")
    assert run(opened, "lab.retention") is None
    assert run(opened, "%nerv retain --last 2 --always").pruned == ("v1", "v2", "v3")
    assert run(opened, "lab.retention") == nl.RetentionPolicy(2)
    assert run(opened, "%nerv retain").pruned == ()
    assert "pruned" in complaint(opened, "%nerv at v1")
    assert "keep_last" in complaint(opened, "%nerv retain --last 0")


def test_access_is_claimed_granted_and_taken_back(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NERV_ACTOR", "olga")
    run(shell, "%nerv open")
    assert not run(shell, "%nerv access").claimed
    assert run(shell, "%nerv access claim").roles == {"olga": ("owner",)}
    run(shell, "%nerv access grant mika create_entity update_entity --type person")
    assert run(shell, "%nerv access grant '*' viewer").roles["*"] == ("viewer",)
    assert [
        grant.what for grant in run(shell, "%nerv access revoke mika update_entity").grants
    ] == [
        "owner",
        "create_entity person",
        "viewer",
    ]
    assert len(run(shell, "%nerv access revoke mika").grants) == 2
    assert "last owner" in complaint(shell, "%nerv access revoke olga")
    assert "IDENTITY" in complaint(shell, "%nerv access grant")
    assert "neither a role nor an action" in complaint(shell, "%nerv access grant mika king")


@pytest.fixture
def queues(
    opened: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Queues]:
    """One write that waits, two that were refused, one too late, and a branch to be merged."""
    journal = Journal(tmp_path / "client.outbox", "me")
    for id in ("waits", "refused-1", "refused-2", "late"):
        journal.add(QueuedWrite(id, "apply", changes=(CreateEntity(f"of-{id}", "thing"),)))
    journal.set_aside("refused-1", State.REJECTED, "you may not")
    journal.set_aside("refused-2", State.REJECTED, "you may not")
    journal.set_aside("late", State.CONFLICT, "others went on")
    journal.fork("offline-5f0c", "main")
    queues = Queues(journal, [], lambda: None)
    monkeypatch.setattr(ObservedUniverse, "outbox", queues)
    yield queues
    queues.close()


def test_the_outbox_shows_what_waits_and_the_ids_to_decide_by(
    opened: InteractiveShell, queues: Queues
) -> None:
    text = repr(run(opened, "%nerv outbox"))
    assert text.splitlines()[0] == "outbox: 1 pending, 2 rejected, 2 in conflict"
    assert "rejected  refused-1  " in text
    assert "you may not" in text
    assert "offline-5f0c  to be merged into 'main'" in text
    html = run(opened, "%nerv outbox show")._repr_html_()
    assert ">refused-1</td>" in html


def test_what_was_set_aside_is_retried_or_dropped(opened: InteractiveShell, queues: Queues) -> None:
    assert [q.id for q in run(opened, "%nerv outbox retry refused-1").pending] == [
        "waits",
        "refused-1",
    ]
    assert run(opened, "%nerv outbox drop refused-2").rejected == ()
    assert len(run(opened, "%nerv outbox drop offline-5f0c").conflicts) == 1
    assert (queues.open, queues.aside, queues.waiting) == (2, 1, 3)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%nerv outbox retry", "outbox retry ID"),
        ("%nerv outbox rename it", "outbox rename ID NAME"),
        ("%nerv outbox drop it too", "outbox rename ID NAME"),
        ("%nerv outbox show late", "outbox retry ID"),
        ("%nerv outbox retry waits", "'waits'"),
        ("%nerv outbox drop nothing", "'nothing'"),
        ("%nerv outbox forget late", "invalid choice: 'forget'"),
    ],
)
def test_a_wrong_outbox_command_changes_nothing(
    opened: InteractiveShell, queues: Queues, line: str, message: str
) -> None:
    assert message in complaint(opened, line)
    assert queues.waiting == 5


def test_a_lab_without_an_outbox_says_how_to_get_one(opened: InteractiveShell) -> None:
    assert repr(run(opened, "%nerv outbox")) == "outbox: not used"
    assert 'offline="queue"' in complaint(opened, "%nerv outbox drop x")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("%nerv outbox ", ["show", "retry", "rename", "drop"]),
        ("%nerv outbox d", ["drop"]),
        ("%nerv outbox retry ", ["refused-1", "refused-2", "late"]),
        ("%nerv outbox drop off", ["offline-5f0c"]),
        ("%nerv outbox --lab lab drop l", ["late"]),
    ],
)
def test_verbs_and_ids_of_the_outbox_are_completed(
    opened: InteractiveShell, queues: Queues, line: str, wanted: list[str]
) -> None:
    assert sorted(completions(opened, line)) == sorted(wanted)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('lab.entities["a', ["ada", "albert"]),
        ("x = lab.entities['al", ["albert"]),
        ('lab.relations["', ["knows"]),
        ('lab.at("v1").entities["', []),
        ('none.entities["', []),
    ],
)
def test_ids_are_completed_as_keys_of_a_lab(
    opened: InteractiveShell, line: str, wanted: list[str]
) -> None:
    run(opened, 'for id in ("ada", "albert", "bob"): lab.add_entity("person", id=id)')
    run(opened, 'lab.relate("ada", "knows", "bob", id="knows")')
    run(opened, "none = None")
    with provisionalcompleter():
        found = [c.text for c in opened.Completer.completions(line, len(line))]
    assert [text for text in found if text in {"ada", "albert", "bob", "knows"}] == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('lab.at("', ["v1", "head", "release", "main"]),
        ("lab.rollback('v", ["v1"]),
        ('lab.switch("', ["main"]),
        ('lab.branches["', ["main"]),
        ('lab.tags["', ["release"]),
        ('lab.entity("', ["ada", "bob"]),
        ('lab.relation("', ["knows-each"]),
        ('lab.update("', ["ada", "bob", "knows-each"]),
        ('lab.match("', ["person"]),
        ('lab.match("person", born=1815).out("', ["knows"]),
        ('past.match("p', ["person"]),
        ('past.switch("', []),
        ('item.properties["', ["born"]),
        ('lab.entities["ada"].properties["', ["born"]),
        ('lab.entities["nobody"].properties["', []),
    ],
)
def test_names_are_completed_in_quotes(
    opened: InteractiveShell, line: str, wanted: list[str]
) -> None:
    run(opened, 'item = lab.add_entity("person", id="ada", properties={"born": 1815})')
    run(opened, 'lab.relate(item, "knows", lab.add_entity("person", id="bob"), id="knows-each")')
    run(opened, 'lab.tag("release", lab.commit("facts")); past = lab.at("v1")')
    names = {"v1", "head", "release", "main", "ada", "bob", "knows", "knows-each"}
    with provisionalcompleter():
        found = [c.text for c in opened.Completer.completions(line, len(line))]
    assert {text for text in found if text in names | {"person", "born"}} == set(wanted)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('lab.entities["ada"].', {"name", "properties", "tags"}),
        ('print(lab.entities["ada"].na', {"name"}),
        ("lab.entities[chosen].pro", {"properties"}),
        ('lab.relations["knows"].', {"from_entity", "strength"}),
        ('lab.entities["ada"].metadata.desc', {"description"}),
        ('lab.entities["knows"].', set()),
        ("lab.entities[none].", set()),
        ('none.entities["ada"].', set()),
    ],
)
@pytest.mark.parametrize("jedi", [True, False])
def test_attributes_of_an_item_are_completed_after_its_id(
    opened: InteractiveShell, line: str, wanted: set[str], jedi: bool
) -> None:
    run(opened, 'ada = lab.add_entity("person", id="ada")')
    run(opened, 'lab.relate(ada, "knows", lab.add_entity("person"), id="knows")')
    run(opened, 'chosen = "ada"; none = None')
    opened.Completer.use_jedi = jedi
    found = {text.rpartition(".")[2] for text in completions(opened, line)}
    assert found >= wanted
    if not jedi:  # it knows by the types what an id leads to, also where nothing has that id
        assert bool(found) == bool(wanted)
    assert not any(name.startswith("_") for name in found)
