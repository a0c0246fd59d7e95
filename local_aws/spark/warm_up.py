"""A Spark program that touches what programs usually touch, so that its classes get into the archive."""

import sys

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F


def main() -> None:
    """Write, read, join, aggregate, sort and explode a few rows, below the folder given as argument."""
    folder = sys.argv[1]
    spark = SparkSession.builder.getOrCreate()
    rows = spark.range(2000).select((F.col("id") % 50).alias("user"), F.col("id").cast("string").alias("item"))
    rows.write.mode("overwrite").parquet(f"{folder}/rows")
    rows.write.mode("overwrite").csv(f"{folder}/csv", header=True)
    read = spark.read.parquet(f"{folder}/rows").persist()
    rare = read.groupBy("item").count().where("count < 1").select("item")
    kept = read.join(rare, "item", "left_anti").join(spark.read.csv(f"{folder}/csv", header=True), "item")
    lists = kept.groupBy(read["user"]).agg(F.sort_array(F.collect_list(F.struct("item"))).alias("items"))
    exploded = lists.select("user", F.posexplode("items"))
    exploded.withColumn("n", F.row_number().over(Window.partitionBy("user").orderBy("pos"))).count()
    hashed = lists.select(F.transform("items", lambda item: F.xxhash64(item["item"])).alias("hashes"))
    hashed.distinct().repartitionByRange("hashes").sortWithinPartitions("hashes").count()
    lists.select(F.to_json(F.struct("user")).alias("value")).write.mode("overwrite").text(f"{folder}/text")
    spark.read.json(f"{folder}/text").agg(F.max("user")).first()
    spark.stop()


if __name__ == "__main__":
    main()
