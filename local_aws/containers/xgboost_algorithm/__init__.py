"""SageMaker's built-in XGBoost: what ``train`` and ``serve`` are in AWS's image when no script is given.

It runs inside the container's own environment, which knows nothing of local_aws: the standard library, xgboost, numpy,
scipy, pyarrow and uvicorn are all that is imported here. Started as ``python .../xgboost_algorithm train|serve``. The
contract (channels, hyperparameters, log lines, ``xgboost-model``, content types and statuses) is the one documented for
the image ``sagemaker-xgboost:3.0-5``.
"""
