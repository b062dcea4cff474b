"""Charts as SVG for paper: grey steps and outlines, so that a black-and-white copy reads like the original."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from zhike.core.figures import Chart
from zhike.core.papers.paper import readable

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 30, 44
INK, QUIET = "#1c2430", "#5f6a7b"
FILLS = {"HIGH": "#33415a", "MIDDLE": "#8d99ad", "LOW": "#e3e7ee"}
BANDS = {"up": "#4a5a76", "down": "#aab3c2", "same": "#e3e7ee", "new": "#cfd6e0", "lost": "#f1f3f6"}
NODE = 12
GAP = 10
"""The least room a tier takes, for its words, and the room between two."""


def drawn(chart: Chart) -> str | None:
    """The chart as an SVG document; None for a kind that paper does not draw, whose table stands alone."""
    draw = _DRAWN.get(str(chart.spec["kind"]))
    if draw is None:
        return None
    body = "".join(draw(chart.spec))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="Noto Sans SC" font-size="11" fill="{INK}">'
        f"<title>{escape(readable(chart.label))}</title>{body}</svg>"
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start", fill: str = INK) -> str:
    shown = escape(readable(words))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor={quoteattr(anchor)} fill="{fill}">{shown}</text>'


def _line(ends: tuple[float, float, float, float], *, dash: str = "", colour: str = QUIET) -> str:
    x1, y1, x2, y2 = ends
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashes}/>'


def _step(largest: int) -> int:
    """The distance of the marks of an axis, 1, 2 or 5 times a power of ten: five marks at most."""
    power = 1
    while True:
        for leading in (1, 2, 5):
            if leading * power * 5 >= largest:
                return leading * power
        power *= 10


def _histogram(spec: Mapping[str, Any]) -> Iterator[str]:
    """Bars by tier from light to dark, limits as dashed lines, the period before as an outline."""
    counts, edges, before = spec["counts"], spec["edges"], spec["previous"]
    largest = max([1, *(count or 0 for count in (*counts, *(before or ())))])
    step = _step(largest)
    marks = -(-largest // step)
    foot, wide = HEIGHT - BOTTOM, (WIDTH - LEFT - RIGHT) / max(1, len(counts))

    def level(count: int | None) -> float:
        return foot - (foot - TOP) * (count or 0) / (marks * step)

    for mark in range(marks + 1):
        y = level(mark * step)
        yield _line((LEFT, y, WIDTH - RIGHT, y), colour="#d5dae2")
        yield _text(LEFT - 6, y + 4, f"{mark * step:,}", anchor="end", fill=QUIET)
    for at, (count, tier) in enumerate(zip(counts, spec["tiers"], strict=True)):
        x, y = LEFT + at * wide, level(count)
        yield (
            f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{wide - 2:.1f}" height="{foot - y:.1f}" '
            f'fill="{FILLS[tier]}" stroke="{QUIET}" stroke-width="0.5"/>'
        )
    if before is not None:
        steps = " ".join(
            f"{LEFT + place * wide:.1f},{level(count):.1f}"
            for at, count in enumerate(before)
            for place in (at, at + 1)
        )
        yield f'<polyline points="{steps}" fill="none" stroke="{INK}" stroke-width="1.2" stroke-dasharray="5 2"/>'
        yield _line((LEFT, HEIGHT - 12, LEFT + 24, HEIGHT - 12), dash="5 2", colour=INK)
        yield _text(LEFT + 30, HEIGHT - 8, spec["names"]["previous"])
    whole = edges[-1] or 1
    for limit in spec["thresholds"]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * limit / whole
        yield _line((x, TOP - 8, x, foot), dash="2 2", colour=INK)
        yield _text(x + 3, TOP - 2, f"{limit:g}")
    every = max(1, len(edges) // 10)
    for at in range(0, len(edges), every):
        yield _text(LEFT + at * wide, foot + 15, f"{edges[at]:g}", anchor="middle", fill=QUIET)
    yield _text(WIDTH - RIGHT, HEIGHT - 8, spec["names"]["axis"], anchor="end", fill=QUIET)


def _flow(spec: Mapping[str, Any]) -> Iterator[str]:
    """Two columns of tiers; a band's width is its customers, dark for those who rose."""
    left, right = LEFT + 84, WIDTH - RIGHT - 140
    places: dict[str, float] = {}
    sides = [[node for node in spec["nodes"] if node["side"] == side] for side in (0, 1)]
    sizes = dict.fromkeys((node["id"] for node in spec["nodes"]), 0)
    for move in spec["moves"]:
        sizes[move["from"]] += move["count"]
        sizes[move["to"]] += move["count"]
    whole = max([1, *(sum(sizes[node["id"]] for node in side) for side in sides)])
    scale = (HEIGHT - TOP - 2 * GAP * max(map(len, sides))) / whole
    for words, x, anchor in zip(spec["sides"], (left, right), ("end", "start"), strict=True):
        yield _text(x, 14, words, anchor=anchor, fill=QUIET)
    for side, x in zip(sides, (left, right), strict=True):
        y: float = TOP
        for node in side:
            tall = max(1.0, sizes[node["id"]] * scale)
            places[node["id"]] = y
            yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{NODE}" height="{tall:.1f}" fill="{INK}"/>'
            is_left = node["side"] == 0
            at = x - 6 if is_left else x + NODE + 6
            yield _text(at, y + tall / 2 + 4, node["text"], anchor="end" if is_left else "start")
            y += max(tall, GAP) + GAP
    yield from _bands(spec["moves"], places, (left + NODE, right), scale)


def _bands(
    moves: Sequence[Mapping[str, Any]], places: dict[str, float], ends: tuple[float, float], scale: float
) -> Iterator[str]:
    left, right = ends
    middle = (left + right) / 2
    for move in moves:
        tall = max(0.6, move["count"] * scale)
        y, z = places[move["from"]], places[move["to"]]
        places[move["from"]], places[move["to"]] = y + tall, z + tall
        path = (
            f"M{left:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {z:.1f} {right:.1f} {z:.1f}"
            f"V{z + tall:.1f}C{middle:.1f} {z + tall:.1f} {middle:.1f} {y + tall:.1f} {left:.1f} {y + tall:.1f}Z"
        )
        fill = BANDS[move["direction"]]
        yield f'<path d="{path}" fill="{fill}" fill-opacity="0.85" stroke="{QUIET}" stroke-width="0.4"/>'


_DRAWN: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {"histogram": _histogram, "flow": _flow}
