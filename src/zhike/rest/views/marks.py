"""Marks an English text of the API's description for translation; it is translated when it is shown."""

from django.utils.translation import gettext_noop as N_

__all__ = ["N_"]
