"""NeuMF (He et al. 2017, "Neural Collaborative Filtering") in a factorised form that is quick on CPUs.

Two views of a user and an item are joined by a last linear layer: GMF, the elementwise product of their
embeddings, and MLP, hidden layers over the concatenation of a second pair of embeddings.

The first hidden layer is linear in that concatenation, W [u; i] = Wu u + Wi i. So it is applied to the *tables* of
embeddings and its results are looked up, instead of once for every sample: a batch has many samples and few
distinct users and items. Candidates come in rows, many items for one user, so a user's part is computed once a row.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class NeuMF(nn.Module):  # type: ignore[misc]  # torch lives in the job's environment, so its classes are Any here
    """Scores items for users; the score is the logit of "this user takes this item"."""

    def __init__(self, users: int, items: int, factor_num: int, num_layers: int, dropout: float = 0.0) -> None:
        super().__init__()
        width = factor_num * 2 ** (num_layers - 1)
        self.user_gmf = nn.Embedding(users, factor_num)
        self.item_gmf = nn.Embedding(items, factor_num)
        self.user_mlp = nn.Embedding(users, width)
        self.item_mlp = nn.Embedding(items, width)
        # The two halves of the first hidden layer; one bias is enough.
        self.first_user = nn.Linear(width, width)
        self.first_item = nn.Linear(width, width, bias=False)
        widths = [width // 2**depth for depth in range(num_layers)]
        self.hidden = nn.ModuleList(nn.Linear(wide, narrow) for wide, narrow in pairwise(widths))
        self.dropout = nn.Dropout(dropout)
        self.last_gmf = nn.Linear(factor_num, 1, bias=False)
        self.last_mlp = nn.Linear(factor_num, 1)
        self._initialise(width)

    def _initialise(self, width: int) -> None:
        for table in self.embeddings():
            nn.init.normal_(table, std=0.01)
        for half in (self.first_user, self.first_item):
            bound = (6 / (3 * width)) ** 0.5  # Xavier's bound for the whole first layer, 2 width -> width
            nn.init.uniform_(half.weight, -bound, bound)
        for layer in self.hidden:
            nn.init.xavier_uniform_(layer.weight)
        for layer in (self.first_user, *self.hidden, self.last_mlp):
            nn.init.zeros_(layer.bias)

    def embeddings(self) -> list[Tensor]:
        """The tables, one row a user or item."""
        return [table.weight for table in (self.user_gmf, self.item_gmf, self.user_mlp, self.item_mlp)]

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Logits of n rows of k items, each row for one user (``users`` has n entries, ``items`` n x k)."""
        product = self.user_gmf(users)[:, None] * self.item_gmf(items)
        first = _looked_up(self.first_user, self.user_mlp, users)[:, None]
        return self.head(product, first + _looked_up(self.first_item, self.item_mlp, items))

    def head(self, product: Tensor, first: Tensor) -> Tensor:
        """Logits from the GMF products and the first hidden layer before its activation (which is overwritten)."""
        # Flat: of a three-dimensional input a linear layer returns a view, and autograd copies a view that is changed.
        state = self.dropout(first.relu_()).flatten(0, -2)
        for layer in self.hidden:
            state = self.dropout(layer(state).relu_())
        return (self.last_gmf(product.flatten(0, -2)) + self.last_mlp(state)).view(first.shape[:-1])


def _looked_up(layer: nn.Linear, table: nn.Embedding, rows: Tensor) -> Tensor:
    """``layer(table(rows))``, in the order that takes less work."""
    if table.num_embeddings > rows.numel():
        return layer(table(rows))
    return functional.embedding(rows, layer(table.weight))


@torch.no_grad()  # type: ignore[untyped-decorator]  # see above
def scores(model: NeuMF, users: Tensor, items: Tensor, pairs_at_once: int = 65536) -> Tensor:
    """Logits of n x k pairs in bounded memory, without dropout."""
    model.eval()
    rows = max(1, pairs_at_once // items.shape[1])
    parts = [model(users[start : start + rows], items[start : start + rows]) for start in range(0, len(users), rows)]
    return torch.cat(parts)
