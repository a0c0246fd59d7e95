"""What ``evaluate`` of both containers must do, and what ``training_jobs/lead_scoring`` says of the same rows."""

import csv
import functools
import io
import json
import math
import random
import re
import subprocess
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local_aws.containers.environments import Environments
from local_aws.containers.images import image_for
from tests.local_aws.own_images.leads import auc
from tests.local_aws.own_images.scoring import METRICS
from tests.local_aws.own_images.support import log_of, model, train, transform
from tests.local_aws.sagemaker_jobs.support import ENDED, Jobs, Record, eventually

ROOT = Path(__file__).resolve().parents[3]
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
INPUT = "/opt/ml/processing/input"
#: Texts that a CSV has to quote, and how often each of them buys.
JOBS = {"clerk": 0.2, "a, b": 0.35, 'the "boss"': 0.8, "two\nlines": 0.5, " Zoë ": 0.65, "NA": 0.1, "back\\slash": 0.3}
COLUMNS: list[dict[str, Any]] = [
    {"name": "age", "kind": "number"},
    {"name": "job", "kind": "category", "values": JOBS, "other": 0.4},
    {"name": "rate", "kind": "number"},
]
#: Asks the job of the built-in algorithm's model what it makes of the rows.
REFERENCE = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from encoding import encode, read_encoding, read_rows
from evaluate import baseline
place = pathlib.Path(sys.argv[2])
encoding = read_encoding(place / "encoding" / "encoding.json")
test = read_rows(place / "test", encoding)
seen = [[None if value != value else float(value) for value in row] for row in encode(test, encoding)]
print(json.dumps({"seen": seen, **baseline(place / "train", test, encoding)}))
"""


def examples() -> dict[str, str]:
    """Files as the Spark job leaves them: encoded rows to learn from, and rows as they came to be judged on."""
    chance = random.Random(5)
    parts: dict[str, list[list[Any]]] = {"train": [], "validation": [], "test": []}
    for number in range(2400):
        age, job, rate = chance.randrange(18, 80), chance.choice([*JOBS, "never seen", ""]), chance.gauss(0, 1)
        effect = 4 * (JOBS.get(job, 0.4) - 0.4) + rate + (0.8 if age > 60 else 0)
        label = int(chance.random() < 1 / (1 + math.exp(-effect)))
        raw = [label, "" if chance.random() < 0.1 else age, job, f"{rate:.4f}"]
        part = ("train", "train", "train", "validation", "test")[number % 5]
        encoded = [*raw[:2], JOBS.get(job, 0.4) if job else "", raw[3]]
        parts[part].append(raw if part == "test" else encoded)
    files = {f"{part}/part-0.csv": as_csv(rows) for part, rows in parts.items()}
    return files | {"encoding/encoding.json": json.dumps({"columns": COLUMNS}, ensure_ascii=False)}


def as_csv(rows: list[list[Any]]) -> str:
    """Quoted where it must be."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def written(folder: Path) -> Path:
    """The examples as files of a folder."""
    for name, text in examples().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@functools.cache
def reference() -> dict[str, Any]:
    """What the job of the built-in algorithm's model sees of the test rows, and its baseline."""
    python = Environments(ROOT / ".trainyard" / "local_aws").python(image_for(XGBOOST))
    with tempfile.TemporaryDirectory() as folder:
        given = [str(ROOT / "training_jobs" / "lead_scoring"), str(written(Path(folder)))]
        done = subprocess.run([str(python), "-c", REFERENCE, *given], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def check_encoding(seen: list[list[float | None]]) -> None:
    """A container sees of the test rows what the job of the built-in algorithm's model sees."""
    expected = reference()["seen"]
    assert len(seen) == len(expected)
    for row, other in zip(seen, expected, strict=True):
        mine, theirs = ([math.nan if value is None else value for value in values] for values in (row, other))
        assert mine == pytest.approx(theirs, rel=1e-6, nan_ok=True)


class Judging:
    """Examples in S3, and models of an image trained on them."""

    def __init__(self, jobs: Jobs, image: str, hyperparameters: dict[str, str]) -> None:
        self.jobs, self.image = jobs, image
        self._hyperparameters = hyperparameters
        self.place = jobs.name("examples")
        for name, text in examples().items():
            jobs.put(f"{self.place}/{name}", text)
        self.model = self._learned(self.place)

    @functools.cached_property
    def former(self) -> tuple[str, str]:
        """A model that has the columns in another order, and its encoding."""
        place = self.jobs.name("former")
        for name in ("train", "validation"):
            rows = [row[:1] + row[:0:-1] for row in csv.reader(io.StringIO(examples()[f"{name}/part-0.csv"]))]
            self.jobs.put(f"{place}/{name}/part-0.csv", as_csv(rows))
        encoding = self.jobs.put(f"{place}/encoding.json", json.dumps({"columns": COLUMNS[::-1]}))
        return self._learned(place), encoding

    def _learned(self, place: str) -> str:
        channels = {name: self.jobs.uri(f"{place}/{name}/") for name in ("train", "validation")}
        job = train(self.jobs, self.image, channels, self._hyperparameters, AlgorithmSpecification=METRICS)
        assert job["TrainingJobStatus"] == "Completed", log_of(self.jobs, job)
        artifact: str = job["ModelArtifacts"]["S3ModelArtifacts"]
        return artifact

    def judged(self, **files: str) -> tuple[Record, dict[str, Any]]:
        """Run ``evaluate`` on the examples and these files by their options. The job at its end, and what it wrote."""
        name = self.jobs.name("evaluate")
        given = {"examples": self.jobs.uri(f"{self.place}/")} | {
            key.replace("_", "-"): uri for key, uri in files.items()
        }
        arguments = [word for key, uri in given.items()
                     for word in (f"--{key}", f"{INPUT}/{key}/{uri.rpartition('/')[2]}".rstrip("/"))]  # fmt: skip
        output = {"S3Uri": self.jobs.uri(name), "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        self.jobs.sagemaker.create_processing_job(
            ProcessingJobName=name,
            RoleArn=self.jobs.role,
            ProcessingInputs=[processing_input(key, uri) for key, uri in given.items()],
            ProcessingOutputConfig={"Outputs": [{"OutputName": "evaluation", "S3Output": output}]},
            AppSpecification={
                "ImageUri": self.image, "ContainerEntrypoint": ["evaluate"],
                "ContainerArguments": [*arguments, "--output", "/opt/ml/processing/output"],
            },
            ProcessingResources={"ClusterConfig": cluster},
        )  # fmt: skip

        def ended() -> Record | None:
            job = self.jobs.sagemaker.describe_processing_job(ProcessingJobName=name)
            return job if job["ProcessingJobStatus"] in ENDED else None

        job = eventually(ended)
        whole = job["ProcessingJobStatus"] == "Completed"
        return job, json.loads(self.jobs.read(f"{name}/evaluation.json")) if whole else {}


def processing_input(name: str, uri: str) -> Record:
    """An object or a prefix, in a folder of its name."""
    source = {"S3Uri": uri, "LocalPath": f"{INPUT}/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}


def check_first_model(judging: Judging) -> None:
    """Its AUC is that of its scores on the rows as the other job encodes them; the baseline is the other job's."""
    job, told = judging.judged(challenger=judging.model)
    assert job["ProcessingJobStatus"] == "Completed", job.get("ExitMessage")
    given = list(csv.reader(io.StringIO(examples()["test/part-0.csv"])))
    labels, known = [int(row[0]) for row in given], reference()
    rows = [["" if value is None else f"{value:.8g}" for value in row] for row in known["seen"]]
    requests = judging.jobs.put(f"{judging.place}-asked/rows.csv", as_csv(rows))
    asked, answered = transform(judging.jobs, model(judging.jobs, judging.image, judging.model), requests)
    assert asked["TransformJobStatus"] == "Completed", asked.get("FailureReason")
    figure = auc(labels, [float(line) for line in answered.splitlines()])
    assert told == {
        "challenger": {"auc": pytest.approx(figure, abs=2e-6)},
        "champion": None,
        "baseline": known["baseline"],
        "baseline_name": known["baseline_name"],
        "rows": len(labels),
        "positives": sum(labels),
    }
    assert told["challenger"]["auc"] > told["baseline"]["auc"] > 0.5


def check_champion(judging: Judging) -> None:
    """A champion sees the rows through its own encoding: the same columns in another order are as good."""
    champion, encoding = judging.former
    job, told = judging.judged(challenger=judging.model, champion=champion, champion_encoding=encoding)
    assert job["ProcessingJobStatus"] == "Completed", job.get("ExitMessage")
    assert told["champion"]["auc"] == pytest.approx(told["challenger"]["auc"], abs=0.02)


def check_refusals(judging: Judging) -> None:
    """What cannot be measured is said in the job's ExitMessage."""
    jobs = judging.jobs
    encoding = jobs.uri(f"{judging.place}/encoding/encoding.json")
    narrow = jobs.put(f"{judging.place}-narrow/encoding.json", json.dumps({"columns": COLUMNS[:2]}))
    texts = jobs.put(f"{judging.place}-texts/encoding.json", json.dumps({"columns": [
        {"name": name, "kind": "number"} for name in ("age", "job", "rate")]}))  # fmt: skip
    other = jobs.put(f"{judging.place}-other/model.tar.gz", packed({"xgboost-model": b"trees"}))
    broken = jobs.put(f"{judging.place}-broken/model.tar.gz", b"no archive")
    refused: list[tuple[dict[str, str], str]] = [
        ({"champion": other, "champion_encoding": encoding},
         "The champion cannot be measured: it holds xgboost-model, not model.* "
         "Remedy: a model of another algorithm gets a name and an endpoint of its own"),
        ({"champion": broken, "champion_encoding": encoding}, "The champion .* is no model.tar.gz"),
        ({"champion": judging.model}, "The champion has no --champion-encoding. Remedy: register it"),
        ({"champion": judging.model, "champion_encoding": narrow},
         "The champion knows 3 columns, its encoding 2: they are not of one run"),
        ({"champion": judging.model, "champion_encoding": texts},
         "The column job was a number for this model, and is text in the rows: .* Remedy: select the text"),
    ]  # fmt: skip
    with ThreadPoolExecutor() as threads:
        ended = threads.map(lambda one: judging.judged(challenger=judging.model, **one[0])[0], refused)
    for job, (_, words) in zip(ended, refused, strict=True):
        assert job["ProcessingJobStatus"] == "Failed"
        assert re.search(words, job["ExitMessage"]), (words, job["ExitMessage"])


def packed(files: dict[str, bytes]) -> bytes:
    """A model.tar.gz."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return whole.getvalue()
