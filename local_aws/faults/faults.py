"""The faults of one local_aws, put together."""

from local_aws.faults.admin import FaultsAdmin
from local_aws.faults.calls import CallFaults
from local_aws.faults.jobs import JobFaults
from local_aws.faults.quotas import Quotas
from local_aws.faults.script import Script
from local_aws.faults.tally import Tally


class Faults:
    """One script of faults, and the places that ask it."""

    def __init__(self) -> None:
        script, quotas, tally = Script(), Quotas(), Tally()
        self.calls = CallFaults(script, quotas, tally)
        self.jobs = JobFaults(script)
        self.admin = FaultsAdmin(script, quotas, tally)
