"""Classification accuracy score: train a classifier on generated pictures, test it on real ones.

Source: Ravuri & Vinyals 2019, "Classification Accuracy Score for Conditional Generative Models", §3. It needs no
pretrained network. Departure: a small residual classifier of this project instead of a ResNet-50; state the accuracy
that the same classifier reaches from real pictures beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from packshot import networks
from packshot.catalogue.augment.moves import flip
from packshot.training.loop import train
from packshot.training.objectives.classify import Classify, ClassifySettings
from packshot.training.schedule import Cosine, constant
from packshot.training.settings import Settings
from packshot.training.source import Arrays


@dataclass(frozen=True)
class Accuracy:
    """Shares of right answers on the test pictures, by attribute; images: seen while the classifier trained."""

    by_attribute: tuple[float, ...]
    images: int
    pictures: int


def accuracy_from(
    pictures: Tensor,
    labels: Tensor,
    test_pictures: Tensor,
    test_labels: Tensor,
    *,
    images: int = 200_000,
    width: int = 16,
    seed: int = 0,
    mirror: bool = True,
    device: str = "cpu",
) -> Accuracy:
    """Train on `pictures` (uint8 `(n, c, h, w)`, labels `(n, attributes)`), name the test pictures.

    images: budget, the same whatever the set's size. Labels of -1 are not learned and not counted.
    """
    classes = tuple(int(max(labels[:, i].max(), test_labels[:, i].max())) + 1 for i in range(labels.shape[1]))
    learned = learned_classifier(
        pictures, labels, classes=classes, images=images, width=width, seed=seed, mirror=mirror, device=device
    )
    return Accuracy(shares_right(learned, test_pictures, test_labels, device), images, len(pictures))


def learned_classifier(
    pictures: Tensor,
    labels: Tensor,
    *,
    classes: tuple[int, ...] | None = None,
    images: int = 200_000,
    width: int = 16,
    seed: int = 0,
    mirror: bool = True,
    device: str = "cpu",
) -> torch.nn.Module:
    """The small classifier, trained on pictures and labels as `accuracy_from` says. classes: those there, if None."""
    classes = classes or tuple(int(labels[:, i].max()) + 1 for i in range(labels.shape[1]))
    torch.manual_seed(seed)
    network = networks.build("features", {"channels": pictures.shape[1], "classes": classes, "width": width})
    settings = Settings(
        total_images=images,
        batch=128,
        seed=seed,
        learning_rate=Cosine(start=2e-3, end=1e-5, images=images, warm_up_images=min(10_000, images // 10)),
        beta1=0.9,
        beta2=constant(0.999),
        weight_decay=0.01,
        log_images=max(1, images // 4),
        sample_images=images,
        samples=1,
    )
    objective = Classify(network, ClassifySettings(), _mirrored if mirror else None)
    with TemporaryDirectory() as folder:
        source = Arrays({"image": pictures, "label": labels}, seed)
        outcome = train(objective, source, settings, Path(folder), device=device, watch_diversity=False)
    return outcome.averages["classifier"]


@torch.inference_mode()
def shares_right(network: torch.nn.Module, pictures: Tensor, labels: Tensor, device: str = "cpu") -> tuple[float, ...]:
    """Share of right answers by attribute, of pictures whose label is known."""
    told = [network(part.to(device).float() / 127.5 - 1) for part in torch.split(pictures, 500)]
    found = []
    for index in range(labels.shape[1]):
        guess = torch.cat([logits[index].argmax(1).cpu() for logits in told])
        known = labels[:, index] >= 0
        found.append(float((guess == labels[:, index])[known].float().mean()))
    return tuple(found)


def _mirrored(x: Tensor) -> Tensor:
    return flip(x, torch.Generator(x.device).manual_seed(int(torch.randint(1 << 62, ()))))
