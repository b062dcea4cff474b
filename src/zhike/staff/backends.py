"""Who is signed in: the account is read anew for each request, so that disabling it works at once."""

from __future__ import annotations

from django.contrib.auth.backends import BaseBackend

from zhike.staff.models import Staff


class StaffNumberBackend(BaseBackend):
    """Sessions only. Signing in is `operations.signing_in`, which counts failures and asks for more."""

    def authenticate(self, request: object, **credentials: object) -> None:
        return None

    def get_user(self, user_id: int) -> Staff | None:
        return Staff.objects.select_related("unit").filter(pk=user_id, is_active=True).first()
