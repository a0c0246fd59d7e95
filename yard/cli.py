"""The commands and their options; what they do is elsewhere."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError

from trainyard.errors import TrainyardError
from yard import environment, say, services
from yard.backfill.cli import backfill
from yard.checks import explain, traced
from yard.errors import Interrupted, YardError
from yard.home import Home
from yard.release_cli import OnAws, Stack, package, release

app = typer.Typer(
    name="yard",
    help="Trainyard on this machine: start it, run a model's pipeline, look at it, end it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Schedule = Annotated[bool, typer.Option("--schedule", help="Let DAGs run by their timetables, not only when asked.")]
KeepUp = Annotated[bool, typer.Option("--keep-up", help="Leave Airflow and local_aws running afterwards.")]
Model = Annotated[str, typer.Argument(help="The model, which is also its DAG's id.")]


@app.command()
def demo(
    model: Annotated[str, typer.Option(help="The model.")] = "recommender",
    data: Annotated[
        Path | None, typer.Option(help="A CSV or Parquet file of a table's columns; else the data is made up.")
    ] = None,
    keep_up: KeepUp = False,
) -> None:
    """The whole road once: load data, run the pipeline, report; what it starts it ends, unless told to keep it up."""
    from yard.demo import demo as whole_road  # pandas: other commands need not wait for it

    whole_road(Home.find(), model, data, keep_up=keep_up)


@app.command()
def up(schedule: Schedule = False) -> None:
    """Start Airflow and local_aws and leave them running in the background."""
    from yard.session import opened, publish

    with opened(Home.find(), keep_up=True, schedule=schedule) as session:
        publish(session)
        session.airflow()
    say.line(f"Airflow    {session.services.ui_url}")
    say.line(f"local_aws  {session.services.endpoint_url}")
    say.line("`make down` ends both.")


@app.command()
def down() -> None:
    """End everything that `up`, `demo` or `run` started, also when it crashed; nothing else is touched."""
    say.done("Everything has ended." if services.stop(Home.find()) else "Nothing was running.")


@app.command()
def run(
    model: Model,
    partition: Annotated[str | None, typer.Option(help="The Monday of a week, YYYY-MM-DD; else the newest.")] = None,
    param: Annotated[list[str] | None, typer.Option(help="A field of the form, name=value; may be repeated.")] = None,
    keep_up: KeepUp = False,
) -> None:
    """Release the code, run a model's pipeline, follow it and report."""
    from yard.run import parse_param
    from yard.run import run as run_model
    from yard.session import opened, publish

    began = datetime.now(UTC)
    conf = dict(parse_param(text) for text in param or [])
    if partition:
        conf["partition"] = partition
    with opened(Home.find(), keep_up=keep_up) as session:
        publish(session)
        run_model(session, model, conf, began=began)


app.command()(backfill)


@app.command()
def status(
    model: Annotated[str | None, typer.Argument(help="A model: its partitions, as the ledger has them.")] = None,
    everything: Annotated[bool, typer.Option("--partitions", help="All of them, not the newest alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Every record, for a program.")] = False,
) -> None:
    """What is up, what ran last, and what is live; of a model, what became of each partition."""
    if model is None:
        from yard.status import status as show

        show(Home.find())
    else:
        from yard.partitions import partitions

        partitions(Home.find(), model, everything=everything, as_json=as_json)


@app.command()
def pools(
    aws: Annotated[
        bool, typer.Option("--aws", help="By the quotas of this machine's AWS account; sets nothing.")
    ] = False,
) -> None:
    """Make the pools that the models' steps name as large as the quotas; with --aws, print what Airflow imports."""
    from yard.pools import pools as size

    size(Home.find(), on_aws=aws)


@app.command()
def sweep(
    stop: Annotated[bool, typer.Option("--stop", help="End and delete what is found; else only say it.")] = False,
    minutes: Annotated[int, typer.Option(min=0, help="Leave younger jobs and clusters alone.")] = 15,
    days: Annotated[int, typer.Option(min=0, help="Leave places in the bucket alone that are younger.")] = 7,
    keep: Annotated[int, typer.Option(min=1, help="Idle versions of each model that stay.")] = 3,
) -> None:
    """Find what costs and belongs to no live task: jobs, clusters, old versions, files nobody published."""
    from yard.sweep import sweep as look

    look(Home.find(), stop=stop, minutes=minutes, days=days, keep=keep)


@app.command()
def score(
    source: Annotated[str, typer.Argument(help="A file of one row a line, or s3://bucket/key.")],
    endpoint: Annotated[str, typer.Option(help="The endpoint's name.")],
    output: Annotated[Path | None, typer.Option(help="Where the answers go; by default the file's name + .out")] = None,
    content_type: Annotated[str, typer.Option(help="What a row is.")] = "text/csv",
    accept: Annotated[str, typer.Option(help="What an answer shall be.")] = "text/csv",
    payload_mb: Annotated[float, typer.Option(min=0.001, max=25, help="No request is larger.")] = 5.0,
    in_flight: Annotated[int, typer.Option(min=1, max=64, help="Requests under way at once.")] = 4,
    aws: Annotated[bool, typer.Option("--aws", help="On AWS, with this machine's credentials.")] = False,
) -> None:
    """Score a file through an endpoint: an answer line for each line, in order, whatever the file's size."""
    from yard.score import Request, score_file

    request = Request(endpoint, content_type, accept, int(payload_mb * 1_000_000), in_flight)
    target = output or Path(f"{Path(source).name}.out")
    score_file(Home.find(), source, target, request, on_aws=aws)


app.command()(release)
app.command()(package)


@app.command()
def pipeline(
    model: Model,
    output: Annotated[Path | None, typer.Option(help="Write the definition to this file; create nothing.")] = None,
    aws: OnAws = False,
    stack: Stack = "",
    variable: Annotated[Path | None, typer.Option(help="The Airflow Variable, where it says more.")] = None,
) -> None:
    """Make a SageMaker pipeline of a model's training: train, evaluate, register and, when approved, deploy."""
    from yard.pipeline import make

    make(Home.find(), model, output, on_aws=aws, stack=stack, variable=variable)


@app.command()
def load(
    path: Annotated[Path, typer.Argument(help="A CSV or Parquet file of the columns of the model's table.")],
    model: Annotated[str, typer.Option(help="The model whose table is to be filled.")] = "recommender",
    replace: Annotated[bool, typer.Option("--replace", help="Empty the table first; else other weeks stay.")] = False,
) -> None:
    """Load a file into the warehouse: the weeks in it take the place of what was there for them."""
    from yard import demos
    from yard.demo import load as load_frame
    from yard.session import attach

    chosen = demos.find(model)
    load_frame(attach(Home.find()), chosen, chosen.read(path), replace=replace)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def airflow(context: typer.Context) -> None:
    """Airflow's own command line, pointed at our Airflow, e.g. `yard airflow backfill create ...`."""
    from yard.session import attach

    session = attach(Home.find())
    settings = environment.airflow_settings(session.home, session.services.ports, os.environ, schedule=False)
    variables = {**settings, **environment.airflow_variable(session.outputs)}
    argv = [sys.executable, "-m", "airflow", *context.args]
    os.execve(sys.executable, argv, variables)  # noqa: S606 - no shell is wanted


@app.command(name="new-model")
def new_model(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and underscores.")],
    like: Annotated[str, typer.Option(help="The model to begin with: recommender or lead_scoring.")] = "recommender",
) -> None:
    """Write the files of a new model: a working copy of another one's, to be changed one by one."""
    from yard.new_model import document, lay_out, write

    root = Home.find().root
    written = write(root, name, like)
    lay_out(root, written)
    for path in [*written, *document(root, written)]:
        say.done(str(path))
    say.line("Next: say in the SQL which rows it learns from, in the Spark job what is learned, in the DAG how.")
    say.line(f"make test k={name}")
    say.line("make up, and load its rows: docs/add-a-model.md")
    say.line(f".venv/bin/python -m yard run {name}")


def main() -> NoReturn:
    """Run a command; its exit code tells the truth, and its errors are sentences, not stack traces."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    for name in ("NO_PROXY", "no_proxy"):  # everything we talk to is on this machine
        os.environ[name] = ",".join(filter(None, ("127.0.0.1", "localhost", os.environ.get(name))))
    sys.exit(_run())


def _run() -> int:
    try:
        app()  # ends with SystemExit: 0, or 2 and what was wrong with the command line
    except Interrupted as error:
        say.failed("Interrupted.", "Run the same command again to start over; `make down` ends what may still run.")
        return error.exit_code
    except YardError as error:
        cause = traced(error, Home.find())
        say.failed(cause.what, cause.remedy)
        return cause.exit_code
    except TrainyardError as error:
        say.failed(str(error))
        return 1
    except (ClientError, BotoCoreError) as error:
        say.failed(str(error), "local_aws's own words are in .trainyard/logs/local_aws.log.")
        return 1
    except OSError as error:
        told = explain(error)
        say.failed(told.what, told.remedy)
        return 1
    return 0


def _interrupt(number: int, _frame: object) -> NoReturn:
    raise Interrupted(number)
