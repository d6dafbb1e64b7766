"""What the command line could not read is said in the reader's language."""

from __future__ import annotations

import pytest

from sim import cli
from sim.commands.console import PLAINER


@pytest.mark.parametrize(
    ("argv", "zh", "en"),
    [
        (
            ["chek", "x"],
            "没有命令“chek”；是否要写“check”？",
            "there is no command 'chek'; did you mean 'check'?",
        ),
        (
            ["explain"],
            "命令不完整，缺少：FILE, --area, --indicator",
            "the command lacks: FILE, --area, --indicator",
        ),
        (["run", "--draws"], "--draws 后面缺少取值", "--draws lacks its value"),
        (
            ["run", "--workers", "x"],
            "--workers: “x”不是进程数：应为 1 到 1024 的整数",
            "--workers: 'x' is no number of workers: a whole number from 1 to 1024",
        ),
        (
            ["batch", "--workers", "2", "--on", "local:2"],
            "--on 和 --workers 不能同时使用",
            "--on and --workers cannot be used together",
        ),
        (["check", "--foo"], "多余或无法识别的参数：--foo", "arguments that mean nothing here: --foo"),
    ],
)
def test_what_is_wrong_with_a_command_is_one_sentence(
    argv: list[str], zh: str, en: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for lang, sentence in (("zh", zh), ("en", en)):
        with pytest.raises(SystemExit) as ended:
            cli.main(["--lang", lang, *argv])
        assert ended.value.code == 2
        said, hint = capsys.readouterr().err.splitlines()
        assert said == sentence
        assert "run.py" in hint


def test_what_an_argument_refuses_is_said_as_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--lang", "zh", "run", "--draws", "7"])
    assert "4096 的正整数倍" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["explain"], ["run"]])
def test_the_help_in_chinese_has_no_english_heading(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--lang", "zh", *command, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("用法：run.py")
    assert "\n可选项：\n" in shown
    assert not any(word in shown for word in ("usage", "positional", "options:", "show this help"))


def test_a_sign_that_a_console_lacks_is_shown_as_its_nearest_of_ascii() -> None:
    assert "差 −5.1 ±0.2 个".encode("gbk", PLAINER).decode("gbk") == "差 -5.1 ±0.2 个"
    assert "−5.1 ±0.2 研".encode("ascii", PLAINER) == b"-5.1 +/-0.2 ?"
