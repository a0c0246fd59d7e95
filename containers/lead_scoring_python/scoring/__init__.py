"""Lead scoring in a container of one's own: ``train`` and ``serve`` on SageMaker's contract."""
