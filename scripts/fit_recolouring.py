"""Where the constants of imaging/retouching/reflectance.py come from: `PACKSHOT_DATA=… scripts/fit_recolouring.py`.

Fits `SWING`, `FOLD_TINT`, `LIT_TINT` and `TEXTURE` to the training pairs of products/recolour_pairs.csv, both ways, by
gradient descent on the colour difference (CIE94) between each recoloured sample and the true photo. A pair counts by
tanh of its mean difference, so that pairs whose print or second colour changed too do not decide. Takes two minutes.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from packshot.imaging.colour import RGB_TO_XYZ, lab_to_rgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.retouching.reflectance import SWING_AT, usual_tint

CHANGED, SAMPLES, STEPS = 12, 500, 150
GRID = torch.linspace(0, 100, 401)
AT = torch.tensor(SWING_AT, dtype=torch.float32)
LUMA = torch.tensor(RGB_TO_XYZ[1])


def lab(rgb: Tensor) -> Tensor:
    """`(pairs, samples, 3)` sRGB → CIELAB of the same shape."""
    return rgb_to_lab(rgb.movedim(-1, 1).unsqueeze(-1)).squeeze(-1).movedim(1, -1)


def samples(root: Path) -> tuple[Tensor, Tensor]:
    """Old and new colours `(pairs, samples, 3)`, sRGB, of the training pairs in both directions."""
    old, new = [], []
    with (root / "recolour_pairs.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    for number, row in enumerate(rows):
        a, b = (np.asarray(Image.open(root / row[key]).convert("RGB")) for key in ("path_a", "path_b"))
        places = np.flatnonzero((np.abs(a.astype(int) - b).max(2) > CHANGED).ravel())
        if len(places) < SAMPLES:
            continue
        chosen = np.random.default_rng(number).permutation(places)[:SAMPLES]
        x, y = (torch.from_numpy(p.reshape(-1, 3)[chosen] / np.float32(255)) for p in (a, b))
        old += [x, y]
        new += [y, x]
    return torch.stack(old), torch.stack(new)


def relative_tint(old: Tensor, old_lab: Tensor) -> Tensor:
    """How strongly each sample is tinted, relative to what its material usually shows at that lightness."""
    result = []
    for colours, labs in zip(old, old_lab, strict=True):
        linear = srgb_to_linear(colours)
        Y = linear @ LUMA
        mean = srgb_to_linear(lab_to_rgb(labs.mean(0).reshape(1, 3, 1, 1)).flatten())
        direction = mean / (mean @ LUMA) - 1
        tint = (linear / Y.clamp(min=1e-3)[:, None] - 1) @ direction / (direction @ direction).clamp(min=1e-4)
        usual = usual_tint(tint.numpy()[None], labs[None, :, 0].numpy())
        at = np.interp(labs[:, 0].numpy(), np.arange(0, 101, 4), usual)
        result.append((tint / torch.from_numpy(at).float()).clamp(0.05, 2))
    return torch.stack(result)


def interp(x: Tensor, at: Tensor, values: Tensor) -> Tensor:
    i = torch.searchsorted(at, x.detach().contiguous()).clamp(1, len(at) - 1)
    return values[i - 1] + (values[i] - values[i - 1]) * (x - at[i - 1]) / (at[i] - at[i - 1])


class Fit(torch.nn.Module):
    """The model of reflectance.py, differentiable, told the mean colour of the true photo."""

    def __init__(self, old: Tensor, new: Tensor) -> None:
        super().__init__()
        self.old_lab, self.new_lab = lab(old), lab(new)
        self.relative = relative_tint(old, self.old_lab)
        self.mean = self.new_lab.mean(1)
        colour = srgb_to_linear(lab_to_rgb(self.mean[:, :, None, None]).clamp(min=1e-3)).flatten(1)
        self.direction = (colour / (colour @ LUMA)[:, None] - 1)[:, None]
        self.grip = ((torch.hypot(*self.old_lab.mean(1)[:, 1:].T) - 6) / 14).clamp(0, 1)[:, None]
        self.swing = torch.nn.Parameter(torch.zeros(len(AT)))  # logarithms
        self.tint = torch.nn.Parameter(torch.zeros(4))  # folds, lit, lit squared, texture

    def forward(self) -> Tensor:
        """Mean colour difference of each pair."""
        L = self.carried()
        away = (L - self.mean[:, :1]) / 20
        fold, lit = (-away).clamp(min=0), away.clamp(min=0)
        wish = self.tint[0] * fold - self.tint[1] * lit - self.tint[2] * lit**2
        strength = torch.exp(wish.clamp(-3, 1) + self.tint[3] * self.grip * self.relative.log())
        Y = torch.where(L > 8, ((L + 16) / 116) ** 3, L * 27 / 24389)[..., None]
        most = torch.minimum((1 / Y - 1) / self.direction.amax(-1, True).clamp(min=1e-4),
                             1 / (-self.direction.amin(-1, True)).clamp(min=1e-4))  # fmt: skip
        level = torch.ones(len(L), 1)
        for _ in range(4):  # the mean chroma is steered to the target, as recolouring.py does
            linear = Y * (1 + torch.minimum((strength * level)[..., None], most) * self.direction)
            result = linear_to_lab(linear.clamp(1e-6, 1))
            got, wanted = (torch.hypot(x[:, 1], x[:, 2]) for x in (result.mean(1), self.mean))
            level = (level * (wanted / got.clamp(min=1)).clamp(0.5, 1.5)[:, None]).detach().clamp(0.3, 3)
        return difference(result, self.new_lab).mean(1)

    def carried(self) -> Tensor:
        """Lightness in the new material, its mean steered to the target."""
        slow = torch.exp(-interp(GRID, AT, self.swing))
        u = torch.cat((torch.zeros(1), torch.cumsum((slow[1:] + slow[:-1]) / 2 * 0.25, 0)))
        place = interp(self.old_lab[..., 0], GRID, u)
        goal = self.mean[:, 0]
        shift = interp(goal, GRID, u)[:, None] - place.mean(1, keepdim=True)
        for _ in range(5):
            L = interp((place + shift).clamp(0, float(u[-1].detach())), u, GRID)
            shift = shift + ((goal - L.mean(1)) * torch.exp(-interp(goal, AT, self.swing))).detach()[:, None]
        return L.clamp(0.05, 99.9)


def linear_to_lab(linear: Tensor) -> Tensor:
    matrix = torch.tensor(RGB_TO_XYZ)
    xyz = linear @ matrix.T / matrix.sum(1)
    x, y, z = torch.where(xyz > 216 / 24389, xyz.clamp(min=1e-5) ** (1 / 3), (24389 / 27 * xyz + 16) / 116).unbind(-1)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), -1)


def difference(a: Tensor, b: Tensor) -> Tensor:
    """CIE94 with the lightness weight of CIEDE2000."""
    C1, C2 = torch.hypot(a[..., 1], a[..., 2]), torch.hypot(b[..., 1], b[..., 2])
    mean = (C1 * C2).clamp(min=1e-6).sqrt()
    hue = (((a[..., 1:] - b[..., 1:]) ** 2).sum(-1) - (C1 - C2) ** 2).clamp(min=0)
    middle = (a[..., 0] - 50) ** 2
    light = (a[..., 0] - b[..., 0]) / (1 + 0.015 * middle / torch.sqrt(20 + middle))
    return torch.sqrt(light**2 + ((C1 - C2) / (1 + 0.045 * mean)) ** 2 + hue / (1 + 0.015 * mean) ** 2 + 1e-6)


def main() -> None:
    torch.manual_seed(0)
    fit = Fit(*samples(Path(os.environ["PACKSHOT_DATA"]) / "products"))
    optimiser = torch.optim.Adam(fit.parameters(), lr=0.03)
    for step in range(STEPS + 1):
        per_pair = fit()
        smooth = 0.02 * (fit.swing.diff() ** 2).sum() + 0.01 * (fit.tint**2).sum()
        optimiser.zero_grad()
        (8 * torch.tanh(per_pair / 8).mean() + smooth).backward()
        if step % 25 == 0:
            swing = torch.exp(fit.swing - fit.swing[4]).tolist()
            print(f"step {step}: median {per_pair.median():.3f}, mean {per_pair.mean():.3f}")
            print("  SWING", [round(v, 3) for v in swing], "tint", [round(v, 3) for v in fit.tint.tolist()], flush=True)
        optimiser.step()


if __name__ == "__main__":
    main()
