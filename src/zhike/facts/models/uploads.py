from django.conf import settings
from django.db import models
from django.db.models import Q

from zhike.core.models import JobRun
from zhike.facts.models.batches import ImportBatch


class Upload(models.Model):
    """Files handed in at the screen, in a closed folder of their own until a job has read them.

    `digest` is of the mapping and the files' bytes: the same files handed in twice at once are one upload.
    """

    mapping = models.CharField(max_length=60)
    folder = models.CharField(max_length=40, unique=True)
    files = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    job_run = models.OneToOneField(JobRun, null=True, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="uploads")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=Q(batch=None), name="upload_same_files_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.mapping} {self.digest[:8]}"
