from zhike.staff.models.people import ActingFor, RoleAssignment, Staff
from zhike.staff.models.sessions import StaffSession
from zhike.staff.models.units import Unit

__all__ = ["ActingFor", "RoleAssignment", "Staff", "StaffSession", "Unit"]
