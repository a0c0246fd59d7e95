-- The day's leads whose outcome is known by now; the label comes first. A week's examples are those of its seven days.
-- A lead is in one of train, validation and test, the same on every run, whenever it is asked: its key alone decides.
-- The duration of the call is left out: it is known only when the outcome is.
WITH known AS (
    SELECT *, STRTOL(LEFT(MD5(lead_id), 8), 16) % 100 AS place
    FROM marketing.leads
    WHERE lead_id IS NOT NULL AND converted IS NOT NULL
      AND created_at >= '{{ partition_start }}' AND created_at < '{{ partition_end }}'
)
SELECT converted AS label, age, job, marital, education, credit_default, housing_loan, personal_loan, contact, month,
       day_of_week, campaign, NULLIF(pdays, 999) AS pdays, previous, poutcome, emp_var_rate, cons_price_idx,
       cons_conf_idx, euribor3m, nr_employed
FROM known
WHERE CASE WHEN place < 70 THEN 'train' WHEN place < 85 THEN 'validation' ELSE 'test' END = '{{ dataset }}'
ORDER BY created_at, lead_id
