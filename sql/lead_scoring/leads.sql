-- The partition's leads, to be scored: the key comes first, then the columns of the examples, without the label.
SELECT lead_id, age, job, marital, education, credit_default, housing_loan, personal_loan, contact, month,
       day_of_week, campaign, NULLIF(pdays, 999) AS pdays, previous, poutcome, emp_var_rate, cons_price_idx,
       cons_conf_idx, euribor3m, nr_employed
FROM marketing.leads
WHERE created_at >= '{{ partition_start }}' AND created_at < '{{ partition_end }}'
ORDER BY lead_id
