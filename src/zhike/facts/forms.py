"""What a person enters for a load."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhike.facts.enums import BatchState, RejectPurpose
from zhike.facts.queries.mappings import Available


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """All files chosen, not only the last one. Empty ones pass here: what is wrong is said for each by name."""

    def __init__(self, **values: Any) -> None:
        super().__init__(widget=SeveralFiles, allow_empty_file=True, **values)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            super().clean(None, initial)
        return list(given)


class UploadForm(forms.Form):
    """Which source system, and its files."""

    mapping = forms.ChoiceField(
        label=_("Source system"), help_text=_("The mapping says which files belong to it.")
    )
    files = FilesField(
        label=_("Files"), error_messages={"required": _("Choose the files.")},
        help_text=_("All files of one delivery together: hold Ctrl to choose several."),
    )  # fmt: skip

    def __init__(self, *args: Any, mappings: list[Available], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mapping"].choices = [(one.name, one.title) for one in mappings if one.mapping]


class ImportFilter(forms.Form):
    """Which loads to see."""

    state = forms.ChoiceField(
        label=_("State"), required=False, widget=forms.Select(attrs={"data-apply": True}),
        choices=[("", _("All")), *BatchState.choices],
    )  # fmt: skip
    mapping = forms.ChoiceField(
        label=_("Source system"), required=False, widget=forms.Select(attrs={"data-apply": True})
    )

    def __init__(self, *args: Any, titles: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mapping"].choices = [("", gettext("All")), *titles.items()]


class RejectsForm(forms.Form):
    """Why the rejected rows are taken in the clear."""

    purpose = forms.ChoiceField(label=_("What do you need them for?"), choices=RejectPurpose.choices)
