"""What the command line says is said in the language of the terminal, all of it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.sources import PACKAGE, python_files, tree_of
from tests.run.commands import environment, zhike

from zhike.cli.layout import aligned, columns, wrapped
from zhike.run.home import Home
from zhike.run.servers import EmbeddedServer
from zhike.run.words import operators_language

LOCALES = {"zh_CN.UTF-8": "没有", "zh_TW.UTF-8": "沒有", "C.UTF-8": "No such command"}
CHINESE = ("zh_CN.UTF-8", "zh_TW.UTF-8")
ENGLISH_SENTENCE = re.compile(r"(?<![\w/.-])[A-Za-z]+,? [a-z]+,? [a-z]+(?![\w/-])")
OF_A_COMMAND = re.compile(r"zhike [a-z-]+(?: [a-z-]+)?")
EVERY_HELP = """
from click.testing import CliRunner
from zhike.cli import COMMANDS, main
def tell(words):
    done = CliRunner().invoke(main, [*words, "--help"], prog_name="zhike")
    assert done.exit_code == 0, done.output
    print(done.output)
tell([])
for name in COMMANDS:
    tell([name])
    for below in getattr(main.get_command(None, name), "commands", {}):
        tell([name, below])
"""


def english_in(text: str) -> list[str]:
    """What reads like English in an answer; commands to be typed do not count."""
    return ENGLISH_SENTENCE.findall(OF_A_COMMAND.sub("zhike", text))


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_SG"}, "zh-hans"),
        ({"LANG": "zh_HK.UTF-8"}, "zh-hant"),
        ({"LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, "zh-hant"),
        ({"LC_ALL": "C.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"ZHIKE_LANG": "zh-Hans", "LC_ALL": "C"}, "zh-hans"),
        ({"ZHIKE_LANG": "zh-Hant", "LANG": "zh_CN.UTF-8"}, "zh-hant"),
        ({"ZHIKE_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"ZHIKE_LANG": "", "LANG": "zh_CN.UTF-8"}, "zh-hans"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_terminals_else_english(
    environ: dict[str, str], language: str
) -> None:
    assert operators_language(environ) == language


def test_cells_stand_below_each_other_by_the_columns_they_take() -> None:
    assert aligned([("客户经理", "T1", "甲"), ("HR", "T22", "乙")]) == [
        "客户经理  T1   甲",
        "HR        T22  乙",
    ]


def test_lines_break_between_chinese_characters_but_not_before_a_mark_or_within_a_word() -> None:
    assert wrapped("数据和静态文件，运行zhike up。", 14) == ["数据和静态文", "件，运行zhike", "up。"]
    assert wrapped("按--extracts给出", 6) == ["按", "--extracts", "给出"]


def test_english_within_a_chinese_answer_is_found() -> None:
    assert english_in("正常  The data are in /tmp.") == ["The data are"]
    assert (
        english_in("请先运行zhike migrate，再运行zhike keys reseal。 ALTER ROLE zhike_app RESET fsync") == []
    )


@pytest.mark.parametrize("locale", CHINESE)
@pytest.mark.parametrize(
    "words", [("doctor",), ("evalute",), ("import", "small", "/nowhere"), ("import", "nothing", "/")]
)
def test_a_chinese_terminal_is_answered_in_chinese(
    furnished: EmbeddedServer, words: tuple[str, ...], locale: str
) -> None:
    done = zhike(furnished.home, *words, LC_ALL=locale, PYTHONIOENCODING="utf-8")
    said = done.stdout + done.stderr
    assert "Traceback" not in said and re.search("[\u4e00-\u9fff]", said)
    assert english_in(said) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_mistyped_command_is_told_so_in_the_language_of_the_terminal(tmp_path: Path, locale: str) -> None:
    home = Home(tmp_path / "home", tmp_path / "keys")
    done = zhike(home, "evalute", LC_ALL=locale, PYTHONIOENCODING="utf-8")
    assert LOCALES[locale] in done.stderr and "'evaluate'" in done.stderr


def test_an_english_terminal_is_answered_in_english(furnished: EmbeddedServer) -> None:
    said = zhike(furnished.home, "doctor", LC_ALL="C.UTF-8").stdout
    assert "The processes" in said and not re.search("[\u4e00-\u9fff]", said)


def test_codes_for_programs_stay_as_they_are_in_every_language(furnished: EmbeddedServer) -> None:
    told = {}
    for locale in LOCALES:
        done = zhike(furnished.home, "doctor", "--json", LC_ALL=locale, PYTHONIOENCODING="utf-8")
        told[locale] = json.loads(done.stdout)["findings"]
    codes = {locale: [(one["code"], one["level"]) for one in found] for locale, found in told.items()}
    assert len(codes["C.UTF-8"]) > 30 and codes["C.UTF-8"] == codes["zh_CN.UTF-8"] == codes["zh_TW.UTF-8"]
    sentences = {locale: {one["sentence"] for one in found} for locale, found in told.items()}
    assert not sentences["C.UTF-8"] & sentences["zh_CN.UTF-8"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("evalute",), "USAGE"),
        (("staff", "unlock", "NOBODY", "--reason", "x"), "REFUSED"),
        (("evaluate", "--verify", "999"), "NO_SUCH_RUN"),
        (("demo", "--extracts", "/proc/nowhere"), "NOT_WRITABLE"),
    ],
)
def test_a_refusal_has_one_code_and_each_languages_words(
    furnished: EmbeddedServer, words: tuple[str, ...], code: str
) -> None:
    told = {}
    for locale in LOCALES:
        done = zhike(furnished.home, *words, "--json", LC_ALL=locale, PYTHONIOENCODING="utf-8")
        told[locale] = json.loads(done.stdout)
        assert (done.returncode, told[locale]["code"]) == (2 if code == "USAGE" else 1, code)
    assert len({one.pop("error") for one in told.values()}) == 3
    assert told["C.UTF-8"] == told["zh_CN.UTF-8"] == told["zh_TW.UTF-8"]


def test_a_terminal_that_lacks_a_character_is_told_all_the_same(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path / "keys")
    done = zhike(home, "--help", PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr, "Commands:" in done.stdout) == (0, "", True)


@pytest.mark.parametrize("locale", CHINESE)
def test_the_help_of_every_command_is_chinese_on_a_chinese_terminal(tmp_path: Path, locale: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVERY_HELP], capture_output=True, text=True, timeout=120, check=False,
        env=environment(Home(tmp_path / "home", tmp_path / "keys"), LC_ALL=locale, PYTHONIOENCODING="utf-8"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("zhike staff") >= 5
    assert max(map(columns, done.stdout.splitlines())) <= 80
    assert english_in(done.stdout) == []


# --- nothing that a person reads is left unmarked ------------------------------------------------

MARKS = {"said", "counted", "marked", "marked_counts"}
NOT_FOR_PEOPLE = {"execute", "_one", "SQL", "MalformedInvariants", "debug", "info", "warning", "exception"}
"""Calls whose text is a statement for the database, a line of a service's log, or for whoever wrote the file."""
SENTENCE = re.compile(r"[A-Za-z]{2,}[,:;]? [a-z]{2,}|^[A-Z][a-z]+[.!]$")
TELLING = {"waiting", "say", "echo", "refuse"}
"""Calls whose first argument a person reads, however short it is."""
WORD = re.compile(r"[A-Za-z]{2,}")
TEXTS_OF_A_CHECK = {"claim", "otherwise", "advice"}
LEFT_ENGLISH = (
    "SELECT ", "CREATE ROLE ", "ALTER ROLE ", "-- Run as a superuser",  # what an administrator's tool runs
    " (sudo by ", "Reviewed by no person",  # what stands in the audit and in the bank's records
    "Address already in use", "lock file ", "is still in use", "socket lock file",  # what PostgreSQL says
    "the database system is starting up", "Is another postmaster", "password authentication failed",
)  # fmt: skip


def unmarked(tree: ast.AST) -> Iterator[str]:
    """Sentences, and texts of checks, that stand outside a mark."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        text = _text_of(node, parents)
        if not text or _called_around(node, parents) & (MARKS | NOT_FOR_PEOPLE):
            continue
        parent = parents[node]
        is_of_a_check = isinstance(parent, ast.keyword) and parent.arg in TEXTS_OF_A_CHECK
        called = ast.unparse(parent.func).rpartition(".")[2] if isinstance(parent, ast.Call) else ""
        is_told = called in TELLING and WORD.search(text)
        if is_told or SENTENCE.search(text) or (is_of_a_check and not text.startswith("chmod ")):
            yield text


def _text_of(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "" for part in node.values)
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return ""
    return "" if isinstance(parents[node], (ast.Expr, ast.JoinedStr)) else node.value


def _called_around(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> set[str]:
    names = set()
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.Call):
            names.add(ast.unparse(node.func).rpartition(".")[2])
    return names


@pytest.mark.parametrize("room", ["run", "cli"])
def test_no_sentence_of_the_command_line_is_left_out_of_the_catalogues(room: str) -> None:
    found = {
        f"{path.name}: {text}"
        for path in python_files(PACKAGE / room)
        for text in unmarked(tree_of(path))
        if not text.lstrip().startswith(LEFT_ENGLISH) and not text.startswith(LEFT_ENGLISH)
    }
    assert found == set()


def test_a_sentence_without_a_mark_is_found() -> None:
    source = (
        "raise HomeUnusable(f'{folder} cannot be used here.')\n"
        "Check('a', claim='%(x)s is.', otherwise=said('No such thing.'), advice='chmod 0600 %(x)s')\n"
        "connection.execute('SELECT something from somewhere')\n"
        "waiting('Stopping', say=said('Really stopping'))"
    )
    assert sorted(unmarked(ast.parse(source))) == [" cannot be used here.", "%(x)s is.", "Stopping"]
