"""The name under which Airflow's components find each other: they all run on this machine and listen on 127.0.0.1."""


def loopback() -> str:
    """Airflow's ``[core] hostname_callable``: a laptop's own name often resolves to an address nobody listens on."""
    return "127.0.0.1"
