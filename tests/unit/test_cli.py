"""What commands have in common."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from producer.cli import main


def test_a_setting_that_is_wrong_for_a_catalogue_fills_no_screen(tmp_path: Path) -> None:
    for number in range(33):
        (tmp_path / f"{number:02}.md").write_text("---\nvoice: nobody\n---\nA sentence.\n")
    done = CliRunner().invoke(main, ["plan", str(tmp_path)])
    assert done.exit_code == 1
    shown = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in shown[:-1]] == [f"{tmp_path}/{number:02}.md:2" for number in range(30)]
    assert shown[-1] == "... and 3 more"
