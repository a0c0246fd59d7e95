"""Lead scoring from daily features: the days, and the model that is made of seven of them."""

from dataclasses import replace

from model_specs.lead_scoring import LEADS

from trainyard.spec import Calendar, Scores, Source

_EXAMPLES, _LEADS = "lead_features/examples.sql", "lead_scoring/leads.sql"

#: What a day leaves. Nothing is trained, scored or served under this name.
LEAD_FEATURES = replace(
    LEADS,
    name="lead_features",
    source=Source(
        table="marketing.leads",
        partitions="marketing.days",
        sql={"train": _EXAMPLES, "validation": _EXAMPLES, "test": _EXAMPLES, "leads": _LEADS},
        reads="partition",
        format="csv",
    ),
    scores=None,
    calendar=Calendar.DAILY,
)

#: A model of its own, beside ``LEADS``: it learns from one week alone, so the gate asks less of it. What it reads are
#: the days' files; the table of weeks only says which week is the newest, to a run by hand that names none.
LEADS_ROLLUP = replace(
    LEADS,
    name="lead_scoring_rollup",
    source=replace(LEAD_FEATURES.source, partitions=LEADS.source.partitions),
    gate=replace(LEADS.gate, at_least=0.60),
    serving=replace(LEADS.serving, endpoint="lead-scoring-rollup"),
    scores=Scores("marketing.lead_scores_rollup", key="lead_id", key_type="varchar(64)"),
)
