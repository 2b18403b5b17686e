"""Laplace approximation with the generalised Gauss-Newton matrix of the last layer and of the whole network."""
import torch
from torch import nn
from torch.func import functional_call, jacrev, vmap


class LaplaceNet(nn.Module):
    def __init__(self, d_in=2, hidden=5, classes=3):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d_in, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.head(self.body(x))


class Laplace:
    def __init__(self, model, prior_precision=1.0):
        self.model = model
        self.params = {k: v.detach() for k, v in model.named_parameters()}
        self.prior_precision = prior_precision

    def jacobians(self, x):
        """(n, c, p): of each sample's logits by all the parameters."""

        def net_fn(params, sample):
            return functional_call(self.model, params, (sample[None],))[0]

        J = vmap(jacrev(net_fn), in_dims=(None, 0))(self.params, x)
        return torch.cat([j.flatten(start_dim=2) for j in J.values()], dim=-1)

    def ggn(self, x):
        Js = self.jacobians(x)  # expect: Js (9, 3, 33)
        p = torch.softmax(self.model(x), dim=-1).detach()
        H_lik = torch.diag_embed(p) - torch.einsum("nc,nk->nck", p, p)  # expect: H_lik (9, 3, 3)
        return torch.einsum("ncp,nck,nkq->pq", Js, H_lik, Js)

    def predictive_covariance(self, x, x_train):
        H = self.ggn(x_train)  # expect: H (33, 33)
        precision = H + self.prior_precision * torch.eye(H.shape[0])
        Js = self.jacobians(x)
        cov = torch.linalg.inv(precision)
        return Js @ cov @ Js.mT

    def last_layer(self, x):
        phi = self.model.body(x).detach()
        W = self.model.head.weight.detach()
        logits = lambda W: phi @ W.T + self.model.head.bias.detach()
        J = torch.autograd.functional.jacobian(logits, W)  # expect: J (9, 3, 3, 5)
        return J.reshape(J.shape[0], J.shape[1], -1)


la = Laplace(LaplaceNet())
x_train = torch.randn(9, 2)
covariance = la.predictive_covariance(torch.randn(4, 2), x_train)  # expect: covariance (4, 3, 3)
features = la.last_layer(x_train)  # expect: features (9, 3, 15)
