"""The container of a training job: which program runs, with which environment variables."""

import json
from collections.abc import Sequence
from pathlib import Path

from local_aws.containers import sandbox, xgboost_algorithm
from local_aws.containers.environments import Environments
from local_aws.containers.images import image_for
from local_aws.containers.own_images import Mount, OwnImage
from local_aws.containers.script_mode import NoCode, Toolkit, fetch_code, own_requirements
from local_aws.processes import ManagedProcess
from local_aws.services.sagemaker.observe import JobOutput
from local_aws.services.sagemaker.run import Host
from local_aws.state import Record
from local_aws.world import World

#: The built-in algorithm, which runs where no script is given.
XGBOOST = Path(xgboost_algorithm.__file__).parent
_CONFIG = f"{sandbox.CONTAINER_ROOT}/input/config"


class TrainingContainer:
    """The container of one host of a job: the request's ContainerEntrypoint, or the image's own program or toolkit.

    ``prepare`` before ``start``.
    """

    def __init__(self, world: World, job: Record, host: Host, host_names: Sequence[str], cpus: int) -> None:
        self._world = world
        self._job = job
        self.host = host
        self._workplace = host.workplace
        self._cpus = cpus
        self._specification = job["AlgorithmSpecification"]
        self.image = image_for(self._specification["TrainingImage"])
        self._argv: list[str] = []
        self._env: dict[str, str] = {}
        self._cwd = sandbox.CONTAINER_ROOT
        self._mounts: list[Mount] = []
        self.resources = _resource_config(job, host.name, host_names)
        #: The training toolkit, in script mode.
        self.toolkit: Toolkit | None = None

    @property
    def shown_command(self) -> list[str]:
        """The command line as it is told to people: without the path of the environment."""
        return ["python", *self._argv[1:]] if self._argv[0].endswith("/bin/python") else self._argv

    def prepare(self, environments: Environments) -> None:
        """Fetch the source and make the environment; both may take a while.

        :raises NoCode: when script mode finds no source or no program to run.
        :raises EnvironmentFailed: when packages cannot be installed.
        """
        output = self.host.output
        self._workplace.write_json(f"{_CONFIG}/resourceconfig.json", self.resources)
        if self.image.own:
            self._prepare_own(self.image.own, environments, output)
        elif "ContainerEntrypoint" in self._specification:
            python = environments.python(self.image, on_line=output.note)
            self._env = self._variables(python)
            self._argv = self._given_command()
        elif self.image.kind == "xgboost" and "sagemaker_program" not in self._job.get("HyperParameters", {}):
            python = environments.python(self.image, on_line=output.note)
            self._env = self._variables(python)
            self._argv = [str(python), str(XGBOOST), "train"]
        else:
            self._prepare_script(environments, output)

    def start(self, read_only: Sequence[str]) -> ManagedProcess:
        """Start the program."""
        output = self.host.output
        if self.toolkit:
            for line in self.toolkit.announcement(self.shown_command):
                output.note(line)
        network = not self._job["EnableNetworkIsolation"]
        return self._workplace.start(
            self._world,
            self._argv,
            self._env,
            output,
            cwd=self._cwd,
            mounts=self._mounts,
            read_only=read_only,
            network=network,
        )

    def _given_command(self) -> list[str]:
        return [
            *self._specification.get("ContainerEntrypoint", []),
            *self._specification.get("ContainerArguments", []),
        ]

    def _prepare_own(self, own: OwnImage, environments: Environments, output: JobOutput) -> None:
        """``docker run <image> train``, unless the request says otherwise."""
        for remark in own.remarks():
            output.note(remark)
        python = environments.python(self.image, on_line=output.note)
        before = self._variables(python)
        self._env = {**before, **own.variables(before["PATH"]), **self._job.get("Environment", {})}
        has_entrypoint = "ContainerEntrypoint" in self._specification
        self._argv = self._given_command() if has_entrypoint else own.argv("train")
        self._cwd = own.workdir
        self._mounts = self._workplace.lay_out(own)

    def _prepare_script(self, environments: Environments, output: JobOutput) -> None:
        toolkit = Toolkit(
            image=self.image,
            job_name=self._job["TrainingJobName"],
            hyperparameters=self._job.get("HyperParameters", {}),
            inputs=json.loads(self._workplace.read_text(f"{_CONFIG}/inputdataconfig.json", 1 << 20)),
            resources=self.resources,
            environment=self._job.get("Environment", {}),
            cpus=self._cpus,
        )
        if not toolkit.program:
            raise NoCode("there is no script to run: the hyperparameter sagemaker_program is missing")
        code = fetch_code(toolkit.submit_directory, self._world.objects, self._workplace.ml)
        python = environments.python(self.image, own_requirements(code), on_line=output.note, source=code)
        self._env = {**self._variables(python), **toolkit.variables()}
        self._argv = toolkit.command(python, code)
        self._cwd = f"{sandbox.CONTAINER_ROOT}/code"
        self.toolkit = toolkit

    def _variables(self, python: Path) -> dict[str, str]:
        own = self._workplace.environment(self._world, self._job["RoleArn"], python, self._cpus)
        return {
            **own,
            "TRAINING_JOB_NAME": self._job["TrainingJobName"],
            "TRAINING_JOB_ARN": self._job["TrainingJobArn"],
            **self._job.get("Environment", {}),
        }


def _resource_config(job: Record, current: str, hosts: Sequence[str]) -> Record:
    """The content of resourceconfig.json on one host."""
    kind, group = job["ResourceConfig"]["InstanceType"], "homogeneousCluster"
    return {
        "current_host": current,
        "current_instance_type": kind,
        "current_group_name": group,
        "hosts": list(hosts),
        "instance_groups": [{"instance_group_name": group, "instance_type": kind, "hosts": list(hosts)}],
        "network_interface_name": "eth0",
    }
