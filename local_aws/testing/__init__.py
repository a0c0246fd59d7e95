"""Test your own DAGs and clients against a local_aws in which things go wrong.

``LocalAwsAdmin`` scripts faults in a running local_aws; ``local_aws.testing.plugin`` has fixtures that start one::

    # conftest.py
    pytest_plugins = ["local_aws.testing.plugin"]

    # test_my_dag.py
    def test_throttling_is_waited_out(local_aws_server, local_aws_admin):
        with local_aws_admin.fault("throttle", service="sagemaker", operation="Describe*", probability=0.2, seed=1):
            ...
"""

from local_aws.testing.admin import AdminError, Fault, LocalAwsAdmin

__all__ = ["AdminError", "Fault", "LocalAwsAdmin"]
