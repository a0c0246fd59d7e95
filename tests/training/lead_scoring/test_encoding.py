"""Rows as a model sees them."""

import numpy as np
import pandas as pd
import pytest
from encoding import encode
from job import JobError

NUMBER = {"name": "age", "kind": "number"}
TEXT = {"name": "job", "kind": "category", "values": {"clerk": 0.9}, "other": 0.1}


def test_a_column_that_the_rows_no_longer_have_is_missing() -> None:
    seen = encode(pd.DataFrame({"job": ["clerk", "pilot", None]}), [NUMBER, TEXT])
    np.testing.assert_allclose(seen, np.array([[np.nan, 0.9], [np.nan, 0.1], [np.nan, np.nan]]), rtol=1e-6)


def test_a_column_of_numbers_that_holds_text_by_now_is_named() -> None:
    with pytest.raises(JobError, match=r"The column age was a number for this model, and is text in the rows: .*'old'"):
        encode(pd.DataFrame({"age": ["30", "old"]}), [NUMBER])
