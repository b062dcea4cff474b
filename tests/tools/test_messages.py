"""The catalogue tool: what it finds, keeps, refuses and writes."""

from __future__ import annotations

import gettext
import shutil
from pathlib import Path

import pytest

from tools import messages

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
PLAIN = _("Nothing is due.")
COUNT = ngettext("%(count)s customer", "%(count)s customers", 3)
OPEN = pgettext("state", "Open")
"""
TEMPLATE = """{% load i18n %}
    <h1 title="{% translate "Customers" %}">{{ name|default:_("none") }}</h1>
  {% blocktranslate count counter=rows|length trimmed %}
    One row of {{ total }}
  {% plural %}
    {{ counter }} rows of {{ total }}
  {% endblocktranslate %}
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    room = tmp_path / "desk"
    (room / "templates" / "desk").mkdir(parents=True)
    (room / "labels.py").write_text(PYTHON, encoding="utf-8")
    (room / "templates" / "desk" / "list.html").write_text(TEMPLATE, encoding="utf-8")
    messages.update_room(room, keep_obsolete=True)
    return room


def translate(room: Path, locale: str, **by_id: str) -> None:
    """Put translations into a stored catalogue; keys are the ids' first words."""
    path = messages.catalogue_path(room, locale)
    catalogue = messages.read_catalogue(path, locale)
    for message in catalogue:
        for word, text in by_id.items():
            first = message.id if isinstance(message.id, str) else message.id[0]
            if first and first.replace("%(count)s", "count").startswith(word):
                message.string = text if isinstance(message.id, str) else (text,)
    path.write_bytes(messages.as_text(catalogue, locale))


def test_extract_finds_plain_plural_context_and_template_messages(room: Path) -> None:
    found = {(message.context, message.id) for message in messages.messages_of(room) if message.id}
    assert found == {
        (None, "Nothing is due."),
        (None, ("%(count)s customer", "%(count)s customers")),
        ("state", "Open"),
        (None, "Customers"),
        (None, "none"),
        (None, ("One row of %(total)s", "%(counter)s rows of %(total)s")),
    }


def test_extract_keeps_translations_and_changes_nothing_the_second_time(room: Path) -> None:
    translate(room, "zh_Hans", Nothing="没有到期事项。")
    (room / "more.py").write_text('X = _("New")\n', encoding="utf-8")
    assert len(messages.update_room(room, keep_obsolete=True)) == 3
    assert messages.update_room(room, keep_obsolete=True) == []
    catalogue = messages.read_catalogue(messages.catalogue_path(room, "zh_Hans"), "zh_Hans")
    assert catalogue.get("Nothing is due.").string == "没有到期事项。"
    assert catalogue.get("New").string == ""


def test_catalogues_hold_no_dates_and_no_places(room: Path) -> None:
    text = messages.catalogue_path(room, "zh_Hans").read_text(encoding="utf-8")
    assert "Date" not in text
    assert "labels.py" not in text


def test_english_is_filled_with_the_ids(room: Path) -> None:
    assert [fault for fault in messages.faults_of(room) if "/en" in fault] == []


def test_check_names_every_untranslated_message_of_each_language(room: Path) -> None:
    faults = [fault for fault in messages.faults_of(room) if "not translated" in fault]
    assert len(faults) == 12
    assert "desk/zh_Hans: not translated: 'Nothing is due.'" in faults


@pytest.mark.parametrize(
    ("locale", "text", "fault"),
    [
        ("zh_Hans", "%(number)s 位客户", "placeholders differ"),
        ("zh_Hans", "位客户", "placeholders differ"),
        ("zh_Hans", "%(count)s 位客戶", "戶 is not written so in zh_Hans"),
        ("zh_Hant", "%(count)s 位客户", "户 is not written so in zh_Hant"),
    ],
)
def test_check_finds_wrong_placeholders_and_the_wrong_script(
    room: Path, locale: str, text: str, fault: str
) -> None:
    translate(room, locale, count=text)
    assert any(fault in line and "%(count)s customer" in line for line in messages.faults_of(room))


def test_check_accepts_a_right_translation(room: Path) -> None:
    translate(room, "zh_Hans", count="%(count)s 位客户")
    assert not any("zh_Hans" in line and "%(count)s customer" in line for line in messages.faults_of(room))


def test_check_names_messages_that_are_no_longer_used_until_they_are_pruned(room: Path) -> None:
    translate(room, "zh_Hant", Nothing="沒有到期事項。")
    (room / "labels.py").unlink()
    messages.update_room(room, keep_obsolete=True)
    assert "desk/zh_Hant: no longer used: 'Nothing is due.'" in list(messages.faults_of(room))
    messages.update_room(room, keep_obsolete=False)
    assert not any("no longer used" in line for line in messages.faults_of(room))


def test_compile_writes_what_gettext_reads_and_only_when_needed(room: Path) -> None:
    translate(room, "zh_Hans", Nothing="没有到期事项。", count="%(count)s 位客户")
    assert messages.compile_room(room) == 3
    assert messages.compile_room(room) == 0
    with messages.catalogue_path(room, "zh_Hans").with_suffix(".mo").open("rb") as file:
        chinese = gettext.GNUTranslations(file)
    assert chinese.gettext("Nothing is due.") == "没有到期事项。"
    assert chinese.ngettext("%(count)s customer", "%(count)s customers", 2) == "%(count)s 位客户"


def test_extract_finds_what_the_command_line_says(tmp_path: Path) -> None:
    room = tmp_path / "run"
    room.mkdir()
    (room / "lock.py").write_text(
        'said("Stopped.")\nmarked("Stopping")\ncounted("%(count)s row", "%(count)s rows", 2)\n'
        'marked_counts("one", "many")\n',
        encoding="utf-8",
    )
    (room / "invariants.sql").write_text("-- whole: Every row counts\nSELECT 0;\n", encoding="utf-8")
    found = {message.id for message in messages.messages_of(room) if message.id}
    assert found == {
        "Stopped.",
        "Stopping",
        ("%(count)s row", "%(count)s rows"),
        ("one", "many"),
        "Every row counts",
    }


@pytest.mark.parametrize(("name", "text"), [("run", "Stopping"), ("cli", "Stopped.")])
def test_check_fails_where_a_sentence_of_the_command_line_lacks_a_translation(
    tmp_path: Path, name: str, text: str
) -> None:
    assert messages.SOURCES / name in messages.rooms()
    room = tmp_path / name
    shutil.copytree(messages.SOURCES / name, room)
    assert list(messages.faults_of(room)) == []
    translate(room, "zh_Hant", **{text: ""})
    assert f"{name}/zh_Hant: not translated: {text!r}" in list(messages.faults_of(room))
