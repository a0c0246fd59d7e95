"""Where leads lie in the warehouse."""

from yard.tables import Complete, Table

LEADS = Table(
    name="marketing.leads",
    time="created_at",
    columns={
        "lead_id": "varchar(64)",
        "created_at": "timestamp",
        "age": "int",
        "job": "varchar(32)",
        "marital": "varchar(32)",
        "education": "varchar(32)",
        "credit_default": "varchar(16)",
        "housing_loan": "varchar(16)",
        "personal_loan": "varchar(16)",
        "contact": "varchar(16)",
        "month": "varchar(8)",
        "day_of_week": "varchar(8)",
        "campaign": "int",
        "pdays": "int",
        "previous": "int",
        "poutcome": "varchar(16)",
        "emp_var_rate": "float8",
        "cons_price_idx": "float8",
        "cons_conf_idx": "float8",
        "euribor3m": "float8",
        "nr_employed": "float8",
        "duration": "int",  # of the call, in seconds: known only after it, so never a feature
        "converted": "smallint",  # 1, 0, or NULL while it is not known
    },
    complete=(Complete("marketing.weeks", days=7), Complete("marketing.days", days=1)),
)
