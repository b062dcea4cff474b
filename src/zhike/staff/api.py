"""What other rooms may use of people and places."""

from zhike.staff.models import ActingFor, RoleAssignment, Staff, Unit
from zhike.staff.operations.people import appoint_first, grant_role
from zhike.staff.operations.signing_in import give_second_factor, new_secret
from zhike.staff.queries.tasks import asked_of as tasks_asked_of

__all__ = [
    "ActingFor",
    "RoleAssignment",
    "Staff",
    "Unit",
    "appoint_first",
    "give_second_factor",
    "grant_role",
    "new_secret",
    "tasks_asked_of",
]
