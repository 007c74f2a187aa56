#!/usr/bin/env python3
"""How good the MNIST samples of several runs are, by a reader of their own: a small classifier trained here on
MNIST tells how sure it is of each sample, how evenly the ten digits come, and how far the samples' features are
from those of pictures it never saw (Fréchet's distance of two normal distributions, as in FID).

    quality.py --program build/release/app/ddpm-lab --mnist resources/data/mnist fp32-1:fp32 bf16-1:bf16 ...

Each run is FOLDER:PRECISION, sampled in that precision with the same noise. Needs PyTorch and NumPy."""
import argparse
import gzip
import pathlib
import subprocess
import tempfile

import numpy
import torch
from torch import nn


def idx(path):
    data = gzip.open(path).read()
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape)


def pictures(folder, part):
    """[N, 1, 28, 28] in [-1, 1], and the labels."""
    x = torch.from_numpy(idx(folder / f"{part}-images-idx3-ubyte.gz").copy()).float().div(127.5).sub(1).unsqueeze(1)
    return x, torch.from_numpy(idx(folder / f"{part}-labels-idx1-ubyte.gz").copy()).long()


def inner(x):
    """The 28×28 pixels inside what presets pad to 32×32."""
    border = (x.shape[-1] - 28) // 2
    return x[..., border : border + 28, border : border + 28]


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
            nn.Flatten(), nn.Linear(32 * 49, 64), nn.ReLU())
        self.classes = nn.Linear(64, 10)

    def forward(self, x):
        return self.classes(self.features(x))


def trained_reader(x, labels):
    torch.manual_seed(0)
    reader = Reader()
    optimiser = torch.optim.Adam(reader.parameters(), 1e-3)
    for _ in range(3):
        for batch in torch.randperm(len(x)).split(128):
            optimiser.zero_grad()
            nn.functional.cross_entropy(reader(x[batch]), labels[batch]).backward()
            optimiser.step()
    return reader.eval()


def frechet(a, b):
    """|m_a − m_b|² + tr(A + B − 2 √(AB)) of the features' means and covariances."""
    a, b = a.double(), b.double()
    covariances = torch.cov(a.T), torch.cov(b.T)
    roots = torch.linalg.eigvals(covariances[0] @ covariances[1]).real.clamp(min=0).sqrt().sum()
    return float((a.mean(0) - b.mean(0)).square().sum() + sum(map(torch.trace, covariances)) - 2 * roots)


def report(reader, name, x, real):
    with torch.no_grad():
        features = reader.features(x)
        chances = reader.classes(features).softmax(1)
    sure = chances.max(1).values
    shares = torch.bincount(chances.argmax(1), minlength=10) / len(x)
    print(f"| {name} | {frechet(features, real):.2f} | {sure.mean():.3f} | {(sure > 0.9).float().mean() * 100:.1f} % "
          f"| {shares.min() * 100:.1f} to {shares.max() * 100:.1f} % |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--mnist", type=pathlib.Path, required=True, help="folder of the four IDX files")
    parser.add_argument("--count", type=int, default=512)
    parser.add_argument("--steps", type=int, default=50, help="of DDIM")
    parser.add_argument("runs", nargs="+")
    arguments = parser.parse_args()

    x, labels = pictures(arguments.mnist, "train")
    unseen, unseen_labels = pictures(arguments.mnist, "t10k")
    reader = trained_reader(x, labels)
    with torch.no_grad():
        right = (reader(unseen).argmax(1) == unseen_labels).float().mean()
        real = reader.features(unseen)
    print(f"The reader is right about {right * 100:.1f} % of pictures it never saw. {arguments.count} samples each, "
          f"DDIM, {arguments.steps} steps.\n")
    print("| samples | distance | mean certainty | certain to 0.9 | a digit's share |\n|---|--:|--:|--:|--:|")
    report(reader, "MNIST's own", x[: arguments.count], real)
    for run in arguments.runs:
        folder, precision = run.rsplit(":", 1)
        with tempfile.TemporaryDirectory() as place:
            out = pathlib.Path(place) / "samples.npy"
            subprocess.run([arguments.program, "sample", "--model", folder, "--count", str(arguments.count), "--seed",
                            "1", "--sampler", "ddim", "--steps", str(arguments.steps), "--precision", precision,
                            "--quiet", "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
            samples = torch.from_numpy(numpy.load(out)).float()
        report(reader, pathlib.Path(folder).name, inner(samples), real)


if __name__ == "__main__":
    main()
