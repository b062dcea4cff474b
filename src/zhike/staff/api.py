"""What other rooms may use of people and places."""

from zhike.staff.models import ActingFor, RoleAssignment, Staff, Unit
from zhike.staff.operations.accounts import (
    ACCESS_ENDED,
    By,
    bind_account,
    carry_out_second_factor_reset,
    open_account,
    reset_password,
    reset_second_factor,
    unlock_account,
)
from zhike.staff.operations.people import (
    Operator,
    add_person,
    appoint_administrator,
    appoint_first,
    grant_role,
)
from zhike.staff.operations.signing_in import give_second_factor, new_secret
from zhike.staff.operations.stand_ins import begin_stand_in
from zhike.staff.queries.accounts import able_to_act
from zhike.staff.queries.people import is_made_up_bank, person_with_number
from zhike.staff.queries.tasks import asked_of as tasks_asked_of

__all__ = [
    "ACCESS_ENDED",
    "ActingFor",
    "By",
    "Operator",
    "RoleAssignment",
    "Staff",
    "Unit",
    "able_to_act",
    "add_person",
    "appoint_administrator",
    "appoint_first",
    "begin_stand_in",
    "bind_account",
    "carry_out_second_factor_reset",
    "give_second_factor",
    "grant_role",
    "is_made_up_bank",
    "new_secret",
    "open_account",
    "person_with_number",
    "reset_password",
    "reset_second_factor",
    "tasks_asked_of",
    "unlock_account",
]
