"""The factorised model is the NeuMF of the paper, only computed in another order."""

import pytest
import torch
from model import NeuMF, scores
from torch import Tensor

USERS, ITEMS = 7, 11


def as_in_the_paper(model: NeuMF, users: Tensor, items: Tensor) -> Tensor:
    """Every pair for itself: concatenate, pass through the layers, concatenate, last layer."""
    user, item = users.repeat_interleave(items.shape[1]), items.flatten()
    first = torch.cat([model.first_user.weight, model.first_item.weight], dim=1)
    state = torch.cat([model.user_mlp(user), model.item_mlp(item)], dim=1)
    state = torch.relu(state @ first.T + model.first_user.bias)
    for layer in model.hidden:
        state = torch.relu(layer(state))
    joined = torch.cat([model.user_gmf(user) * model.item_gmf(item), state], dim=1)
    last = torch.cat([model.last_gmf.weight, model.last_mlp.weight], dim=1)
    return (joined @ last.T + model.last_mlp.bias).view(items.shape)


def pairs(rows: int, columns: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randint(USERS, (rows,)), torch.randint(ITEMS, (rows, columns))


# Both orders of the lookup: few pairs (rows first) and many (the table first).
@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (40, 5)])
@pytest.mark.parametrize("num_layers", range(1, 7))
def test_scores_and_gradients_are_those_of_the_paper(num_layers: int, rows: int, columns: int) -> None:
    torch.manual_seed(0)
    model = NeuMF(USERS, ITEMS, factor_num=2, num_layers=num_layers).double()
    for table in model.embeddings():
        torch.nn.init.normal_(table)
    users, items = pairs(rows, columns)
    weights = list(model.parameters())
    ours, papers = model(users, items), as_in_the_paper(model, users, items)
    torch.testing.assert_close(ours, papers)
    # Weighted, so that every sample has a gradient of its own.
    weighting = torch.randn_like(ours)
    gradients = torch.autograd.grad((ours * weighting).sum(), weights)
    torch.testing.assert_close(gradients, torch.autograd.grad((papers * weighting).sum(), weights))


@pytest.mark.parametrize("num_layers", range(1, 7))
def test_the_layers_halve_down_to_the_factors(num_layers: int) -> None:
    model = NeuMF(USERS, ITEMS, factor_num=4, num_layers=num_layers)
    widths = [model.first_user.out_features, *(layer.out_features for layer in model.hidden)]
    assert widths == [4 * 2 ** (num_layers - 1 - depth) for depth in range(num_layers)]


def test_dropout_changes_training_and_not_scoring() -> None:
    torch.manual_seed(0)
    model = NeuMF(USERS, ITEMS, factor_num=8, num_layers=3, dropout=0.5)
    for table in model.embeddings():
        torch.nn.init.normal_(table)
    users, items = pairs(6, 4)
    model.train()
    assert not torch.equal(model(users, items), model(users, items))
    assert torch.equal(scores(model, users, items), scores(model, users, items))


def test_scoring_in_parts_is_scoring_at_once() -> None:
    model = NeuMF(USERS, ITEMS, factor_num=8, num_layers=3)
    users, items = pairs(50, 4)
    torch.testing.assert_close(scores(model, users, items, pairs_at_once=12), scores(model, users, items))
