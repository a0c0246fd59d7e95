"""``python3 infra/compose_env.py``: write ``.env`` with fresh secrets for docker-compose.yaml, readable by you only."""

import os
import secrets
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / ".env"


def contents() -> str:
    """The lines of the file: the secrets that docker-compose.yaml asks for, made now."""
    made = {
        "POSTGRES_PASSWORD": secrets.token_hex(24),  # it becomes part of a URL
        "AIRFLOW_FERNET_KEY": secrets.token_urlsafe(32) + "=",  # 32 bytes in padded base64, as Fernet wants them
        "AIRFLOW_SECRET_KEY": secrets.token_urlsafe(48),
        "AIRFLOW_JWT_SECRET": secrets.token_urlsafe(72),  # below 64 bytes Airflow warns
    }
    return "".join(f"{name}={value}\n" for name, value in made.items())


def main(target: Path = TARGET) -> int:
    """Write the file unless it is there: whoever replaces the keys cannot read what they encrypted."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.stderr.write(f"{target} exists and stays as it is. To begin anew, remove it and the volumes.\n")
        return 1
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(contents())
    return 0


if __name__ == "__main__":
    sys.exit(main())
