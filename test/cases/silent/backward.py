"""What backward() leaves in .grad: shaped like the leaf, right or not asked for."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

# A leaf of its own.
x = torch.randn(4, 3, requires_grad=True)
(x**2).sum().backward()
dx = x.grad  # expect: dx (4, 3)

# What is asked for later, by an in-place flag.
samples = torch.randn(5, 3)
samples.requires_grad_()
F.softplus(samples).sum().backward()
slope = samples.grad  # expect: slope (5, 3)
mask = torch.zeros(2, 3)
mask.requires_grad = True
mask.exp().sum().backward()
of_mask = mask.grad  # expect: of_mask (2, 3)

# A training loop: parameters have gradients, inputs have none.
net = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
inputs, targets = torch.randn(8, 3), torch.randn(8, 2)
for epoch in range(3):
    optimizer.zero_grad()
    loss = F.mse_loss(net(inputs), targets)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
first = net[0].weight.grad  # expect: first (16, 3)
flat = torch.cat([p.grad.flatten() for p in net.parameters()])  # expect: flat (98,)
norm = torch.stack([p.grad.norm() for p in net.parameters()]).norm()  # expect: norm ()

# A cotangent for each output of a sample: one row of the Jacobian.
point = torch.randn(3, requires_grad=True)
y = net(point)
y.backward(gradient=torch.tensor([1.0, 0.0]), retain_graph=True)
row = point.grad.clone()  # expect: row (3,)
point.grad.zero_()
y.backward(torch.tensor([0.0, 1.0]))
other = point.grad  # expect: other (3,)

# The sum trick, one output at a time, over a batch.
batch = torch.randn(6, 3, requires_grad=True)
rows = []
out = net(batch)
for k in range(out.shape[1]):
    batch.grad = None
    out[:, k].sum().backward(retain_graph=True)
    rows.append(batch.grad.clone())
J = torch.stack(rows, dim=1)  # expect: J (6, 2, 3)

# Values in the middle keep theirs only where told to.
leaf = torch.randn(7, 3, requires_grad=True)
hidden = torch.tanh(leaf)
hidden.retain_grad()
hidden.pow(2).sum().backward()
of_hidden = hidden.grad  # expect: of_hidden (7, 3)

# Only what is named.
a = torch.randn(2, requires_grad=True)
b = torch.randn(2, requires_grad=True)
(a * b).sum().backward(inputs=[a])
of_a = a.grad  # expect: of_a (2,)
assert b.grad is None

# Second order, through a gradient that was recorded.
z = torch.randn(3, requires_grad=True)
(z**3).sum().backward(create_graph=True)
g = z.grad  # expect: g (3,)
(curvature,) = torch.autograd.grad(g[0], z)
column = curvature  # expect: column (3,)

# Gradients add up until they are reset.
w = torch.randn(3, requires_grad=True)
for part in torch.randn(4, 3):
    (w @ part).backward()
total = w.grad  # expect: total (3,)
w.grad = None

# Gradient descent by hand.
theta = torch.zeros(5, requires_grad=True)
for _ in range(4):
    ((theta - 1) ** 2).sum().backward()
    with torch.no_grad():
        theta -= 0.1 * theta.grad
        theta.grad.zero_()
step = theta.detach() - 1  # expect: step (5,)


# A saliency map: of the input, through a network that is left alone.
class Saliency(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(3, 8, 3, padding=1)
        self.head = nn.Linear(8, 10)

    def forward(self, image):
        return self.head(self.features(image).relu().mean((2, 3)))


def saliency(model, image):
    image = image.clone().requires_grad_()
    scores = model(image)
    scores.max(dim=1).values.sum().backward()
    return image.grad.abs().amax(dim=1)


heat = saliency(Saliency(), torch.randn(2, 3, 8, 8))  # expect: heat (2, 8, 8)

# Several losses at once.
u = torch.randn(3, requires_grad=True)
torch.autograd.backward([u.sum(), (u**2).sum()])
both = u.grad  # expect: both (3,)

# Fast gradient sign.
clean = torch.randn(8, 3)
attacked = clean.clone().detach().requires_grad_(True)
F.cross_entropy(net(attacked), torch.randint(2, (8,))).backward()
adversarial = clean + 0.1 * attacked.grad.sign()  # expect: adversarial (8, 3)
