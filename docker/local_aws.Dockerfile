# local_aws: the stand-in for AWS, with Spark and a Java of its own. The repository is mounted, not copied.
FROM python:3.11-slim-bookworm
COPY requirements.txt /requirements.txt
RUN pip install --no-cache-dir -r /requirements.txt \
 && useradd --create-home --uid 1000 local_aws \
 && install -d -o local_aws -g local_aws /var/lib/local_aws /setup
USER local_aws
WORKDIR /trainyard
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 4566
CMD ["python", "-m", "local_aws", "--host", "0.0.0.0", "--port", "4566", "--state", "/var/lib/local_aws", "--images", "containers"]
