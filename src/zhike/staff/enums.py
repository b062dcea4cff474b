"""Codes of people and places."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UnitKind(models.TextChoices):
    HEAD_OFFICE = "HEAD_OFFICE", _("Head office")
    DEPARTMENT = "DEPARTMENT", _("Department")
    BRANCH = "BRANCH", _("Branch")
    SUB_BRANCH = "SUB_BRANCH", _("Sub-branch")
    DIRECT_OUTLET = "DIRECT_OUTLET", _("Directly managed outlet")
    OUTLET = "OUTLET", _("Outlet")


class AccountState(models.TextChoices):
    """What a person's account is good for at a moment; it follows from columns, nothing stores it."""

    NONE = "NONE", _("No account")
    FIRST = "FIRST", _("First password")
    ACTIVE = "ACTIVE", _("In use")
    LOCKED = "LOCKED", _("Locked")
    DORMANT = "DORMANT", _("Dormant")
    CLOSED = "CLOSED", _("Account closed")


class AccountAct(models.TextChoices):
    """What an administrator does to somebody's account; the value stands in the address."""

    OPEN = "open", _("Open the account")
    UNLOCK = "unlock", _("Unlock")
    PASSWORD = "password", _("Reset the password")
    SECOND_FACTOR = "second-factor", _("Reset the second factor")
    SESSIONS = "sessions", _("End all sessions")
    BIND = "bind", _("Bind to the sign-in service")
    UNBIND = "unbind", _("End the binding to the sign-in service")
    CLOSE = "close", _("Close the account")
    REOPEN = "reopen", _("Reopen the account")


NEXT_ACCOUNT_STATE: dict[AccountState, frozenset[AccountState]] = {
    AccountState.NONE: frozenset({AccountState.FIRST, AccountState.CLOSED}),
    AccountState.FIRST: frozenset(
        {AccountState.ACTIVE, AccountState.LOCKED, AccountState.DORMANT, AccountState.CLOSED}
    ),
    AccountState.ACTIVE: frozenset(
        {AccountState.FIRST, AccountState.LOCKED, AccountState.DORMANT, AccountState.CLOSED}
    ),
    AccountState.LOCKED: frozenset({AccountState.FIRST, AccountState.ACTIVE, AccountState.CLOSED}),
    AccountState.DORMANT: frozenset({AccountState.FIRST, AccountState.CLOSED}),
    AccountState.CLOSED: frozenset({AccountState.FIRST}),
}
_IN_USE = (
    AccountAct.PASSWORD, AccountAct.SECOND_FACTOR, AccountAct.BIND, AccountAct.UNBIND, AccountAct.SESSIONS,
    AccountAct.CLOSE,
)  # fmt: skip
ACTS_IN: dict[AccountState, tuple[AccountAct, ...]] = {
    AccountState.NONE: (AccountAct.OPEN, AccountAct.CLOSE),
    AccountState.FIRST: _IN_USE,
    AccountState.ACTIVE: _IN_USE,
    AccountState.LOCKED: (AccountAct.UNLOCK, *_IN_USE),
    AccountState.DORMANT: (AccountAct.PASSWORD, AccountAct.CLOSE),
    AccountState.CLOSED: (AccountAct.REOPEN,),
}
"""Which acts each state allows: the buttons of the page and the refusals of the operations."""
