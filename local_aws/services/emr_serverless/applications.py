"""Operations on applications."""

from typing import Any

from local_aws.service import Call
from local_aws.services.emr_serverless import errors
from local_aws.services.emr_serverless.application_requests import check, new_application, settings
from local_aws.services.emr_serverless.descriptions import application_arn, application_detail, application_summary
from local_aws.services.emr_serverless.pages import page
from local_aws.services.emr_serverless.store import Store, now
from local_aws.world import World

#: The states in which nothing of an application is on, so that it can be changed or deleted.
_OFF = ("CREATED", "STOPPED")
_ON = ("STARTING", "STARTED")


class Applications:
    """CreateApplication to DeleteApplication."""

    def __init__(self, world: World, store: Store) -> None:
        self._world = world
        self._store = store

    def create_application(self, call: Call) -> dict[str, Any]:
        """Record the application; it is CREATED a moment later."""

        def make() -> str:
            record = new_application(call.params)
            self._store.add_application(record)
            return str(record["id"])

        application = self._store.application(self._store.once("create", call.params, make))
        arn = application_arn(self._world, application["id"])
        name = {"name": application["name"]} if application["name"] else {}
        return {"applicationId": application["id"], "arn": arn, **name}

    def get_application(self, call: Call) -> dict[str, Any]:
        """One application in full."""
        application = self._store.application(call.params["applicationId"])
        return {"application": application_detail(self._world, application)}

    def list_applications(self, call: Call) -> dict[str, Any]:
        """Applications by state, the newest first."""
        states = call.params.get("states")
        found = [
            application_summary(self._world, application)
            for application in reversed(self._store.applications())
            if not states or application["state"] in states
        ]
        return page("applications", found, call.params)

    def update_application(self, call: Call) -> dict[str, Any]:
        """Change what an application that is off was told."""
        asked = call.params
        with self._store.changed:
            application = self._require(asked["applicationId"], _OFF)
            check(asked)
            changed = self._store.change_application(
                application["id"],
                settings=settings(asked, application["settings"]),
                release=asked.get("releaseLabel", application["release"]),
            )
        return {"application": application_detail(self._world, changed)}

    def start_application(self, call: Call) -> None:
        """Begin to start it; one that is on stays on."""
        with self._store.changed:
            application = self._require(call.params["applicationId"], (*_OFF, *_ON))
            if application["state"] in _OFF:
                self._store.change_application(application["id"], state="STARTING", details="")

    def stop_application(self, call: Call) -> None:
        """Begin to stop it. Its job runs must have ended."""
        with self._store.changed:
            application = self._require(call.params["applicationId"], ("STARTED", *_OFF))
            active = self._store.active_runs(application["id"])
            if active:
                raise errors.validation(
                    f"Application {application['id']} has {len(active)} active job runs. All scheduled and running "
                    "jobs must be completed or cancelled before stopping an application."
                )
            if application["state"] == "STARTED":
                self._store.change_application(application["id"], state="STOPPING", details="")

    def delete_application(self, call: Call) -> None:
        """End an application that is off; it is seen as TERMINATED from then on."""
        with self._store.changed:
            application = self._require(call.params["applicationId"], _OFF)
            self._store.change_application(application["id"], state="TERMINATED", idle_since=now())

    def _require(self, application_id: str, states: tuple[str, ...]) -> dict[str, Any]:
        application = self._store.application(application_id)
        if application["state"] not in states:
            raise errors.wrong_state(application_id, states, application["state"])
        return application
