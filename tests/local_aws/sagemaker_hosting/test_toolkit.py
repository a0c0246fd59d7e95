"""The model server of script mode, run as a program by itself."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from local_aws.containers.model_connection import ModelConnection, ModelResponse, reserved_port
from local_aws.containers.serving import TOOLKIT
from tests.local_aws.sagemaker_hosting.support import Hosting, archive, until

DOUBLING = """
import numpy as np

class Doubler:
    def predict(self, data):
        return np.asarray(data) * 2

def model_fn(model_dir):
    return Doubler()
"""


class Toolkit:
    """A folder like /opt/ml/model, and the server on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def start(self, script: str | None, **environment: str) -> int:
        """Start the server of this inference.py; its port."""
        if script is not None:
            (self.folder / "code").mkdir()
            (self.folder / "code" / "inference.py").write_text(script)
        with reserved_port() as port:
            self.process = subprocess.Popen(
                [sys.executable, str(TOOLKIT), "scikit-learn"],
                env={
                    "PATH": os.environ["PATH"],
                    "SM_MODEL_DIR": str(self.folder),
                    "SAGEMAKER_BIND_TO_PORT": str(port),
                    **environment,
                },
                stderr=subprocess.PIPE,
                text=True,
            )
        return port

    def serving(self, script: str | None, **environment: str) -> ModelConnection:
        """The server once it is healthy."""
        connection = ModelConnection(self.start(script, **environment))
        process = self.process
        assert process is not None
        until(lambda: connection.pings() or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1]
        return connection

    def stop(self) -> str:
        """End the server; what it wrote to stderr."""
        assert self.process is not None
        self.process.terminate()
        return self.process.communicate()[1]


@pytest.fixture
def toolkit(tmp_path: Path) -> Iterator[Toolkit]:
    """A toolkit that is ended with the test."""
    toolkit = Toolkit(tmp_path)
    yield toolkit
    if toolkit.process is not None and toolkit.process.poll() is None:
        toolkit.stop()


def ask(server: ModelConnection, body: bytes, content_type: str, accept: str = "*/*") -> ModelResponse:
    return server.invoke(body, {"Content-Type": content_type, "Accept": accept}, 10.0)


def test_the_defaults_read_and_write_json_csv_and_npy(toolkit: Toolkit) -> None:
    server = toolkit.serving(DOUBLING)
    array = io.BytesIO()
    np.save(array, np.array([[1, 2]]))
    assert json.loads(ask(server, b"[[1, 2]]", "application/json").body) == [[2.0, 4.0]]
    assert ask(server, b"1,2\n3,4\n", "text/csv", "text/csv").body == b"2.0,4.0\n6.0,8.0\n"
    assert json.loads(ask(server, array.getvalue(), "application/x-npy").body) == [[2, 4]]
    answer = ask(server, b"[1]", "application/json; charset=utf-8", "application/x-npy")
    assert np.load(io.BytesIO(answer.body)).tolist() == [2.0]
    assert answer.headers["content-type"] == "application/x-npy"


def test_a_type_that_the_defaults_do_not_know_is_refused(toolkit: Toolkit) -> None:
    server = toolkit.serving(DOUBLING)
    refused = ask(server, b"x", "image/png")
    assert (refused.status, b"image/png is not supported" in refused.body) == (415, True)
    assert ask(server, b"[1]", "application/json", "image/png").status == 406


def test_own_functions_get_text_for_text_types_and_bytes_for_others(toolkit: Toolkit) -> None:
    server = toolkit.serving(
        "import json\n"
        "def model_fn(model_dir): return 'model'\n"
        "def input_fn(body, content_type): return type(body).__name__\n"
        "def predict_fn(data, model): return [data, model]\n"
        "def output_fn(prediction, accept): return json.dumps([*prediction, accept]), 'application/jsonlines'\n"
    )
    answer = ask(server, b"{}", "application/json")
    assert json.loads(answer.body) == ["str", "model", "application/json"]
    assert answer.headers["content-type"] == "application/jsonlines"
    assert json.loads(ask(server, b"{}", "application/jsonlines", "text/csv").body) == ["bytes", "model", "text/csv"]


def test_transform_fn_does_it_all_and_may_see_the_request(toolkit: Toolkit) -> None:
    server = toolkit.serving(
        "def model_fn(model_dir, context): return 'model'\n"
        "def transform_fn(model, body, content_type, accept, context):\n"
        "    context.set_response_header(0, 'X-Amzn-SageMaker-Custom-Attributes', 'seen')\n"
        "    return context.get_request_header(0, 'X-Amzn-SageMaker-Inference-Id') + ' ' + model\n"
    )
    answer = server.invoke(b"x", {"X-Amzn-SageMaker-Inference-Id": "7"}, 10.0)
    assert (answer.body, answer.headers["x-amzn-sagemaker-custom-attributes"]) == (b"7 model", "seen")


def test_an_error_of_the_users_code_comes_back_with_its_traceback_and_stands_in_the_log(toolkit: Toolkit) -> None:
    server = toolkit.serving("def model_fn(model_dir): return 1\ndef predict_fn(data, model): return {}['user']\n")
    answer = ask(server, b"[1]", "application/json")
    assert answer.status == 500
    assert answer.body.startswith(b"'user'\nTraceback")
    assert server.pings()
    assert "KeyError: 'user'" in toolkit.stop()


def test_an_error_of_the_inference_toolkit_is_answered_with_the_status_that_it_names(toolkit: Toolkit) -> None:
    server = toolkit.serving(
        "from sagemaker_inference.errors import BaseInferenceToolkitError, GenericInferenceToolkitError\n"
        "class Refused(BaseInferenceToolkitError):\n"
        "    def __init__(self): super().__init__(422, 'no such user', 'no such user')\n"
        "def model_fn(model_dir): return 1\n"
        "def predict_fn(data, model):\n"
        "    raise Refused() if data[0] else GenericInferenceToolkitError(400, 'nothing to rank')\n"
    )
    refused, wrong = ask(server, b"[1]", "application/json"), ask(server, b"[0]", "application/json")
    assert (refused.status, refused.body) == (422, b"no such user")
    assert (wrong.status, wrong.body) == (400, b"nothing to rank")


@pytest.mark.parametrize(
    ("script", "environment", "complaint"),
    [
        ("def model_fn(model_dir): raise ValueError('bad weights')", {}, "ValueError: bad weights"),
        ("def model_fn(model_dir) return 1", {}, "SyntaxError"),
        ("transform_fn = input_fn = print", {}, "Cannot use transform_fn implementation in conjunction"),
        ("", {}, "Please provide a model_fn implementation"),
        ("", {"SAGEMAKER_PROGRAM": "infer.py"}, r"SAGEMAKER_PROGRAM is infer.py, but .* holds \['inference.py'\]"),
    ],
)
def test_a_script_that_does_not_load_ends_the_server_with_its_own_traceback(
    toolkit: Toolkit, script: str, environment: dict[str, str], complaint: str
) -> None:
    toolkit.start(script, **environment)
    assert toolkit.process is not None
    said = toolkit.process.communicate()[1]
    assert toolkit.process.returncode == 1
    assert re.search(complaint, said)


def test_execution_parameters_are_those_of_one_worker_unless_the_script_has_its_own(toolkit: Toolkit) -> None:
    server = toolkit.serving(DOUBLING)
    said = server.execution_parameters()
    assert said is not None
    assert json.loads(said) == {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}


def test_the_script_sees_its_own_folder_and_none_of_the_servers(toolkit: Toolkit) -> None:
    (toolkit.folder / "images.py").write_text("")
    server = toolkit.serving(
        "import importlib.util\n"
        "def model_fn(model_dir): return str(importlib.util.find_spec('environments'))\n"
        "def transform_fn(model, body, content_type, accept): return model\n"
    )
    assert ask(server, b"", "text/plain").body == b"None"


TORCH_MODEL = """
import json
import torch

def model_fn(model_dir):
    return torch.ones(3)

def input_fn(body, content_type):
    return torch.tensor(json.loads(body), dtype=torch.float32)

def predict_fn(data, model):
    return {"score": float(data @ model), "threads": torch.get_num_threads()}

def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
"""


@pytest.mark.training
def test_a_pytorch_model_in_script_mode_answers_behind_an_endpoint(hosting: Hosting) -> None:
    image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.5.1-cpu-py311"
    data = hosting.put(f"{hosting.name('torch')}/model.tar.gz", archive({"code/inference.py": TORCH_MODEL.encode()}))
    model = hosting.name("model")
    hosting.sagemaker.create_model(
        ModelName=model,
        PrimaryContainer={
            "Image": image,
            "ModelDataUrl": data,
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        },
    )
    endpoint = hosting.endpoint(hosting.config(model))
    assert hosting.invoke(endpoint, b"[1, 2, 3]", ContentType="application/json") == {"score": 6.0, "threads": 1}
    with pytest.raises(hosting.runtime.exceptions.ModelError) as refused:
        hosting.invoke(endpoint, b"not json", ContentType="application/json")
    assert "JSONDecodeError" in refused.value.response["OriginalMessage"]
    hosting.delete(endpoint)
