"""What the images do where the user's script has no function of its own."""

from pathlib import Path
from typing import Any

from .content import TEXT_TYPES, decode, encode, media_type


class Defaults:
    """Defaults that every framework shares; a model is something with ``predict``, as in scikit-learn."""

    def model_fn(self, model_dir: str) -> Any:
        """No default: only the user knows how the model was saved.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError(
            f"Please provide a model_fn implementation: {model_dir} cannot be loaded without it (SAGEMAKER_PROGRAM "
            "names the script, in the code folder of model.tar.gz)."
        )

    def input_fn(self, body: str | bytes, content_type: str) -> Any:
        """A float32 array from text types, any array from NPY."""
        array = decode(body, content_type)
        return array.astype("float32") if media_type(content_type) in TEXT_TYPES else array

    def predict_fn(self, data: Any, model: Any) -> Any:
        """``model.predict(data)``."""
        return model.predict(data)

    def output_fn(self, prediction: Any, accept: str) -> tuple[bytes, str]:
        """JSON, CSV or NPY, as the caller accepts."""
        return encode(prediction, accept)


class PyTorchDefaults(Defaults):
    """The defaults of the PyTorch images: a TorchScript model, tensors in and out."""

    def model_fn(self, model_dir: str) -> Any:
        """The TorchScript module ``model.pt``, or the only ``.pt`` or ``.pth`` file there is.

        :raises ValueError: when there is none, or more than one.
        """
        import torch

        folder = Path(model_dir)
        found = [folder / "model.pt"] if (folder / "model.pt").is_file() else sorted(folder.glob("*.pt*"))
        found = [path for path in found if path.suffix in (".pt", ".pth")]
        if len(found) != 1:
            names = [path.name for path in found]
            raise ValueError(f"Exactly one .pth or .pt file is required for PyTorch models: {names}")
        return torch.jit.load(str(found[0]), map_location="cpu").eval()

    def input_fn(self, body: str | bytes, content_type: str) -> Any:
        """A tensor; float32 from text types."""
        import torch

        array = decode(body, content_type)
        return torch.FloatTensor(array) if media_type(content_type) in TEXT_TYPES else torch.from_numpy(array)

    def predict_fn(self, data: Any, model: Any) -> Any:
        """``model(data)`` without gradients."""
        import torch

        with torch.no_grad():
            return model(data)

    def output_fn(self, prediction: Any, accept: str) -> tuple[bytes, str]:
        """As for other frameworks, from a tensor, too."""
        if hasattr(prediction, "detach"):
            prediction = prediction.detach().cpu().numpy()
        return encode(prediction, accept)


def defaults_of(framework: str) -> Defaults:
    """The defaults of ``pytorch`` or ``scikit-learn``."""
    return PyTorchDefaults() if framework == "pytorch" else Defaults()
