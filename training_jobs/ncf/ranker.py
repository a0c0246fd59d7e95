"""Answer "what next for this user?" from a trained model, in about a millisecond for a few thousand items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from artefact import Artefact


class Ranker:
    """Ranks items for users by their ids; unknown users get the most popular ones, unknown items come last."""

    def __init__(self, artefact: Artefact) -> None:
        self.top_k = artefact.top_k
        self._artefact = artefact
        self._model = artefact.model
        self._user_number = {user: number for number, user in enumerate(artefact.users)}
        self._item_number = {item: number for number, item in enumerate(artefact.items)}
        self._popularity = artefact.popularity / max(1, int(artefact.popularity.max()))
        with torch.no_grad():
            # The item's half of the first hidden layer is the same for every request.
            self._first_of_items = self._model.first_item(self._model.item_mlp.weight)

    def knows(self, user: str) -> bool:
        """Whether the model was trained with this user."""
        return user in self._user_number

    def best(self, user: str, k: int) -> tuple[list[str], list[float]]:
        """The best k of the whole catalogue that the user does not have, best first, and their scores."""
        scores = self._scores(user, None)
        left = len(scores)
        if self.knows(user):
            seen = self._seen(self._user_number[user])
            scores[seen] = -torch.inf
            left -= len(seen)
        values, numbers = torch.topk(scores, min(k, left))
        return [self._artefact.items[number] for number in numbers.tolist()], self._shown(user, values)

    def among(self, user: str, items: list[str], k: int) -> tuple[list[str], list[float]]:
        """The best k of some items, best first, and their scores; an item that is named twice counts once."""
        items = list(dict.fromkeys(items))
        known = [item for item in items if item in self._item_number]
        unknown = [item for item in items if item not in self._item_number]
        values, places = self._scores(user, [self._item_number[item] for item in known]).sort(descending=True)
        ranked = [known[place] for place in places.tolist()] + unknown
        return ranked[:k], (self._shown(user, values) + [0.0] * len(unknown))[:k]

    @torch.no_grad()  # type: ignore[untyped-decorator]  # torch lives in the job's environment, so it is Any here
    def _scores(self, user: str, items: list[int] | None) -> Tensor:
        """Logits (of a known user) or popularity of some items, or of all."""
        rows = slice(None) if items is None else torch.tensor(items, dtype=torch.int64)
        number = self._user_number.get(user)
        if number is None:
            return self._popularity[rows].clone()
        model = self._model
        product = model.user_gmf.weight[number] * model.item_gmf.weight[rows]
        first = model.first_user(model.user_mlp.weight[number]) + self._first_of_items[rows]
        return model.head(product, first)

    def _seen(self, user: int) -> Tensor:
        start, end = self._artefact.seen_offsets[user : user + 2].tolist()
        return self._artefact.seen_items[start:end]

    def _shown(self, user: str, scores: Tensor) -> list[float]:
        """As shares between 0 and 1: the model's probability, or popularity beside the most popular item's."""
        shown: list[float] = (torch.sigmoid(scores) if self.knows(user) else scores).tolist()
        return shown
