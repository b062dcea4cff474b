"""忠诚度评估报告: one evaluation as an official paper, from what the reader sees on the run's page (L-11, L-39).

The paper is data; `core.papers` makes the files. It is written in the language in force.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from zhike.core import formats
from zhike.core.papers.paper import Column, Paper, Part, Table
from zhike.loyalty.enums import RunState
from zhike.loyalty.models import Run
from zhike.loyalty.queries import report_figures, report_grounds, totals
from zhike.loyalty.queries.definitions import computed_otherwise
from zhike.loyalty.queries.run_figures import ALL, SEEN, RunFigures, smallest_cell
from zhike.loyalty.queries.run_states import state_label
from zhike.loyalty.queries.sentences import warning_words
from zhike.staff.models import Staff


def report_of(run: Run, *, staff: Staff, number: str, at: datetime) -> Paper:
    """The report of a computed evaluation, with the figures that `staff` may see. `number` is the paper's own."""
    figures = totals.figures_for(run, staff)
    made = [make(run, figures) for make in report_figures.PARTS]
    grounds = report_grounds.parts(run, staff, least=smallest_cell(staff, run))
    parts = (_findings(run, figures), *(part for part in made if part), *grounds, _record(run))
    drawn_by = _("%(unit)s, %(person)s, %(moment)s") % {
        "unit": unit_name(staff), "person": f"{staff.name} {staff.staff_no}", "moment": formats.moment(at),
    }  # fmt: skip
    return Paper(
        title=_("Loyalty evaluation report"),
        bank=settings.BANK_NAME,
        number=number,
        language=get_language() or "en",
        drawn_by=drawn_by,
        basis=_basis(figures),
        facts=_facts(run, drawn_by, figures),
        notices=tuple(_notices(run)),
        parts=parts,
        signers=(
            pgettext("paper", "Prepared by"),
            pgettext("paper", "Checked by"),
            pgettext("paper", "Approved by"),
        ),
        handling=_("Internal. Holds totals only; names no customer."),
    )


def unit_name(staff: Staff) -> str:
    """Where somebody works; the bank itself for those of no unit."""
    return staff.unit.name if staff.unit_id else settings.BANK_NAME


def _basis(figures: RunFigures) -> str:
    if ("customer", SEEN) in figures.counts:
        return _("totals of the whole bank; by outlet: those within your reach")
    return _("whole bank, no filter")


def _facts(run: Run, drawn_by: str, figures: RunFigures) -> tuple[tuple[str, str], ...]:
    scheme = _("%(name)s, version %(number)s") % {"name": run.scheme.name, "number": run.scheme.number}
    against = run.previous.period if run.previous else _("none; this is the first evaluation")
    return (
        (_("Evaluation"), _("%(period)s, No. %(number)s") % {"period": run.period, "number": run.number}),
        (_("As of"), formats.day(run.as_of)),
        (_("State"), state_label(run)),
        (_("Scheme"), scheme),
        (_("Compared with"), against),
        (_("Figures of"), _basis(figures)),
        (_("Drawn up by"), drawn_by),
    )


def _notices(run: Run) -> list[str]:
    """What must be known before the figures are read: not in force, replaced, warned of, computed otherwise."""
    found = []
    if run.state == RunState.VOID:
        found.append(_("This evaluation is void: %(reason)s") % {"reason": run.void_reason})
    elif run.state == RunState.SUPERSEDED:
        found.append(
            _("A later evaluation of this period has replaced this one; it is shown as it was published.")
        )
    elif run.state != RunState.PUBLISHED:
        found.append(_("This evaluation is not published; its figures decide nothing yet."))
    if run.reason:
        found.append(_("Evaluated again: %(reason)s") % {"reason": run.reason})
    if names := computed_otherwise(run):
        found.append(
            _("A later release computed this evaluation, and it defines these indicators otherwise than the one the "
              "scheme was approved under: %(names)s.") % {"names": _(", ").join(names)}
        )  # fmt: skip
    return found + [warning_words(code) for code in run.warnings]


def _findings(run: Run, figures: RunFigures) -> Part:
    """What a board reads first, in sentences; a count that must not be shown is in none."""
    said = [
        _("%(count)s customers were evaluated as of %(day)s.")
        % {"count": formats.grouped(figures.shown("customer", ALL)), "day": formats.day(run.as_of)}
    ]
    shown = [row for row in totals.tier_counts(figures) if row.count is not None and row.share is not None]
    for row in shown:
        words = {
            "tier": row.tier.label,
            "count": formats.grouped(row.count),
            "share": formats.share(row.share),
        }
        if row.change is None:
            said.append(_("%(tier)s: %(count)s customers, %(share)s.") % words)
        else:
            change = f"{row.change:+,}" if row.change else "0"
            said.append(
                _("%(tier)s: %(count)s customers, %(share)s; against the period before %(change)s.")
                % {**words, "change": change}
            )
    moves = totals.moves_at(figures)
    if run.previous is not None and moves.upgraded_count is not None and moves.downgraded_count is not None:
        said.append(
            _("%(up)s customers rose a tier, %(down)s fell.")
            % {"up": formats.grouped(moves.upgraded_count), "down": formats.grouped(moves.downgraded_count)}
        )
    if run.previous is not None and moves.lost_count is not None:
        said.append(_("%(count)s customers have left since.") % {"count": formats.grouped(moves.lost_count)})
    insufficient = figures.shown("insufficient")
    if insufficient:
        said.append(
            _("%(count)s customers have too little data; their tier is unchanged.")
            % {"count": formats.grouped(insufficient)}
        )
    return Part(_("Findings"), tuple(said))


def _record(run: Run) -> Part:
    """By whom, with what, under which hashes: what an auditor checks the paper with."""
    who = (
        (_("Started by"), run.started_by, run.started_at),
        (_("Reviewed by"), run.reviewed_by, run.reviewed_at),
        (_("Published by"), run.published_by, run.published_at),
    )
    rows = [
        (label, _(", ").join((person.name if person else _("the system"), formats.moment(at))))
        for label, person, at in who
        if at is not None
    ]
    if engine := run.summary.get("engine"):
        rows.append((_("Computed with"), f"{engine['name']} {engine['version']}"))
    rows += [
        (_("Import batches"), _(", ").join(map(str, run.batches))),
        (_("Hash of the scheme"), run.scheme.spec_hash),
        (_("Hash of the rows"), run.result_hash),
    ]
    table = Table(_("Record"), (Column(_("What")), Column(_("Entry"))), tuple(rows))
    return Part(_("Method and record"), (), (table,))
