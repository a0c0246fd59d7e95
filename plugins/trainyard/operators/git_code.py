"""Code from git into the run's place, once: whoever asks again gets the commit that was published first."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainyard.aws.calls import Absent

if TYPE_CHECKING:
    from trainyard.aws.clients import Aws
    from trainyard.aws.objects import Objects
    from trainyard.git_source import GitCode
    from trainyard.job import Job


def stage(job: Job, code: GitCode, aws: Aws, objects: Objects) -> dict[str, Any]:
    """Resolve the revision, pack its folder, and publish it with the job's place.

    A retry finds the place published and changes nothing; clearing the task makes a new place, and so resolves a branch
    anew.

    Returns:
        ``code`` (URI of sourcedir.tar.gz), ``manifest``, ``repo``, ``branch``, ``commit``, ``folder``, ``sha256``.

    Raises:
        InputError: when the revision, the folder or the secret is not as it must be.
        AwsFailure: when S3, the secret or the git host does not answer.
    """
    archive = f"{job.place.uri}sourcedir.tar.gz"
    told = {"code": archive, "manifest": job.place.manifest}
    try:
        return told | dict(objects.manifest(job.place.manifest).facts)
    except Absent:
        facts = _publish(job, code, aws, objects, archive)
    return told | facts


def _publish(job: Job, code: GitCode, aws: Aws, objects: Objects, archive: str) -> dict[str, Any]:
    from trainyard.aws.git import credentials_of, resolve, source_archive  # with dulwich: not when a DAG is parsed

    credentials = credentials_of(aws.client("secretsmanager"), code) if code.secret else None
    commit = resolve(code, credentials)
    packed = source_archive(code, commit, credentials)
    objects.write(archive, packed, "application/gzip")
    facts = {"repo": code.repo, "branch": code.branch, "commit": commit, "folder": code.folder,
             "sha256": sha256(packed).hexdigest()}  # fmt: skip
    files = [objects.whole(archive, job.name)]
    objects.publish(job.place, job.manifest(files, now=datetime.now(UTC), made_from=[], facts=facts))
    return {"job": job.name} | facts
