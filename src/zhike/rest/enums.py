"""What a token may be given: the rights the API asks for, with their words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhike.core.access.permissions import Permission

SCOPES: dict[Permission, Promise] = {
    Permission.CUSTOMER_READ: _("Read customers in scope, masked"),
    Permission.HOLDING_READ: _("Read holdings of customers in scope"),
    Permission.RESULT_READ: _("Read loyalty of customers in scope"),
    Permission.RESULT_COUNT: _("Read evaluation runs"),
    Permission.RUN_START: _("Start evaluation runs"),
    Permission.EVENT_PUSH: _("Push events about customers in scope"),
}
"""No right that decides, approves or shows data in the clear is here: those need a person at a screen."""
