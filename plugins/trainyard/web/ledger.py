"""The ledger as JSON, below ``/trainyard`` of Airflow's own address, for pages and for scripts.

::

    GET /trainyard/ledger/{dag_id}?model=recommender               the result of each partition, the newest first
    GET /trainyard/ledger/{dag_id}/2026-02-02?model=recommender    every run of one partition, the first one first

Who may see the DAG's runs may see its ledger: Airflow mounts a plugin's application without asking anybody.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.models import Variable
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi import Path as Name

from trainyard.aws.clients import Aws
from trainyard.aws.ledger import Ledger
from trainyard.aws.objects import Objects
from trainyard.errors import AwsFailure, ManifestError, SettingsError
from trainyard.settings import VARIABLE, Settings

app = FastAPI(title="Trainyard", description="What ran for which partition, from what, and with which result.")

DagId = Annotated[str, Name(pattern=r"^[A-Za-z0-9_.-]{1,250}$")]
Model = Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
Partition = Annotated[str, Name(pattern=r"^\d{4}-\d\d-\d\d$")]
_MAY_SEE_RUNS = Depends(requires_access_dag(method="GET", access_entity=DagAccessEntity.RUN))


@app.get("/ledger/{dag_id}", dependencies=[_MAY_SEE_RUNS])
def results(dag_id: DagId, model: Model, limit: Annotated[int, Query(ge=1, le=1000)] = 60) -> list[dict[str, Any]]:
    """Return the record that counts of each of the newest partitions that have one."""
    try:
        ledger = _ledger(model, dag_id)
        newest = (ledger.current(partition) for partition in reversed(list(ledger.partitions())))
        return [asdict(record) for record in islice(filter(None, newest), limit)]
    except (AwsFailure, ManifestError) as error:
        raise HTTPException(status_code=502, detail=str(error)) from error


@app.get("/ledger/{dag_id}/{partition}", dependencies=[_MAY_SEE_RUNS])
def runs(dag_id: DagId, partition: Partition, model: Model) -> list[dict[str, Any]]:
    """Return what every run did with a partition."""
    try:
        return [asdict(record) for record in _ledger(model, dag_id).records(partition)]
    except (AwsFailure, ManifestError) as error:
        raise HTTPException(status_code=502, detail=str(error)) from error


def _ledger(model: str, dag_id: str) -> Ledger:
    try:
        settings = Settings.from_json(Variable.get(VARIABLE, default_var=None))
    except SettingsError as error:
        raise HTTPException(status_code=503, detail=str(error)) from error
    objects = Objects(Aws(settings.region).client("s3"), settings.kms_key)
    return Ledger(objects, settings.bucket, model, dag_id)
