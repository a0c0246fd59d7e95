"""The model server of script mode: what ``serve`` is in AWS's PyTorch and scikit-learn inference images.

It runs inside the container's own environment, which knows nothing of local_aws: only the standard library, uvicorn
and, where a default needs them, numpy and the framework are imported here. Started as
``python .../inference_toolkit pytorch|scikit-learn``. The contract it fulfils (``model_fn``, ``input_fn``,
``predict_fn``, ``output_fn``, ``transform_fn``, the names of variables and files) is the one documented by the
SageMaker inference toolkits for those images.
"""
