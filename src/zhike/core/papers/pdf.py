"""A paper as PDF, tagged and with its fonts inside, set by Typst from the layout beside this file.

Everything the paper says reaches the layout as data, so no text can become an instruction of it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn as fonts
import typst
from django.utils.translation import gettext as _

from zhike.core.papers.drawing import drawn
from zhike.core.papers.paper import Column, Paper, Table, Value, in_words, readable

LAYOUT = Path(__file__).with_name("official.typ")
REGIONS = {"zh-hans": ("zh", "CN"), "zh-hant": ("zh", "HK"), "en": ("en", "GB")}
MADE_AT = 946_684_800
"""The time within the file, 2000-01-01: the same paper gives the same bytes. When it was drawn up stands on it."""
PICTURE_DOTS = 200
"""Dots per inch of a chart as a picture."""


def pdf_of(paper: Paper) -> bytes:
    """The paper as PDF 1.7, tagged. The same paper gives the same bytes."""
    said = json.dumps(_data(paper), ensure_ascii=False)
    return bytes(
        typst.compile(
            LAYOUT.read_bytes(),
            font_paths=_fonts(),
            sys_inputs={"paper": said},
            timestamp=MADE_AT,
            format="pdf",
        )
    )


def picture(svg: str) -> bytes:
    """A drawing as PNG, for files that hold no SVG."""
    source = (
        "#set page(width: auto, height: auto, margin: 0pt)\n"
        '#image(bytes(sys.inputs.svg), format: "svg", width: 165mm)'
    )
    return bytes(
        typst.compile(
            source.encode(), font_paths=_fonts(), sys_inputs={"svg": svg}, format="png", ppi=PICTURE_DOTS
        )
    )


@cache
def _fonts() -> typst.Fonts:
    """The fonts that come with the product, and none of the machine: every machine sets the same page."""
    folder = str(Path(fonts.__file__).parent)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])


def _data(paper: Paper) -> dict[str, Any]:
    language, region = REGIONS.get(paper.language.lower(), REGIONS["en"])
    return {
        "language": language,
        "region": region,
        "title": readable(paper.title),
        "bank": readable(paper.bank),
        "number": readable(paper.number),
        "drawn_by": readable(paper.drawn_by),
        "facts": [[readable(label), readable(text)] for label, text in paper.block],
        "notices": [readable(notice) for notice in paper.notices],
        "parts": [
            {
                "title": f"{place}. {readable(part.title)}",
                "sentences": [readable(sentence) for sentence in part.sentences],
                "tables": [_table(table) for table in part.tables],
            }
            for place, part in enumerate(paper.parts, 1)
        ],
        "signers": [readable(signer) for signer in paper.signers],
        "seal": _("Place of the seal"),
        "handling": readable(paper.handling),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "caption": readable(table.caption),
        "heads": [readable(column.label) for column in table.columns],
        "numbers": [column.is_number for column in table.columns],
        "rows": [_row(row, table.columns) for row in table.rows],
        "total": _row(table.total, table.columns) if table.total is not None else [],
        "note": readable(table.note),
        "chart": (drawn(table.chart) or "") if table.chart is not None else "",
        "says": readable(table.chart.label) if table.chart is not None else "",
    }


def _row(row: tuple[Value, ...], columns: tuple[Column, ...]) -> list[str]:
    return [readable(in_words(value, column.kind)) for value, column in zip(row, columns, strict=True)]
