"""Dense Jacobians in methods, closures and helpers; the helper is right for a single point and wrong for a batch."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacrev


class Policy(nn.Module):
    def __init__(self, obs=4, act=2):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs, 8), nn.Tanh())
        self.mean = nn.Linear(8, act)

    def forward(self, obs):
        return torch.tanh(self.mean(self.body(obs)))

    def sensitivity(self, obs):
        J = jacobian(self.forward, obs)  # expect: J (7, 2, 7, 4) full-batch-jacobian wanted (7, 2, 4)
        return J

    def smoothness(self, obs):
        J = jacobian(lambda o: self(o), obs, create_graph=True)  # expect: J (7, 2, 7, 4) full-batch-jacobian wanted (7, 2, 4)
        print(J.shape)


policy = Policy()
observations = torch.randn(7, 4)
S = policy.sensitivity(observations)  # expect: S (7, 2, 7, 4)
policy.smoothness(observations)


def jac_of(f, x):
    """Right for one point; for a batch the caller gets far too much."""
    return jacobian(f, x)


net = nn.Sequential(nn.Linear(3, 5), nn.ELU(), nn.Linear(5, 2))
point = jac_of(net, torch.randn(3))  # expect: point (2, 3)
batch = jac_of(net, torch.randn(4, 3))  # expect: batch (4, 2, 4, 3) full-batch-jacobian wanted (4, 2, 3)
one_of_one = jac_of(net, torch.randn(1, 3))  # expect: one_of_one (1, 2, 1, 3)


def make_jacobian(model):
    def compute(inputs):
        def forward(z):
            return model(z)

        return jacrev(forward)(inputs)

    return compute


compute = make_jacobian(net)
alone = compute(torch.randn(3))  # expect: alone (2, 3)
closure = compute(torch.randn(4, 3))  # expect: closure (4, 2, 4, 3) full-batch-jacobian wanted (4, 2, 3)


class VAE(nn.Module):
    def __init__(self, d=6, latent=2):
        super().__init__()
        self.enc = nn.Linear(d, 2 * latent)
        self.dec = nn.Sequential(nn.Linear(latent, 8), nn.ReLU(), nn.Linear(8, d))

    def encode(self, x):
        mu, logvar = self.enc(x).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z):
        return self.dec(z)

    def latent_metric(self, x):
        mu, _ = self.encode(x)
        J = torch.autograd.functional.jacobian(self.decode, mu)  # expect: J (5, 6, 5, 2) full-batch-jacobian wanted (5, 6, 2)
        print("decoder Jacobian", J.shape)
        return mu


vae = VAE()
vae.latent_metric(torch.randn(5, 6))


class Residual(nn.Module):
    """Blocks in a ModuleList."""

    def __init__(self, depth=3, d=4):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(d, d), nn.SiLU()) for _ in range(depth))

    def forward(self, x):
        for block in self.blocks:
            x = x + block(x)
        return x


resnet = Residual()
with torch.no_grad():
    R = jacobian(resnet, torch.randn(3, 4))  # expect: R (3, 4, 3, 4) full-batch-jacobian wanted (3, 4, 4)

models = {"policy": policy, "resnet": resnet}
D = jacobian(models["resnet"], torch.randn(3, 4))  # expect: D (3, 4, 3, 4) full-batch-jacobian wanted (3, 4, 4)


def main():
    torch.manual_seed(0)
    batch_size, n_in, n_out = 8, 3, 2
    model = nn.Linear(n_in, n_out)
    data = torch.rand(batch_size, n_in)
    result = jacobian(model, data)  # expect: result (8, 2, 8, 3) full-batch-jacobian wanted (8, 2, 3)
    assert result.dim() == 4


if __name__ == "__main__":
    main()
