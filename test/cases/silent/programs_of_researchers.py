"""Right code with all that programs have around it: options, devices, loaders, registries, fallbacks, decorators."""
import argparse
import logging
import math
import os
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

try:
    from torch.func import jacfwd, jacrev, vmap
except ImportError:  # before 2.0
    from functorch import jacfwd, jacrev, vmap

logger = logging.getLogger(__name__)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

ACTIVATIONS: Dict[str, Callable[[], nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU}


@dataclass
class Config:
    dim: int = 4
    hidden: List[int] = field(default_factory=lambda: [16, 16])
    out: int = 3
    activation: str = "tanh"
    batch_size: int = 8
    steps: int = 2
    lr: float = 1e-3


def build_mlp(cfg: Config) -> nn.Sequential:
    layers: "OrderedDict[str, nn.Module]" = OrderedDict()
    widths = [cfg.dim, *cfg.hidden]
    for k, (a, b) in enumerate(zip(widths[:-1], widths[1:])):
        layers[f"linear{k}"] = nn.Linear(a, b)
        layers[f"act{k}"] = ACTIVATIONS[cfg.activation]()
    layers["head"] = nn.Linear(widths[-1], cfg.out)
    return nn.Sequential(layers)


class Trainer:
    def __init__(self, model: nn.Module, cfg: Config, **kwargs: Any):
        self.model = model.to(device)
        self.cfg = cfg
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)
        self.weight = kwargs.get("weight", 0.1)

    @staticmethod
    def jacobian_norm(J: torch.Tensor) -> torch.Tensor:
        return J.pow(2).sum(dim=(-2, -1)).mean()

    @property
    def jacobian(self) -> Callable[[torch.Tensor], torch.Tensor]:
        return vmap(jacrev(self.model))

    def step(self, x: torch.Tensor, y: torch.Tensor) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        J = self.jacobian(x)  # expect: J (8, 3, 4)
        loss = F.mse_loss(self.model(x), y) + self.weight * self.jacobian_norm(J)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def evaluate(self, x: torch.Tensor) -> Tuple[torch.Tensor, Optional[torch.Tensor]]:
        self.model.eval()
        J = vmap(jacfwd(self.model), chunk_size=4)(x)  # expect: J (8, 3, 4)
        self.model.train()
        return self.model(x), J


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out-dir", default=os.path.join("runs", "jac"))
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> None:
    args = parse_args(argv)
    np.random.seed(args.seed)
    torch.manual_seed(args.seed)
    cfg = Config()
    model = build_mlp(cfg)
    data = torch.from_numpy(np.random.randn(16, cfg.dim).astype(np.float32))
    targets = torch.sin(data[:, : cfg.out])
    loader = DataLoader(TensorDataset(data, targets), batch_size=cfg.batch_size, shuffle=True)
    trainer = Trainer(model, cfg, weight=0.01)
    for epoch in range(cfg.steps):
        start = time.time()
        for xb, yb in loader:
            loss = trainer.step(xb.to(device), yb.to(device))
        logger.info("epoch %d: %.3e in %.1f s", epoch, loss, time.time() - start)
    _, J = trainer.evaluate(data[:8].to(device))
    if J is not None and not math.isnan(J.mean().item()):
        spectral = torch.linalg.matrix_norm(J, ord=2)  # expect: spectral (8,)
        print(f"largest singular value {spectral.max():.3f}")


if __name__ == "__main__":
    main([])
