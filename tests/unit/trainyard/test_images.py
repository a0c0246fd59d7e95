import pytest

from trainyard.errors import SpecError
from trainyard.images import image_uri


def test_a_short_name_becomes_the_address_in_the_region() -> None:
    uri = image_uri("pytorch-training:2.5.1-cpu-py311", "eu-west-1")
    assert uri == "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311"


def test_scikit_learn_has_an_account_in_each_region() -> None:
    uri = image_uri("sagemaker-scikit-learn:1.2-1-cpu-py3", "us-east-1")
    assert uri == "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


def test_xgboost_is_kept_where_scikit_learn_is() -> None:
    uri = image_uri("sagemaker-xgboost:3.0-5", "us-west-2")
    assert uri == "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:3.0-5"


def test_a_full_address_is_left_alone() -> None:
    assert (
        image_uri("1.dkr.ecr.eu-west-1.amazonaws.com/mine:1", "us-east-1") == "1.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
    )


def test_an_image_of_one_s_own_is_in_the_registry_of_the_account_and_region() -> None:
    uri = image_uri("own/team/churn-r:1", "eu-west-1", "123456789012")
    assert uri == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/churn-r:1"
    uri = image_uri("own/churn@sha256:0", "cn-north-1", "123456789012")
    assert uri == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/churn@sha256:0"
    with pytest.raises(SpecError, match="is in the registry of an account that is not known here"):
        image_uri("own/churn:1", "eu-west-1")


@pytest.mark.parametrize(
    ("image", "region"), [("mine:1", "us-east-1"), ("pytorch-training:2.5.1-cpu-py311", "mars-north-1")]
)
def test_what_is_not_known_is_refused(image: str, region: str) -> None:
    with pytest.raises(SpecError, match="full URI"):
        image_uri(image, region)
