"""What `yard release` is asked for: one thing at a time, in a stack that is there."""

from dataclasses import replace

import pytest

from yard.errors import YardError
from yard.home import Home
from yard.releasing import Wish, released


@pytest.mark.parametrize("other", [Wish(dry_run=True), Wish(listing=True), Wish(variable=True), Wish(current=False)])
def test_two_things_at_once_are_refused_before_anything_is_asked(other: Wish) -> None:
    with pytest.raises(YardError, match="--rollback and --variable are five things"):
        released(Home.find(), replace(other, rollback="abc"), on_aws=False)


def test_the_name_of_a_stack_without_an_account_is_refused() -> None:
    with pytest.raises(YardError, match="--stack names one of an AWS account"):
        released(Home.find(), Wish(), on_aws=False, stack="another")
