"""The configuration that puts s3:// on the folders of the buckets."""

from pathlib import Path

from local_aws.spark.settings import bucket_mounts, hidden_buckets, properties_file

_MOUNT = "spark.hadoop.fs.viewfs.mounttable.{}.linkFallback"


def test_each_bucket_is_mounted_on_its_folder() -> None:
    mounts = bucket_mounts(Path("/a folder/s3"), ["shop", "shop-logs", "my.shop"])
    assert mounts[_MOUNT.format("shop")] == "rawlocal:///a%20folder/s3/shop"
    assert mounts[_MOUNT.format("shop-logs")] == "rawlocal:///a%20folder/s3/shop-logs"
    assert mounts[_MOUNT.format("my.shop")] == "rawlocal:///a%20folder/s3/my.shop"


def test_a_bucket_whose_name_extends_anothers_does_not_take_that_one_away() -> None:
    buckets = ["shop", "shop.logs", "shop.logs.old", "shops", "shops.x-ray"]
    assert hidden_buckets(buckets) == ["shop.logs", "shop.logs.old", "shops.x-ray"]
    mounts = bucket_mounts(Path("/s3"), buckets)
    assert [name for name in buckets if _MOUNT.format(name) in mounts] == ["shop", "shops"]


def test_what_a_value_holds_survives_the_file() -> None:
    text = properties_file({"spark.app.name": "C:\\new", "spark.x": "two\nlines = ü"})
    assert text == "spark.app.name C:\\\\new\nspark.x two\\nlines = ü\n"
