"""From cheroot's request to WSGI, without losing how S3's metadata headers were spelled."""

from typing import Any

from cheroot.wsgi import Gateway_10

from local_aws.wire import PRESERVED_HEADER_NAMES_ENVIRON_KEY


class HeaderKeepingGateway(Gateway_10):  # type: ignore[misc]  # cheroot has no types
    """WSGI folds ``-`` and ``_`` in header names into one; S3 tells ``x-amz-meta-a_b`` from ``x-amz-meta-a-b``."""

    def get_environ(self) -> dict[str, Any]:
        """The environ, with the original names of folded metadata headers under moto's key."""
        environ: dict[str, Any] = super().get_environ()
        names = [name.decode("latin-1") for name in self.req.inheaders]
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
            f"HTTP_{name.upper().replace('-', '_')}": name.lower()
            for name in names
            if "_" in name and name.lower().startswith("x-amz-meta-")
        }
        return environ
