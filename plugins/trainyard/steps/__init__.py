"""The DAG author's vocabulary: one verb per step of a model's life.

Each verb makes one task, and returns what the task will return, so that the order of a DAG is the flow of its data.
What a task returns is small JSON (names, URIs, rows, metrics); the verb's docstring lists its keys, because reports are
made of them. What a step leaves in S3 is told by its manifest.
"""

from trainyard.steps.adopt_version import adopt_version
from trainyard.steps.announce_features import announce_features, features_form
from trainyard.steps.assets import drift_asset, examples_asset, live_asset, scores_asset
from trainyard.steps.build_examples import build_examples
from trainyard.steps.choose_hyperparameters import choose_hyperparameters
from trainyard.steps.cluster import cluster
from trainyard.steps.defaults import DEFAULTS
from trainyard.steps.deploy import deploy
from trainyard.steps.evaluate import evaluate
from trainyard.steps.fetch_code import fetch_code
from trainyard.steps.find_champion import find_champion
from trainyard.steps.find_features import find_features
from trainyard.steps.find_live import find_live
from trainyard.steps.form import form, scoring_form
from trainyard.steps.judge import judge
from trainyard.steps.load import find_drops, landing_asset, landing_form, load
from trainyard.steps.publish_features import publish_features
from trainyard.steps.publish_scores import publish_scores
from trainyard.steps.read_version import read_version
from trainyard.steps.recorded import recorded
from trainyard.steps.register import register
from trainyard.steps.resolve_run import resolve_run
from trainyard.steps.retire import retire
from trainyard.steps.run_pipeline import run_pipeline, train_by_pipeline
from trainyard.steps.run_state_machine import run_state_machine
from trainyard.steps.score import score
from trainyard.steps.smoke_test import smoke_test
from trainyard.steps.start_next import start_next
from trainyard.steps.start_run import start_run
from trainyard.steps.sweep import sweep, sweep_form
from trainyard.steps.train import train
from trainyard.steps.unload import unload
from trainyard.steps.wait_for_manifest import wait_for_manifest
from trainyard.steps.wait_for_source import wait_for_source

__all__ = [
    "DEFAULTS",
    "adopt_version",
    "announce_features",
    "build_examples",
    "choose_hyperparameters",
    "cluster",
    "deploy",
    "drift_asset",
    "evaluate",
    "examples_asset",
    "features_form",
    "fetch_code",
    "find_champion",
    "find_drops",
    "find_features",
    "find_live",
    "form",
    "judge",
    "landing_asset",
    "landing_form",
    "live_asset",
    "load",
    "publish_features",
    "publish_scores",
    "read_version",
    "recorded",
    "register",
    "resolve_run",
    "retire",
    "run_pipeline",
    "run_state_machine",
    "score",
    "scores_asset",
    "scoring_form",
    "smoke_test",
    "start_next",
    "start_run",
    "sweep",
    "sweep_form",
    "train",
    "train_by_pipeline",
    "unload",
    "wait_for_manifest",
    "wait_for_source",
]
