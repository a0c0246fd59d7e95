"""Script mode: what the SageMaker training toolkit inside AWS's framework images does before a user's script runs.

Rules and names follow the toolkit (github.com/aws/sagemaker-training-toolkit: environment.py, mapping.py,
entry_point.py), not only the documentation, since scripts depend on its details.
"""

from local_aws.containers.script_mode.code import NoCode, fetch_code, own_requirements
from local_aws.containers.script_mode.toolkit import Toolkit, failure_message

__all__ = ["NoCode", "Toolkit", "failure_message", "fetch_code", "own_requirements"]
