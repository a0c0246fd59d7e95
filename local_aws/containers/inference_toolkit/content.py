"""The formats that the default functions read and write: JSON, CSV and NPY, to and from numpy arrays."""

import io
import json
from typing import Any

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
ANY = "*/*"
#: Bodies of these types reach the user's code as text, all others as bytes.
TEXT_TYPES = (JSON, CSV)


class UnsupportedFormat(Exception):
    """A type that the defaults cannot handle; ``status`` is 415 for what came in and 406 for what should go out."""

    def __init__(self, content_type: str, status: int) -> None:
        self.status = status
        what, function = ("Content type", "input_fn") if status == 415 else ("Accept type", "output_fn")
        super().__init__(f"{what} {content_type} is not supported by the framework. Please implement {function}.")


def media_type(header: str) -> str:
    """``text/csv`` from ``text/csv; charset=utf-8``."""
    return header.partition(";")[0].strip().lower()


def decode(body: str | bytes, content_type: str) -> Any:
    """A request's body as a numpy array.

    :raises UnsupportedFormat: for any other type than JSON, CSV and NPY.
    """
    import numpy as np

    kind = media_type(content_type)
    if kind == JSON:
        return np.array(json.loads(body))
    if kind == CSV:
        text = body if isinstance(body, str) else body.decode()
        return np.genfromtxt(io.StringIO(text), delimiter=",")
    if kind == NPY and isinstance(body, bytes):
        # Without pickles, unlike AWS's toolkit: an array of objects would run code of whoever sends the request.
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise UnsupportedFormat(content_type, 415)


def encode(prediction: Any, accept: str) -> tuple[bytes, str]:
    """A prediction (array, list, number) as a body and its type: the first that ``accept`` names and we can write.

    :raises UnsupportedFormat: when there is none.
    """
    import numpy as np

    for kind in (media_type(part) for part in accept.split(",")):
        if kind in (JSON, ANY):
            return json.dumps(prediction, default=_plain).encode(), JSON
        if kind == CSV:
            text = io.StringIO()
            np.savetxt(text, np.atleast_1d(np.asarray(prediction)), delimiter=",", fmt="%s")
            return text.getvalue().encode(), CSV
        if kind == NPY:
            array = io.BytesIO()
            np.save(array, np.asarray(prediction), allow_pickle=False)
            return array.getvalue(), NPY
    raise UnsupportedFormat(accept, 406)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON: implement output_fn")
