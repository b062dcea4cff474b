"""Tables of the shared core."""

from zhike.core.models.access import AccessGrant, RoleReach
from zhike.core.models.approvals import Approval, ApprovalState
from zhike.core.models.audit import AuditCheckpoint, AuditEvent, AuditSeal
from zhike.core.models.calendar import WorkDay
from zhike.core.models.jobs import Idempotency, JobRun, JobState
from zhike.core.models.keys import DataKey, KeyState, SealedColumn
from zhike.core.models.parameters import Parameter, ParameterOrigin, ParameterRange
from zhike.core.models.tasks import Task, TaskState
from zhike.core.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery, WebhookState

__all__ = [
    "AccessGrant",
    "Approval",
    "ApprovalState",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditSeal",
    "DataKey",
    "Idempotency",
    "JobRun",
    "JobState",
    "KeyState",
    "Parameter",
    "ParameterOrigin",
    "ParameterRange",
    "RoleReach",
    "SealedColumn",
    "Task",
    "TaskState",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookState",
    "WorkDay",
]
