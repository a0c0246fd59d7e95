"""From cheroot's request to WSGI, without losing how S3's metadata headers were spelled."""

import socket
from typing import Any

from cheroot.wsgi import Gateway_10

from local_aws.wire import PRESERVED_HEADER_NAMES_ENVIRON_KEY


class HeaderKeepingGateway(Gateway_10):
    """WSGI folds ``-`` and ``_`` in header names into one; S3 tells ``x-amz-meta-a_b`` from ``x-amz-meta-a-b``."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # cheroot's stub says None and means this
        """The environ, with the original names of folded metadata headers under moto's key."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]  # as above
        # The path as it was sent: a decoded one cannot tell `%2520` from `%20`, which are two keys to S3.
        environ["RAW_URI"] = environ["REQUEST_URI"]
        # A scripted fault cuts the connection: the client sees it end without a reply.
        environ["local_aws.cut"] = lambda: self.req.conn.socket.shutdown(socket.SHUT_RDWR)
        names = [name.decode("latin-1") for name in self.req.inheaders]
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
            f"HTTP_{name.upper().replace('-', '_')}": name.lower()
            for name in names
            if "_" in name and name.lower().startswith("x-amz-meta-")
        }
        return environ
