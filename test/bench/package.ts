import type { SourceHost } from '../../language-server/rules/analysis.ts';

/** A package as people write them, in memory: modules that import each other, scripts and tests that call them. */

const folder = '/package';
const modules = 30;
const callers = 20;

function moduleText(k: number): string {
  const before = k === 0 ? '' : `from net.m${k - 1} import Net${k - 1}\n`;
  return `import torch
import torch.nn as nn
${before}

class Net${k}(nn.Module):
    def __init__(self, width: int = 16):
        super().__init__()
        self.first = nn.Linear(5, width)
        self.second = nn.Linear(width, 5)

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


def train${k}(net, x, steps: int = 5):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(steps):
        loss = ((net(x) - x) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss


def jacobian${k}(net, x):
    return torch.func.vmap(torch.func.jacrev(net))(x)
`;
}

function callerText(k: number): string {
  const used = [0, 1, 2].map((step) => (k + 10 * step) % modules);
  return `import torch
${used.map((m) => `from net.m${m} import Net${m}, jacobian${m}, train${m}\n`).join('')}

def test_all():
    x = torch.randn(${k + 2}, 5)
${used.map((m) => `    net${m} = Net${m}()\n    train${m}(net${m}, x)\n    assert jacobian${m}(net${m}, x).shape == (${k + 2}, 5, 5)\n`).join('')}`;
}

const main = `import torch
from torch.autograd.functional import jacobian
${Array.from({ length: modules }, (_, k) => `from net.m${k} import Net${k}, train${k}\n`).join('')}
x = torch.randn(3, 5)
for net in (${Array.from({ length: modules }, (_, k) => `Net${k}()`).join(', ')}):
    y = net(x)
net = Net0()
train0(net, x)
full = jacobian(net, x)
`;

/** The files of the package: `/package/main.py` imports all, and tests call what is in `/package/net/m0.py`. */
export const packageFiles: ReadonlyMap<string, string> = new Map([
  [`${folder}/pyproject.toml`, ''],
  [`${folder}/main.py`, main],
  [`${folder}/net/__init__.py`, ''],
  ...Array.from({ length: modules }, (_, k): [string, string] => [`${folder}/net/m${k}.py`, moduleText(k)]),
  ...Array.from({ length: callers }, (_, k): [string, string] => [`${folder}/tests/test_${k}.py`, callerText(k)]),
]);

export const packageHost: SourceHost = {
  roots: () => [folder],
  files: () => [...packageFiles.keys()].filter((path) => path.endsWith('.py')),
  readText: (path) => packageFiles.get(path) ?? null,
  peek: (path) => packageFiles.get(path) ?? null,
};
