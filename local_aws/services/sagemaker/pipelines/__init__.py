"""SageMaker Pipelines: definitions of steps, and executions that carry them out by the service's own operations."""
