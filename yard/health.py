"""Whether Airflow's components are well, by Airflow's own word, and which of them has been silent for too long."""

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

#: Seconds between two questions: often while starting, seldom afterwards.
_EAGER_SECONDS, _CALM_SECONDS = 0.3, 5.0
#: Seconds after which a component that is not well is taken for stuck. A busy machine may well delay heartbeats.
_STUCK_SECONDS = 120.0

#: Our names for the components, and Airflow's in its health report.
_REPORTED = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


def ask_airflow(ui_url: str) -> dict[str, Any] | None:
    """Airflow's health report, or None when it does not answer with one."""
    try:
        with urllib.request.urlopen(f"{ui_url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310 - 127.0.0.1
            report = json.load(answer)
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None


class Health:
    """What was heard of each component, and when last it was good.

    :param ask: how to get the report.
    :param clock: seconds, never going back.
    """

    def __init__(
        self,
        ui_url: str,
        ask: Callable[[str], dict[str, Any] | None] = ask_airflow,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ui_url = ui_url
        self._ask = ask
        self._clock = clock
        self._asked = float("-inf")
        self._last_well: dict[str, float] = {}
        self.all_healthy = False

    def is_due(self) -> bool:
        """Whether it is time to ask again."""
        return self._clock() - self._asked > (_CALM_SECONDS if self.all_healthy else _EAGER_SECONDS)

    def ask(self) -> None:
        """Ask Airflow and remember the answer."""
        report = self._ask(self._ui_url)
        self._asked = now = self._clock()
        well = {ours for ours, name in _REPORTED.items() if _is_healthy(report, name)}
        if report is None:
            # Nobody told us of the others: their silence is the API server's, and counts against it alone.
            self._last_well.update(dict.fromkeys(_REPORTED, now))
        else:
            well.add("api-server")
        self._last_well.update(dict.fromkeys(well, now))
        self.all_healthy = well == {"api-server", *_REPORTED}

    def is_stuck(self, component: str, started: float) -> bool:
        """Whether a component has not been well for two minutes of its present life.

        :param started: when that life began, by the same clock.
        """
        if component not in _REPORTED and component != "api-server":
            return False
        return self._clock() - max(started, self._last_well.get(component, started)) > _STUCK_SECONDS


def _is_healthy(report: dict[str, Any] | None, name: str) -> bool:
    entry = (report or {}).get(name)
    return isinstance(entry, dict) and entry.get("status") == "healthy"
