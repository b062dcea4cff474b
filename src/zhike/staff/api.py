"""What other rooms may use of people and places."""

from zhike.staff.models import ActingFor, RoleAssignment, Staff, Unit
from zhike.staff.operations.people import grant_role

__all__ = ["ActingFor", "RoleAssignment", "Staff", "Unit", "grant_role"]
