"""Made-up leads whose best attainable AUC is known, as the CSV that the containers of lead scoring read."""

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Leads:
    """Rows: the label, five features, one of them sometimes missing, and the probability that made the label."""

    labels: list[int]
    features: list[list[float | None]]
    chances: list[float]

    def csv(self, *, label: bool = True) -> str:
        """Label first, no header; a missing value is an empty field."""
        rows = ([made, *row] if label else row for made, row in zip(self.labels, self.features, strict=True))
        return "".join(",".join("" if value is None else f"{value:g}" for value in row) + "\n" for row in rows)


def leads(count: int, seed: int) -> Leads:
    """Leads with numeric effects, an interaction and a meaning of what is missing."""
    chance = random.Random(seed)
    made = Leads([], [], [])
    for _ in range(count):
        age, calls, rate = chance.uniform(18, 80), float(chance.randrange(6)), chance.gauss(0, 1)
        visits = None if chance.random() < 0.2 else chance.uniform(0, 10)
        effect = -1.5 + 0.9 * rate - 0.3 * calls + (0.25 * visits if visits is not None else -0.8)
        effect += 1.2 if age > 60 and calls < 2 else 0.0
        probability = 1 / (1 + math.exp(-effect))
        made.features.append([age, calls, rate, visits, chance.random()])
        made.chances.append(probability)
        made.labels.append(int(chance.random() < probability))
    return made


def auc(labels: list[int], scores: list[float]) -> float:
    """Area under the ROC curve, by ranks."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = [0.0] * len(scores)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and scores[order[end + 1]] == scores[order[start]]:
            end += 1
        for index in order[start : end + 1]:
            ranks[index] = (start + end) / 2 + 1
        start = end + 1
    ones = sum(labels)
    summed = sum(rank for rank, label in zip(ranks, labels, strict=True) if label)
    return (summed - ones * (ones + 1) / 2) / (ones * (len(labels) - ones))
