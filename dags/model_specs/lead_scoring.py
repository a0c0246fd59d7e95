"""What the DAGs of lead scoring share: the model that one of them trains and both score with."""

from dataclasses import replace

from trainyard.spec import Between, Calendar, Gate, ModelSpec, Scores, Search, Serving, Source, Spark, Training

_XGBOOST = "sagemaker-xgboost:3.0-5"
_EXAMPLES, _LEADS = "lead_scoring/examples.sql", "lead_scoring/leads.sql"

LEADS = ModelSpec(
    name="lead_scoring",
    source=Source(
        table="marketing.leads",
        partitions="marketing.weeks",
        sql={"train": _EXAMPLES, "validation": _EXAMPLES, "test": _EXAMPLES, "leads": _LEADS},
        format="csv",
    ),
    spark=Spark("lead_scoring/encode_leads.py"),
    training=Training(
        folder="lead_scoring",
        image=_XGBOOST,
        script=False,
        hyperparameters={
            "objective": "binary:logistic",
            "eval_metric": "auc",
            "num_round": 400,
            "early_stopping_rounds": 40,
            "eta": 0.05,
            "max_depth": 5,
            "gamma": 2,
            "min_child_weight": 6,
            "subsample": 0.8,
            "colsample_bytree": 0.6,
            "seed": 42,
        },
        channels=("train", "validation"),
        content_type="text/csv",
    ),
    search=Search(
        "validation:auc",
        ranges={"eta": Between(0.02, 0.3, "Logarithmic"), "max_depth": Between(3, 8), "gamma": Between(0.0, 5.0)},
        trials=8,
        early_stopping=True,
    ),
    gate=Gate("auc", at_least=0.70, may_lose=0.005),
    serving=Serving("lead-scoring", _XGBOOST, script=False, content_type="text/csv"),
    scores=Scores("marketing.lead_scores", key="lead_id", key_type="varchar(64)"),
)

#: The same model, asked every day: the day's new leads, scored by what is live.
LEADS_DAILY = replace(
    LEADS,
    source=Source("marketing.leads", {"leads": _LEADS}, partitions="marketing.days", reads="partition", format="csv"),
    scores=Scores("marketing.lead_scores_daily", key="lead_id", key_type="varchar(64)"),
    calendar=Calendar.DAILY,
)
