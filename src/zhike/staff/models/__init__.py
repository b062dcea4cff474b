from zhike.staff.models.people import ActingFor, RoleAssignment, Staff
from zhike.staff.models.units import Unit

__all__ = ["ActingFor", "RoleAssignment", "Staff", "Unit"]
