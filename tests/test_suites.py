"""Several processes share the tests by suites."""

from tests.suites import suite


def test_the_files_of_a_folder_stay_together_for_their_fixtures() -> None:
    assert suite("tests/spark/test_java.py::test_one") == suite("tests/spark/test_settings.py::test_other[a::b/c]")


def test_folders_beside_and_below_one_another_may_run_at_the_same_time() -> None:
    assert suite("tests/local_aws/emr/test_steps.py::test_it") != suite("tests/local_aws/test_s3.py::test_it")


def test_each_road_from_end_to_end_is_a_suite_of_its_own() -> None:
    roads = "test_sweep.py", "test_up_and_down.py"
    assert len({suite(f"tests/end_to_end/{file}::test_it") for file in roads}) == 2
