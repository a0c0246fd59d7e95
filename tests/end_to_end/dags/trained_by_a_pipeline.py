"""The recommender trained by a SageMaker pipeline of the team's own, judged by the gate as any other model."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import dag, get_current_context, task
from recommender import NCF

from trainyard import steps


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 6, tzinfo=UTC),
    default_args=steps.DEFAULTS,
    params=steps.form(epochs=(1, 100), lr=(1e-5, 0.1), batch_size=(64, 65536)) | {"examples": {}},
)
def trained_by_a_pipeline() -> None:
    """From examples that are there already to a version that the gate has judged."""

    @task
    def examples(run: Any) -> Any:
        """What another DAG has built, named in the form."""
        del run
        return get_current_context()["params"]["examples"]

    built = examples(steps.resolve_run(NCF))
    model = steps.read_version(NCF, steps.train_by_pipeline(NCF, built))
    evaluation = steps.evaluate(NCF, built, model, steps.find_champion(NCF, model))
    steps.adopt_version(NCF, built, model, steps.judge(NCF, evaluation))


trained_by_a_pipeline()
