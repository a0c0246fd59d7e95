"""Lead scoring in a container of one's own: ``train``, ``serve`` and ``evaluate`` on SageMaker's contract."""
