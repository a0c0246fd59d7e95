"""GetStatementResult and GetStatementResultV2: the rows of a finished query, page by page."""

from typing import Any

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.redshift_data.api.paging import position, token
from local_aws.services.redshift_data.results import Results
from local_aws.services.redshift_data.statements import Statements


class FetchApi:
    """Results; they stay as long as their statement is remembered."""

    def __init__(self, statements: Statements, results: Results) -> None:
        self._statements = statements
        self._results = results

    def get_statement_result(self, call: Call) -> dict[str, Any]:
        """GetStatementResult: records of typed fields."""
        answer = self._page(call, "JSON", "GetStatementResultV2")
        del answer["ResultFormat"]
        return answer

    def get_statement_result_v2(self, call: Call) -> dict[str, Any]:
        """GetStatementResultV2: records as CSV, the first line of the first page naming the columns."""
        return self._page(call, "CSV", "GetStatementResult")

    def _page(self, call: Call, result_format: str, other: str) -> dict[str, Any]:
        statement_id = call.params["Id"]
        record = self._statements.wait(statement_id, call.params.get("WaitTimeSeconds"))
        if record["ResultFormat"] != result_format:
            raise AwsError(
                "ValidationException",
                f"The result of this statement is in {record['ResultFormat']} format. Use {other}.",
            )
        number = position(call.params.get("NextToken"))
        found = self._results.page(statement_id, number) if record["Status"] == "FINISHED" else None
        if found is None:
            raise AwsError(
                "ResourceNotFoundException",
                "Query does not have result. Please check query status with DescribeStatement.",
                400,
            )
        pages = found.pop("pages")
        if number + 1 < pages:
            found["NextToken"] = token(number + 1)
        return found
