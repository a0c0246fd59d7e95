"""Script mode with code from a git revision, its own packages and modules; a second try trains the same code."""

import json
import shutil
from pathlib import Path

from tests.local_aws.own_images.support import log_of
from tests.local_aws.sagemaker_jobs.support import PYTHON, Jobs
from tests.local_aws.sagemaker_jobs.test_script_mode import TINY_BACKEND
from tests.unit.trainyard.git_hosts import TOKEN, USER, Repository, by_dulwich, serving
from trainyard.aws.git import credentials_of, resolve, source_archive
from trainyard.git_source import GitCode

FILES = {
    "README.md": "not of the folder",
    "models/churn/train.py": "import helper, os, tiny\nprint('VALUE', helper.value + tiny.value)\n"
    "open(os.environ['SM_MODEL_DIR'] + '/model', 'w').write('it')\n",
    "models/churn/helper.py": "value = 1\n",
    "models/churn/requirements.txt": "./tiny\n",
    "models/churn/tiny/pyproject.toml": '[project]\nname = "tiny-for-tests"\nversion = "1"\n'
    '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n',
    "models/churn/tiny/build.py": TINY_BACKEND,
}


def test_a_private_repository_s_branch_is_trained_and_trained_again_as_it_was(jobs: Jobs, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "code.git")
    repository.commit(FILES)
    secrets = jobs.aws.client("secretsmanager")
    secrets.create_secret(Name="trainyard/git/churn", SecretString=json.dumps({"token": TOKEN}))
    with serving(by_dulwich(repository), (USER, TOKEN)) as host:
        code = GitCode(f"{host.url}/code.git", branch="main", folder="models/churn", secret="trainyard/git/churn")
        credentials = credentials_of(secrets, code)
        commit = resolve(code, credentials)
        first = source_archive(code, commit, credentials)
        repository.commit(FILES | {"models/churn/helper.py": "value = 1000\n"})
        again = source_archive(code, commit, credentials)
    assert again == first
    assert TOKEN.encode() not in first
    shutil.rmtree(repository.path)

    source = jobs.put("git/churn/sourcedir.tar.gz", first)
    request = jobs.training_request(
        jobs.name(),
        "",
        HyperParameters={"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(source)},
    )
    request["AlgorithmSpecification"] = {"TrainingImage": PYTHON, "TrainingInputMode": "File"}
    jobs.sagemaker.create_training_job(**request)
    job = jobs.ended_training(request["TrainingJobName"])
    lines = log_of(jobs, job)
    assert job["TrainingJobStatus"] == "Completed", lines
    assert "VALUE 42" in lines
    assert TOKEN not in json.dumps([job, lines], default=str)
