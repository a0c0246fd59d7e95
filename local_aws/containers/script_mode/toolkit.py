"""The toolkit's view of one training job: its SM_* variables, the script's command line, and how it reports failure."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from local_aws.containers.images import Image
from local_aws.containers.sandbox import CONTAINER_ROOT
from local_aws.containers.script_mode.code import CODE
from local_aws.containers.script_mode.parameters import Values, arguments, compact, decode, split, variables

_INPUT, _OUTPUT = f"{CONTAINER_ROOT}/input", f"{CONTAINER_ROOT}/output"
_LAST_LINES = 20


@dataclass(frozen=True)
class Toolkit:
    """The toolkit in one container of one job.

    :param hyperparameters: as sent to the API, each value a string.
    :param inputs: the content of inputdataconfig.json.
    :param resources: the content of resourceconfig.json.
    :param environment: the container's variables; SAGEMAKER_PROGRAM and SAGEMAKER_SUBMIT_DIRECTORY may stand there.
    """

    image: Image
    job_name: str
    hyperparameters: Mapping[str, str]
    inputs: Mapping[str, Any]
    resources: Mapping[str, Any]
    environment: Mapping[str, str]
    cpus: int

    @cached_property
    def _split(self) -> tuple[Values, Values, Values]:
        return split(decode(self.hyperparameters))

    @property
    def program(self) -> str:
        """The script to run, relative to the source; empty when none was named."""
        return str(self.environment.get("SAGEMAKER_PROGRAM") or self._split[1].get("sagemaker_program") or "")

    @property
    def submit_directory(self) -> str:
        """Where the source comes from."""
        default = self.environment.get("SAGEMAKER_SUBMIT_DIRECTORY", CODE)
        return str(self._split[1].get("sagemaker_submit_directory") or default)

    @property
    def arguments(self) -> list[str]:
        """The script's command-line arguments."""
        return arguments(self._split[0])

    def command(self, python: Path, code: Path) -> list[str]:
        """The script's command line: a module of a package, a Python file, or any executable by a shell."""
        if (code / "setup.py").is_file():
            return [str(python), "-m", self.program.removesuffix(".py").replace("/", "."), *self.arguments]
        if self.program.endswith(".py"):
            return [str(python), self.program, *self.arguments]
        if (script := code / self.program).is_file():
            script.chmod(0o777)
        return ["/bin/sh", "-c", shlex.join([f"./{self.program}", *self.arguments])]

    def variables(self) -> dict[str, str]:
        """Everything that the toolkit adds to the script's environment."""
        own, toolkit, _ = self._split
        facts = self.training_env()
        named = {name: facts[name] for name in facts if name not in _NOT_VARIABLES}
        named |= {
            "hps": own,
            "framework_params": facts["additional_framework_parameters"],
            "channels": sorted(self.inputs),
            "training_env": facts,
            "user_args": self.arguments,
        }
        named |= {f"channel_{name}": path for name, path in facts["channel_input_dirs"].items()}
        named |= {f"hp_{name}": value for name, value in own.items()}
        return {
            **variables(named),
            "SAGEMAKER_JOB_NAME": str(toolkit.get("sagemaker_job_name", "")),
            "SAGEMAKER_REGION": str(toolkit.get("sagemaker_region", self.environment.get("AWS_REGION", ""))),
            "CURRENT_HOST": self.resources["current_host"],
            "PYTHONPATH": CODE,
        }

    def training_env(self) -> Values:
        """The content of SM_TRAINING_ENV, which the toolkit also prints into the log."""
        own, toolkit, framework = self._split
        groups = {group["instance_group_name"]: group for group in self.resources["instance_groups"]}
        return {
            "additional_framework_parameters": framework,
            "channel_input_dirs": {name: f"{_INPUT}/data/{name}" for name in sorted(self.inputs)},
            "current_host": self.resources["current_host"],
            "current_instance_group": self.resources["current_group_name"],
            "current_instance_group_hosts": groups[self.resources["current_group_name"]]["hosts"],
            "current_instance_type": self.resources["current_instance_type"],
            "distribution_hosts": [],
            "distribution_instance_groups": [],
            "framework_module": self.image.framework_module or None,
            "hosts": self.resources["hosts"],
            "hyperparameters": own,
            "input_config_dir": f"{_INPUT}/config",
            "input_data_config": dict(self.inputs),
            "input_dir": _INPUT,
            "instance_groups": list(groups),
            "instance_groups_dict": groups,
            "is_hetero": len(groups) > 1,
            "is_master": self.resources["current_host"] == self.resources["hosts"][0],
            "is_modelparallel_enabled": None,
            "job_name": self.job_name,
            "log_level": toolkit.get("sagemaker_container_log_level", 20),
            "master_hostname": self.resources["hosts"][0],
            "model_dir": f"{CONTAINER_ROOT}/model",
            "module_dir": self.submit_directory,
            "module_name": self.program.removesuffix(".py"),
            "network_interface_name": self.resources["network_interface_name"],
            "num_cpus": self.cpus,
            "num_gpus": 0,
            "num_neurons": 0,
            "output_data_dir": f"{_OUTPUT}/data",
            "output_dir": _OUTPUT,
            "output_intermediate_dir": f"{_OUTPUT}/intermediate",
            "resource_config": dict(self.resources),
            "user_entry_point": self.program,
        }

    def announcement(self, command: list[str]) -> list[str]:
        """The lines the toolkit prints before the script runs."""
        return [
            "Invoking user script",
            f"Training Env: {compact(self.training_env())}",
            f"Invoking script with the following command: {shlex.join(command)}",
        ]


# Facts of the training environment for which the toolkit makes no variable of that name.
_NOT_VARIABLES = frozenset(
    {
        "additional_framework_parameters",
        "channel_input_dirs",
        "distribution_hosts",
        "hyperparameters",
        "is_master",
        "is_modelparallel_enabled",
        "job_name",
        "master_hostname",
        "num_neurons",
    }
)


def failure_message(error: str, exit_code: int, lines: list[str], command: list[str], room: int) -> str:
    """What the toolkit reports of a failed step: exit code, the end of the traceback, the command.

    :param error: the toolkit's class of error, such as ``ExecuteUserScriptError``.
    :param lines: the last lines that the step printed.
    :param room: characters that the message may have; the traceback's beginning gives way first.
    """
    starts = [index for index, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    told = "\n".join(lines[starts[-1] :] if starts else lines[-_LAST_LINES:])
    shown = shlex.join(command)
    frame = f'{error}:\nExitCode {exit_code}\nErrorMessage "{{}}"\nCommand "{{}}"'
    for_command = min(len(shown), 300)
    for_error = max(room - len(frame) - for_command + 4, 100)
    return frame.format(told[-for_error:], shown[:for_command])
