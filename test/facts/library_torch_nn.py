"""What torch.nn gives: shapes and types of many layers and functions, which calls raise, how samples move results, and values.

Run with a Python that has torch; writes library_torch_nn.json beside this file, in the format of library_torch.py, with
`values` besides: [code, numbers] of expressions on inputs and weights that are written out; and `derivatives`: [code of
x, x as code, shape of x, shape of the result, numbers of the whole Jacobian]; and `named`: [code of x, sizes of x, of
which some are names, [numbers for the names, shape of the result]...]. The code of a row uses
torch, nn (torch.nn), F (torch.nn.functional) and OrderedDict.
"""

import itertools
import warnings
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from recorded import along, write

warnings.simplefilter("ignore")

NAMES = {"torch": torch, "nn": nn, "F": F, "OrderedDict": OrderedDict}
codes: list[str] = []


def add(*snippets: str) -> None:
    codes.extend(snippets)


def t(*shape: int) -> str:
    return f"torch.rand({', '.join(map(str, shape))})" if shape else "torch.rand(())"


def ti(high: int, *shape: int) -> str:
    return f"torch.randint({high}, ({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''}))"


def call(name: str, *arguments: object) -> str:
    return f"{name}({', '.join(str(argument) for argument in arguments if str(argument) != '')})"


FEW = [(), (3,), (2, 3), (0, 3), (2, 4, 3)]

# Activations

ACTIVATIONS = """ReLU ReLU6 Sigmoid Tanh GELU SiLU Mish Softplus ELU CELU SELU LeakyReLU Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink
Tanhshrink Softsign LogSigmoid RReLU Softmax2d Identity""".split()
FUNCTIONS = """relu relu6 sigmoid tanh gelu silu mish softplus elu celu selu leaky_relu hardtanh hardsigmoid hardswish hardshrink softshrink tanhshrink
softsign logsigmoid rrelu relu_ elu_ celu_ selu_ leaky_relu_ hardtanh_ rrelu_""".split()
for shape in FEW:
    for name in ACTIVATIONS:
        add(f"nn.{name}()({t(*shape)})")
    for name in FUNCTIONS:
        add(f"F.{name}({t(*shape)})")
    for dim in ["", "0", "-1", "1", "3"]:
        for name in ["Softmax", "LogSoftmax", "Softmin"]:
            add(f"nn.{name}({dim})({t(*shape)})")
        for name in ["softmax", "log_softmax", "softmin"]:
            add(call(f"F.{name}", t(*shape), dim))
for name in ACTIVATIONS:
    add(f"nn.{name}()({ti(5, 2, 3)})", f"nn.{name}().eval()({t(2, 3)})", f"nn.{name}()({t(2, 3)}.double())")
for name in FUNCTIONS:
    add(f"F.{name}({ti(5, 2, 3)})", f"F.{name}({t(2, 3)} > 0.5)")
for name in "ReLU ReLU6 SiLU Mish ELU CELU SELU LeakyReLU Hardtanh Hardsigmoid Hardswish RReLU".split():
    add(f"nn.{name}(inplace=True)({t(2, 3)})")
for name in "relu relu6 silu mish elu celu selu leaky_relu hardtanh hardsigmoid hardswish rrelu".split():
    add(f"F.{name}({t(2, 3)}, inplace=True)")
add("nn.GELU('tanh')(torch.rand(2, 3))", "nn.GELU(approximate='tanh')(torch.rand(3))", "F.gelu(torch.rand(2), approximate='none')", "nn.LeakyReLU(0.2)(torch.rand(2, 3))", "nn.ELU(alpha=0.5)(torch.rand(2))", "nn.Softplus(beta=2, threshold=10)(torch.rand(2, 3))", "nn.Hardtanh(-2, 2)(torch.rand(2))", "nn.Threshold(0.1, 20)(torch.rand(2, 3))", "F.threshold(torch.rand(2), 0.1, 20)", "F.threshold_(torch.rand(2), 0.1, 20)", "nn.Threshold(0.1)(torch.rand(2))", "nn.ReLU(3, 4)", "nn.Sigmoid()(torch.rand(2), torch.rand(2))", "F.relu()", "nn.RReLU().eval()(torch.rand(2, 3))", "F.rrelu(torch.rand(2, 3), training=True)", "F.softmax(torch.rand(2, 3), dim=1, dtype=torch.float64)", "F.log_softmax(torch.randint(5, (2, 3)), 1, dtype=torch.float32)", "torch.relu(torch.rand(2))", "torch.prelu(torch.rand(2, 3), torch.rand(3))", "torch.rand(2).hardshrink()", "torch.rand(2, 3).prelu(torch.rand(1))", "torch.celu(torch.rand(2))", "nn.Softmax2d()(torch.rand(2, 3, 4, 4))", "nn.Softmax2d()(torch.rand(3, 4, 4))")
for shape in [(), (3,), (4,), (2, 4), (4, 3), (2, 3, 4), (0, 4)]:
    add(f"F.glu({t(*shape)})", f"nn.GLU()({t(*shape)})", f"nn.GLU(0)({t(*shape)})", f"F.glu({t(*shape)}, 1)", f"F.glu({t(*shape)}, dim=-2)")
    for weights in [(), (1,), (3,), (4,), (1, 3)]:
        add(f"F.prelu({t(*shape)}, {t(*weights)})")
    for count in ["", "1", "3", "4"]:
        add(f"nn.PReLU({count})({t(*shape)})")
    add(f"F.gumbel_softmax({t(*shape)})", f"F.gumbel_softmax({t(*shape)}, tau=0.5, hard=True)", f"F.gumbel_softmax({t(*shape)}, dim=0)")
add("nn.PReLU(3).weight", "nn.PReLU(3, init=0.1, dtype=torch.float64).weight")

# Linear layers

for shape in [(3,), (2, 3), (0, 3), (2, 5, 3), (2,), (2, 4), (), (3, 1)]:
    add(f"nn.Linear(3, 4)({t(*shape)})", f"nn.Linear(3, 4, bias=False)({t(*shape)})", f"nn.Linear(3, 1)({t(*shape)})", f"nn.LazyLinear(4)({t(*shape)})", f"nn.Linear(3, 0)({t(*shape)})")
    add(f"F.linear({t(*shape)}, {t(4, 3)})", f"F.linear({t(*shape)}, {t(4, 3)}, {t(4)})", f"F.linear({t(*shape)}, {t(3)})", f"F.linear({t(*shape)}, {t(4, 3)}, {t(3)})", f"F.linear({t(*shape)}, {t(4, 3)}, {t(1)})")
    for other in [(5,), (2, 5), (0, 5), (2, 5, 5), (2, 3)]:
        add(f"nn.Bilinear(3, 5, 4)({t(*shape)}, {t(*other)})", f"F.bilinear({t(*shape)}, {t(*other)}, {t(4, 3, 5)})")
add("nn.Linear(3, 4)(torch.randint(5, (2, 3)))", "nn.Linear(3, 4).double()(torch.rand(2, 3).double())", "nn.Linear(3, 4, dtype=torch.float64)(torch.rand(2, 3).double())", "nn.Linear(3, 4).weight", "nn.Linear(3, 4).bias", "nn.Linear(3, 4).weight.T", "nn.LazyLinear(4, bias=False)(torch.rand(2, 7))", "torch.zeros(nn.Linear(3, 4).in_features, nn.Linear(3, 4).out_features)", "nn.Linear(in_features=3, out_features=4)(torch.rand(3))", "nn.Linear(3)", "nn.Linear(3, 4, 5, 6, 7, 8)", "nn.Linear(3, 4)()", "nn.Bilinear(3, 5, 4).weight", "nn.Bilinear(3, 5, 4, bias=False)(torch.rand(2, 3), torch.rand(2, 5))", "torch.bilinear(torch.rand(2, 3), torch.rand(2, 5), torch.rand(4, 3, 5))", "torch.bilinear(torch.rand(2, 3), torch.rand(2, 5), torch.rand(4, 3, 5), torch.rand(4))", "nn.Bilinear(3, 5, 4).double()(torch.rand(2, 3).double(), torch.rand(2, 5).double())", "nn.Identity(54, unused=1)(torch.rand(2, 3))", "nn.Linear(0, 3)(torch.rand(2, 0))", "nn.Linear(3, 4).half().weight", "nn.Linear(3, 4).to(torch.float64).bias", "nn.Linear(3, 4).to('cpu', torch.float16).bias", "nn.Linear(3, 4).to('cpu').bias", "nn.Linear(3, 4).double().float().bias", "nn.Linear(3, 4).bfloat16().weight", "nn.Linear(3, 4).type(torch.float64).weight", "nn.Bilinear(0, 5, 4)")

# Containers

SEQ = "nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 5), nn.Tanh())"
NAMED = "nn.Sequential(OrderedDict([('a', nn.Linear(3, 4)), ('act', nn.ReLU()), ('b', nn.Linear(4, 5))]))"
for net in [SEQ, NAMED]:
    for index in ["0", "1", "2", "-1", "5", "-5"]:
        add(f"{net}[{index}]({t(2, 3)})", f"{net}[{index}]({t(2, 4)})")
    for part in [":2", "1:", "2:", "::2", ":-1", ":0", "1:1", "::-1"]:
        add(f"{net}[{part}]({t(2, 3)})", f"{net}[{part}]({t(2, 4)})", f"torch.zeros(len({net}[{part}]))")
    add(f"{net}({t(2, 3)})", f"{net}({t(3)})", f"{net}({t(0, 3)})", f"{net}({t(2, 4)})", f"torch.zeros(len({net}))", f"torch.zeros(len(list({net}.parameters())))", f"torch.zeros(len(list({net}.modules())))", f"torch.zeros(len(list({net}.children())))", f"[p for p in {net}.parameters()]", f"[p for _, p in {net}.named_parameters()]", f"torch.zeros(sum(p.numel() for p in {net}.parameters()))", f"list({net}.state_dict().values())", f"dict({net}.named_children()).keys() and torch.rand(1)")
    add(f"{net}.eval()({t(2, 3)})", f"{net}.train()({t(2, 3)})", f"{net}.double()({t(2, 3)}.double())", f"{net}.to('cpu')({t(2, 3)})", f"{net}.requires_grad_(False)({t(2, 3)})", f"{net}.append(nn.Linear(5, 6))({t(2, 3)})" if net is SEQ else f"{net}({t(2, 3)})", f"[layer({t(2, 3)}) for layer in list({net})[:1]]", f"nn.Sequential(*list({net}.children())[:-1])({t(2, 3)})", f"nn.Sequential(*{net})({t(2, 3)})", f"[m.weight for m in {net} if isinstance(m, nn.Linear)]", f"[m.weight for m in {net}.modules() if hasattr(m, 'weight')]")
add(f"{NAMED}.a.weight", f"{NAMED}.b.bias", f"{NAMED}.get_submodule('b').weight", f"{NAMED}.get_parameter('b.bias')", f"{NAMED}.get_submodule('c')", f"dict({NAMED}.named_parameters())['b.weight']", f"{NAMED}.state_dict()['a.weight']", f"dict({SEQ}.named_parameters())['2.weight']", f"dict({SEQ}.named_modules())['2'].weight", f"{SEQ}.get_parameter('2.weight')", f"{SEQ}.insert(0, nn.Linear(2, 3))({t(4, 2)})", f"{SEQ}.extend([nn.Linear(5, 2)])({t(4, 3)})", f"({SEQ} + nn.Sequential(nn.Linear(5, 2)))({t(4, 3)})", f"{SEQ}.pop(0).weight", f"{SEQ}.pop(-1)({t(2)})")
add("nn.Sequential()(torch.rand(2))", "nn.Sequential(nn.Sequential(nn.Linear(3, 4)), nn.Sequential(nn.Linear(4, 5), nn.ReLU()))(torch.rand(3))", "nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 6))(torch.rand(2, 3))", "nn.Sequential(3)", "nn.Sequential([nn.Linear(3, 4)])", "nn.Sequential(*[nn.Linear(3, 3) for _ in range(4)])(torch.rand(2, 3))", "nn.Sequential(*(layer for k in range(2) for layer in (nn.Linear(3, 3), nn.ReLU())))(torch.rand(2, 3))", "torch.zeros(len(nn.Sequential(*(layer for k in range(2) for layer in (nn.Linear(3, 3), nn.ReLU())))))")
LIST = "nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 5)])"
DICT = "nn.ModuleDict({'a': nn.Linear(3, 4), 'b': nn.Linear(4, 5)})"
add(f"{LIST}[0]({t(2, 3)})", f"{LIST}[-1]({t(2, 4)})", f"{LIST}[1:][0]({t(2, 4)})", f"{LIST}[2]", f"torch.zeros(len({LIST}))", f"{LIST}({t(2, 3)})", f"[layer.weight for layer in {LIST}]", f"{LIST}.append(nn.Linear(5, 6))[2]({t(5)})", f"{LIST}.extend([nn.Linear(5, 6)])[-1]({t(5)})", f"{LIST}.insert(0, nn.Linear(2, 3))[0]({t(2)})", f"({LIST} + {LIST})[3].weight", f"torch.zeros(len({LIST} + [nn.ReLU()]))", f"list({LIST}.parameters())", f"nn.ModuleList(nn.Linear(k + 1, 2) for k in range(3))[2].weight", f"nn.Sequential(*{LIST})({t(2, 3)})", f"{LIST}.pop(0).weight", f"dict({LIST}.named_parameters())['1.weight']", f"{LIST}['0']")
add(f"{DICT}['a']({t(2, 3)})", f"{DICT}['c']", f"torch.zeros(len({DICT}))", f"[{DICT}[k].weight for k in {DICT}]", f"[m.weight for m in {DICT}.values()]", f"[m.bias for _, m in {DICT}.items()]", f"torch.zeros(len(list({DICT}.keys())))", f"{DICT}.pop('a').weight", f"nn.ModuleDict([['a', nn.Linear(2, 3)]])['a'].weight", f"{DICT}({t(3)})", f"{DICT}.b.weight", f"torch.zeros(1 + ('a' in {DICT}))", f"torch.zeros(1 + ('z' in {DICT}))", f"list({DICT}.parameters())")
add("nn.ParameterList([nn.Parameter(torch.rand(2, 3)), nn.Parameter(torch.rand(4))])[0]", "list(nn.ParameterList([nn.Parameter(torch.rand(2, 3)), torch.rand(4)]).parameters())", "torch.zeros(len(nn.ParameterList([torch.rand(2)])))", "nn.ParameterList([torch.rand(2)]).append(torch.rand(3))[1]", "[p for p in nn.ParameterList([torch.rand(2), torch.rand(3)])]", "nn.ParameterDict({'w': torch.rand(2, 3)})['w']", "list(nn.ParameterDict({'w': torch.rand(2, 3), 'b': torch.rand(3)}).values())", "list(nn.ParameterDict({'w': torch.rand(2, 3)}).parameters())", "nn.ParameterDict({'w': torch.rand(2, 3)}).w", "nn.ParameterDict({'w': torch.rand(2, 3)})['z']")
add("nn.Parameter(torch.rand(2, 3))", "nn.Parameter(torch.rand(2, 3), requires_grad=False)", "nn.Parameter(torch.rand(2, 3)) @ torch.rand(3)", "nn.Parameter(torch.randn(3) * 0.1)", "nn.Parameter(torch.zeros(2)).data", "nn.parameter.Parameter(torch.ones(3)).detach()", "nn.Buffer(torch.rand(2))", "nn.Parameter(torch.rand(2, 3)).T", "nn.Parameter(torch.randint(3, (2,)))", "torch.nn.Parameter(data=torch.rand(1))")
add("list(nn.BatchNorm1d(3).buffers())", "dict(nn.BatchNorm1d(3).named_buffers())['running_var']", "list(nn.BatchNorm1d(3).state_dict().values())", "list(nn.BatchNorm1d(3, affine=False).parameters())", "torch.zeros(len(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).state_dict()))", "nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).state_dict()['1.running_mean']", "nn.BatchNorm1d(3).double().running_mean", "nn.BatchNorm1d(3).double().num_batches_tracked", "list(nn.Linear(3, 4).named_parameters(prefix='x'))[0][1]", "dict(nn.Linear(3, 4).named_parameters(prefix='x'))['x.weight']", "list(nn.Sequential(nn.Linear(2, 3)).parameters(recurse=False))")

# Normalization

for shape in [(), (3,), (2, 3), (1, 3), (0, 3), (2, 3, 4), (1, 3, 1), (2, 4), (2, 3, 4, 5), (1, 3, 4, 5), (2, 3, 0, 5), (2, 3, 4, 5, 6), (0, 3, 4, 5), (3, 4, 5), (3, 4)]:
    for d in "123":
        add(f"nn.BatchNorm{d}d(3)({t(*shape)})", f"nn.BatchNorm{d}d(3).eval()({t(*shape)})", f"nn.BatchNorm{d}d(3, affine=False)({t(*shape)})", f"nn.BatchNorm{d}d(3, track_running_stats=False).eval()({t(*shape)})", f"nn.LazyBatchNorm{d}d()({t(*shape)})")
        add(f"nn.InstanceNorm{d}d(3)({t(*shape)})", f"nn.InstanceNorm{d}d(3, affine=True)({t(*shape)})", f"nn.InstanceNorm{d}d(3, track_running_stats=True).eval()({t(*shape)})", f"nn.LazyInstanceNorm{d}d(affine=True)({t(*shape)})")
    add(f"F.batch_norm({t(*shape)}, torch.zeros(3), torch.ones(3))", f"F.batch_norm({t(*shape)}, None, None, training=True)", f"F.batch_norm({t(*shape)}, None, None)", f"F.batch_norm({t(*shape)}, torch.zeros(3), torch.ones(3), torch.rand(3), torch.rand(3), True)", f"F.batch_norm({t(*shape)}, torch.zeros(4), torch.ones(4))", f"F.instance_norm({t(*shape)})", f"F.instance_norm({t(*shape)}, weight=torch.rand(3))", f"F.instance_norm({t(*shape)}, torch.zeros(3), torch.ones(3), use_input_stats=False)")
    for groups, channels in [(1, 3), (3, 3), (2, 4), (2, 3), (0, 3)]:
        add(f"nn.GroupNorm({groups}, {channels})({t(*shape)})", f"F.group_norm({t(*shape)}, {groups})")
    for normalized in ["3", "4", "(3, 4)", "[4, 5]", "(3,)", "()", "(2, 3)", "0"]:
        add(f"nn.LayerNorm({normalized})({t(*shape)})", f"nn.RMSNorm({normalized})({t(*shape)})")
        if normalized.startswith(("(", "[")):
            add(f"F.layer_norm({t(*shape)}, {normalized})", f"F.rms_norm({t(*shape)}, {normalized})")
    add(f"nn.LocalResponseNorm(2)({t(*shape)})", f"F.local_response_norm({t(*shape)}, 3, alpha=0.1, k=2)", f"nn.LayerNorm(4, elementwise_affine=False)({t(*shape)})", f"nn.LayerNorm(4, bias=False)({t(*shape)})", f"torch.layer_norm({t(*shape)}, (4,))", f"torch.group_norm({t(*shape)}, 3)", f"nn.GroupNorm(3, 3, affine=False)({t(*shape)})")
add("F.layer_norm(torch.rand(2, 3), (3,), torch.rand(3), torch.rand(3))", "F.layer_norm(torch.rand(2, 3), (3,), torch.rand(2))", "F.layer_norm(torch.rand(2, 3), 3)", "nn.LayerNorm((3, 4)).weight", "nn.LayerNorm(torch.rand(2, 3).shape[1:])(torch.rand(2, 3))", "nn.LayerNorm(torch.rand(2, 3).size(-1))(torch.rand(2, 3))", "nn.BatchNorm1d(3).weight", "nn.BatchNorm1d(3).running_mean", "nn.BatchNorm2d(3, momentum=None)(torch.rand(2, 3, 4, 4))", "nn.BatchNorm1d(num_features=3, eps=1e-3)(torch.rand(2, 3))", "nn.BatchNorm1d(3)(torch.randint(5, (2, 3)))", "nn.LayerNorm(3)(torch.randint(5, (2, 3)))", "torch.zeros(nn.BatchNorm1d(3).num_features)", "nn.RMSNorm(3, eps=1e-6)(torch.rand(2, 3))", "nn.RMSNorm(3).weight", "nn.GroupNorm(2, 4).weight", "nn.BatchNorm1d(3, dtype=torch.float64)(torch.rand(2, 3).double())", "nn.SyncBatchNorm(3)", "nn.BatchNorm1d(3, bias=False)(torch.rand(2, 3))", "list(nn.LayerNorm(3).parameters())", "torch.batch_norm(torch.rand(2, 3), None, None, torch.zeros(3), torch.ones(3), False, 0.1, 1e-5, False)")

# Dropout and views

for shape in FEW + [(2, 3, 4, 5)]:
    for name in "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout".split():
        add(f"nn.{name}()({t(*shape)})", f"nn.{name}(0.2).eval()({t(*shape)})", f"nn.{name}(p=1)({t(*shape)})", f"nn.{name}(0)({t(*shape)})")
    for name in "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout".split():
        add(f"F.{name}({t(*shape)})", f"F.{name}({t(*shape)}, 0.3, training=True)", f"F.{name}({t(*shape)}, training=False)", f"F.{name}({t(*shape)}, 1.0, True)")
    add(f"nn.Flatten()({t(*shape)})", f"nn.Flatten(0)({t(*shape)})", f"nn.Flatten(1, 2)({t(*shape)})", f"nn.Flatten(start_dim=-2)({t(*shape)})", f"nn.Flatten(0, -2)({t(*shape)})", f"nn.Unflatten(-1, (3, 1))({t(*shape)})", f"nn.Unflatten(1, (-1, 3))({t(*shape)})", f"nn.Unflatten(dim=0, unflattened_size=torch.Size([2, 1]))({t(*shape)})")
add("nn.Dropout(2)", "nn.Dropout(-0.5)", "F.dropout(torch.rand(2), 1.5)", "nn.Dropout(0.5, inplace=True)(torch.rand(2, 3))", "F.dropout(torch.rand(2, 3), 0.5, True, True)", "torch.zeros(2 + int(nn.Dropout(0.5).p))", "nn.Unflatten(1, (('h', 2), ('w', 3)))", "nn.Unflatten(1, (2, 2))(torch.rand(2, 6))")

# Padding

PAD_SHAPES = [(4,), (2, 5), (2, 3, 4), (1, 2, 4, 5), (1, 2, 3, 4, 5), (0, 3, 4), (2, 0, 4), (2, 3, 0), (2, 1, 1)]
for shape in PAD_SHAPES:
    for d in "123":
        for kind in ["ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"]:
            for amount in ["1", "2", "5", "-1", "0"]:
                add(f"nn.{kind}{d}d({amount})({t(*shape)})")
            pairs = {"1": "(2, 1)", "2": "(0, 1, 2, 0)", "3": "(1, 0, 0, 1, 1, 1)"}[d]
            add(f"nn.{kind}{d}d({pairs})({t(*shape)})", f"nn.{kind}{d}d((1, -1{', 0, 0' * (int(d) - 1)}))({t(*shape)})")
        add(f"nn.ConstantPad{d}d(2, 3.5)({t(*shape)})", f"nn.ConstantPad{d}d({int(d) * '(1, 2) + '}(), value=1)({t(*shape)})")
    for amounts in ["()", "(1,)", "(1, 2)", "[0, 3]", "(-1, 0)", "(-3, -3)", "(1, 1, 2, 2)", "(0, 0, 1, 0)", "(1, 1, 1, 1, 0, 2)", "(1, 2, 3, 4, 5, 6, 7, 8)", "(1, 1, 1)"]:
        for mode in ["", "'constant', 2.5", "'reflect'", "mode='replicate'", "mode='circular'"]:
            add(call("F.pad", t(*shape), amounts, mode))
add("F.pad(torch.rand(3), (1, 1), 'symmetric')", "F.pad(torch.rand(3), (1, 1), value=2)", "F.pad(torch.randint(5, (2, 3)), (1, 1))", "F.pad(input=torch.rand(2, 3), pad=(1, 0), mode='constant')", "F.pad(torch.rand(2, 3), (1, torch.rand(2).shape[0]))")

# Convolutions

SIGNALS = {1: [(3, 8), (2, 3, 8), (0, 3, 8), (2, 4, 8), (2, 3, 2), (8,), (2, 3, 8, 8), (2, 3, 0), (2, 0, 8)], 2: [(3, 8, 7), (2, 3, 8, 7), (0, 3, 8, 7), (2, 4, 8, 7), (2, 3, 2, 2), (8, 7), (2, 3, 8, 1), (1, 3, 8, 0), (2, 3, 4, 5, 6)], 3: [(3, 5, 6, 7), (2, 3, 5, 6, 7), (0, 3, 5, 6, 7), (2, 4, 5, 6, 7), (2, 3, 2, 2, 2), (5, 6, 7)]}
SETTINGS = ["3", "1", "2", "4, stride=2", "3, 2, 1", "3, padding=1", "3, padding='same'", "3, padding='valid'", "2, padding='same'", "3, 2, 'same'", "3, padding='half'", "3, dilation=2", "3, padding=2, dilation=2", "3, padding=1, bias=False", "3, groups=3", "3, groups=2", "3, padding=1, padding_mode='circular'", "3, padding=1, padding_mode='reflect'", "2, padding='same', padding_mode='replicate'", "3, padding=2, padding_mode='zeros'", "3, padding_mode='mirror'", "0", "3, stride=0", "3, padding=-1", "9", "9, padding=1", "3, stride=5", "3, groups=0"]
for d, shapes_ in SIGNALS.items():
    for shape in shapes_:
        for settings in SETTINGS if d < 3 else SETTINGS[:8]:
            add(f"nn.Conv{d}d(3, 6, {settings})({t(*shape)})")
        for settings in ["3", "2, stride=2", "3, 2, 1", "3, 2, 1, 1", "3, stride=2, output_padding=1", "3, output_padding=1", "3, stride=3, padding=1, dilation=2, output_padding=2", "3, groups=3", "1", "4, padding=3", "3, bias=False", "3, padding_mode='circular'", "1, padding=5"]:
            add(f"nn.ConvTranspose{d}d(3, 6, {settings})({t(*shape)})")
        window = ", ".join(["3"] * d)
        add(f"F.conv{d}d({t(*shape)}, torch.rand(6, 3, {window}))", f"F.conv{d}d({t(*shape)}, torch.rand(6, 3, {window}), torch.rand(6), 2, 1)", f"F.conv{d}d({t(*shape)}, torch.rand(6, 1, {window}), groups=3, padding=1)", f"F.conv{d}d({t(*shape)}, torch.rand(6, 3, {window}), torch.rand(5))", f"F.conv{d}d({t(*shape)}, torch.rand(6, 3, {window}), padding='same', dilation=2)", f"F.conv_transpose{d}d({t(*shape)}, torch.rand(3, 6, {window}))", f"F.conv_transpose{d}d({t(*shape)}, torch.rand(3, 2, {window}), torch.rand(6), stride=2, groups=3)", f"F.conv_transpose{d}d({t(*shape)}, torch.rand(3, 6, {window}), stride=2, padding=1, output_padding=1)", f"torch.conv{d}d({t(*shape)}, torch.rand(6, 3, {window}), stride=2)", f"torch.conv_transpose{d}d({t(*shape)}, torch.rand(3, 6, {window}), stride=2)", f"nn.LazyConv{d}d(6, 3)({t(*shape)})", f"nn.LazyConvTranspose{d}d(6, 3, stride=2)({t(*shape)})")
add("nn.Conv2d(3, 6, (3, 5))(torch.rand(2, 3, 8, 7))", "nn.Conv2d(3, 6, (3, 5), stride=(1, 2), padding=(0, 2))(torch.rand(2, 3, 8, 7))", "nn.Conv2d(3, 6, (3,))(torch.rand(2, 3, 8, 7))", "nn.Conv2d(3, 6, 3, dilation=(1, 2), padding='same')(torch.rand(2, 3, 8, 7))", "nn.Conv1d(3, 6, (3,), (2,))(torch.rand(2, 3, 8))", "nn.Conv2d(3, 6, 3).weight", "nn.Conv2d(3, 6, 3, groups=3).weight", "nn.ConvTranspose2d(3, 6, (2, 3)).weight", "nn.ConvTranspose2d(4, 6, 3, groups=2).weight", "nn.Conv1d(3, 6, 3).bias", "torch.zeros(nn.Conv2d(3, 6, 3).kernel_size)", "torch.zeros(nn.Conv2d(3, 6, 3, stride=2).stride + (nn.Conv2d(3, 6, 3).out_channels,))", "torch.zeros(nn.Conv2d(3, 6, 3, padding=1).padding[0])", "nn.ConvTranspose2d(3, 6, 3, stride=2)(torch.rand(2, 3, 4, 5), output_size=(9, 11))", "nn.ConvTranspose2d(3, 6, 3, stride=2)(torch.rand(2, 3, 4, 5), output_size=(10, 12))", "nn.ConvTranspose2d(3, 6, 3, stride=2)(torch.rand(2, 3, 4, 5), output_size=torch.rand(2, 3, 10, 11).size())", "nn.ConvTranspose2d(3, 6, 3, stride=2)(torch.rand(2, 3, 4, 5), output_size=(8, 11))", "nn.ConvTranspose2d(3, 6, 3, stride=2)(torch.rand(2, 3, 4, 5), output_size=(11, 11))", "nn.ConvTranspose1d(3, 6, 4, 2)(torch.rand(3, 5), output_size=(13,))", "nn.Conv1d(3, 6, 3)(torch.randint(5, (2, 3, 8)))", "nn.Conv1d(3, 6, 3).double()(torch.rand(2, 3, 8).double())", "F.conv_tbc(torch.rand(7, 2, 3), torch.rand(3, 3, 5), torch.rand(5))", "F.conv_tbc(torch.rand(7, 2, 3), torch.rand(3, 3, 5), torch.rand(5), 1)", "torch.conv_tbc(torch.rand(7, 2, 3), torch.rand(3, 4, 5), torch.rand(5), 1)", "F.conv2d(torch.rand(2, 3, 8, 7), torch.rand(6, 3, 3, 3), stride=[2], padding=(1, 0))", "F.conv2d(torch.rand(1, 8, 7), torch.rand(6, 3, 3, 3))", "F.conv1d(torch.rand(2, 4, 8), torch.rand(6, 2, 3), groups=2)", "F.conv1d(torch.rand(2, 4, 8), torch.rand(5, 2, 3), groups=2)", "nn.Conv2d(1, 1, 3, padding=1, bias=False).weight.flip(0)", "nn.Conv2d(3, 6, kernel_size=3, stride=(2, 1), padding=(1, 0), dilation=1)(torch.rand(3, 9, 9))", "nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(10))(torch.rand(2, 1, 12, 12))", "nn.Conv3d(1, 2, (1, 2, 3))(torch.rand(1, 1, 4, 4, 4))")

# Pooling

for d, shapes_ in SIGNALS.items():
    for shape in shapes_:
        for settings in ["2", "3, 2", "3, stride=2, padding=1", "2, padding=1", "2, padding=2", "3, 2, 1, ceil_mode=True", "3, 2, ceil_mode=True", "4, ceil_mode=True", "9", "9, ceil_mode=True", "1", "3, 1, 1", "0", "3, stride=0", "2, stride=3, ceil_mode=True"]:
            add(f"nn.MaxPool{d}d({settings})({t(*shape)})", f"nn.AvgPool{d}d({settings})({t(*shape)})")
        for settings in ["2, dilation=2", "3, 1, 1, 2", "3, 1, 2, 2", "2, return_indices=True", "3, 2, 1, 1, True, True"]:
            add(f"nn.MaxPool{d}d({settings})({t(*shape)})")
        add(f"F.max_pool{d}d({t(*shape)}, 2)", f"F.max_pool{d}d({t(*shape)}, 3, 2, 1, 1, True)", f"F.max_pool{d}d({t(*shape)}, 2, return_indices=True)", f"F.max_pool{d}d_with_indices({t(*shape)}, 2)", f"F.avg_pool{d}d({t(*shape)}, 2)", f"F.avg_pool{d}d({t(*shape)}, 3, 1, 1, count_include_pad=False)", f"torch.max_pool{d}d({t(*shape)}, 2)")
        if d > 1:
            add(f"F.avg_pool{d}d({t(*shape)}, 2, divisor_override=3)", f"F.avg_pool{d}d({t(*shape)}, 3, 2, ceil_mode=True, divisor_override=3)")
        add(f"nn.LPPool{d}d(2, 3, stride=2)({t(*shape)})", f"F.lp_pool{d}d({t(*shape)}, 1.5, 2)", f"F.lp_pool{d}d({t(*shape)}, 2, 3, ceil_mode=True)")
        for size in ["1", "2", "4", "5", "0", "None", f"({'2, ' * d})", f"({'None, ' * (d - 1)}3,)", f"({'2, ' * (d + 1)})", "-1"]:
            add(f"nn.AdaptiveAvgPool{d}d({size})({t(*shape)})", f"nn.AdaptiveMaxPool{d}d({size})({t(*shape)})")
        add(f"F.adaptive_avg_pool{d}d({t(*shape)}, 3)", f"F.adaptive_max_pool{d}d({t(*shape)}, 3, return_indices=True)", f"F.adaptive_max_pool{d}d_with_indices({t(*shape)}, 2)")
        if d > 1:
            add(f"nn.FractionalMaxPool{d}d(2, output_size=2)({t(*shape)})", f"nn.FractionalMaxPool{d}d(2, output_ratio=0.5)({t(*shape)})", f"F.fractional_max_pool{d}d({t(*shape)}, 3, output_size=({'3, ' * d}))", f"F.fractional_max_pool{d}d({t(*shape)}, 2, output_ratio=({'0.6, ' * d}), return_indices=True)")
        index = f"torch.zeros({', '.join(map(str, shape))}, dtype=torch.long)"
        add(f"nn.MaxUnpool{d}d(2)({t(*shape)}, {index})", f"nn.MaxUnpool{d}d(3, 2, 1)({t(*shape)}, {index})", f"F.max_unpool{d}d({t(*shape)}, {index}, 2)")
add("F.avg_pool1d(torch.randint(5, (1, 2, 8)), 2)", "F.max_pool1d(torch.randint(5, (1, 2, 8)), 2)", "F.max_pool3d(torch.randint(5, (1, 2, 8, 8, 8)), 2)", "F.lp_pool2d(torch.randint(5, (1, 2, 8, 8)), 2, 2)", "F.adaptive_avg_pool2d(torch.randint(5, (1, 2, 8, 8)), 2)", "F.adaptive_max_pool2d(torch.randint(5, (1, 2, 8, 8)), 1)", "F.adaptive_avg_pool2d(torch.rand(2, 0, 4, 4), 2)", "F.adaptive_avg_pool3d(torch.rand(2, 0, 4, 4, 4), 2)", "F.adaptive_max_pool2d(torch.rand(2, 0, 4, 4), 2)", "F.adaptive_avg_pool3d(torch.rand(2, 0, 4, 4, 4), 1)", "F.conv2d(torch.randint(5, (1, 2, 4, 4)), torch.randint(5, (3, 2, 2, 2)))", "F.avg_pool2d(torch.rand(1, 2, 8, 8) > 0.5, 2)", "torch.max_pool1d_with_indices(torch.rand(2, 3, 8), 2)", "F.adaptive_max_pool1d(torch.rand(2, 0, 8), 3)", "F.avg_pool3d(torch.rand(2, 3, 2, 2, 2), 3, 1, 1)", "torch.adaptive_avg_pool1d(torch.rand(2, 3, 8), 4)", "torch.adaptive_max_pool1d(torch.rand(2, 3, 8), 4)", "torch.avg_pool1d(torch.rand(2, 3, 8), 2)", "nn.MaxPool2d((2, 3), (1, 2), padding=(0, 1))(torch.rand(2, 3, 8, 7))", "nn.AvgPool2d((2, 3), (1, 2), padding=(1, 0))(torch.rand(2, 3, 8, 7))", "nn.MaxPool2d(kernel_size=2, stride=2)(torch.rand(3, 9, 9))", "nn.MaxPool1d((2,))(torch.rand(2, 3, 8))", "nn.AvgPool1d((2,), (1,))(torch.rand(2, 3, 8))", "nn.MaxPool2d((2,))(torch.rand(2, 3, 8, 8))", "nn.MaxUnpool2d(2, 2)(torch.rand(1, 1, 2, 2), torch.zeros(1, 1, 2, 2).long(), output_size=(5, 5))", "nn.MaxUnpool2d(2, 2)(torch.rand(1, 1, 2, 2), torch.zeros(1, 1, 2, 2).long(), output_size=torch.Size([1, 1, 5, 5]))", "nn.MaxUnpool2d(2, 2)(torch.rand(1, 1, 2, 2), torch.zeros(1, 1, 2, 2).long(), output_size=(7, 5))", "nn.MaxUnpool2d(2)(*nn.MaxPool2d(2, return_indices=True)(torch.rand(1, 1, 4, 4)))", "nn.MaxUnpool2d(2)(torch.rand(1, 1, 2, 2), torch.rand(1, 1, 2, 2))", "nn.MaxUnpool2d(2)(torch.rand(1, 1, 2, 2), torch.zeros(1, 1, 2, 3).long())", "nn.FractionalMaxPool2d(2)", "nn.FractionalMaxPool2d(2, output_ratio=1.5)", "F.fractional_max_pool2d(torch.rand(1, 2, 8, 8), 2)", "F.max_pool2d(torch.rand(1, 2, 8, 8), kernel_size=2, stride=[])", "F.max_pool2d(torch.rand(1, 2, 8, 8), 3, stride=1, padding=1)", "F.avg_pool2d(torch.rand(1, 2, 8, 8), (8, 8))", "F.avg_pool2d(torch.randint(5, (1, 2, 8, 8)), 2)", "F.max_pool2d(torch.randint(5, (1, 2, 8, 8)), 2)", "nn.AdaptiveAvgPool2d((1, 1))(torch.rand(2, 3, 8, 7)).flatten(1)", "nn.AdaptiveAvgPool2d((3, None))(torch.rand(2, 3, 8, 7))", "F.adaptive_avg_pool2d(torch.rand(2, 3, 8, 7), [4, 7])")

# Resampling

for shape in [(2, 3, 8), (2, 3, 4, 6), (1, 2, 3, 4, 5), (0, 3, 4, 6), (2, 0, 4, 6), (2, 3, 0, 6), (3, 8), (8,), (2, 3, 1, 1)]:
    for mode in ["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area", "lanczos", "cubic"]:
        for how in ["size=4", "size=(5,)", "size=(4, 7)", "size=[2, 3, 4]", "scale_factor=2", "scale_factor=0.5", "scale_factor=1.7", "scale_factor=(2, 0.5)", "scale_factor=(1.5, 2, 1)", "size=0", "size=4, align_corners=True", "scale_factor=1.3, recompute_scale_factor=True", "size=4, scale_factor=2"]:
            add(f"F.interpolate({t(*shape)}, {how}, mode={mode!r})")
        add(f"nn.Upsample(scale_factor=2, mode={mode!r})({t(*shape)})", f"nn.Upsample(size=5, mode={mode!r})({t(*shape)})", f"F.interpolate({t(*shape)}, 3, mode={mode!r}, antialias=True)")
    add(f"F.interpolate({t(*shape)}, 3)", f"F.interpolate({t(*shape)})", f"nn.Upsample((4, 4))({t(*shape)})", f"nn.UpsamplingNearest2d(scale_factor=2)({t(*shape)})", f"nn.UpsamplingBilinear2d(scale_factor=2)({t(*shape)})", f"nn.UpsamplingBilinear2d(size=(3, 3))({t(*shape)})", f"F.upsample({t(*shape)}, 4)", f"F.upsample_nearest({t(*shape)}, 4)", f"F.upsample_bilinear({t(*shape)}, scale_factor=2)")
add("F.interpolate(torch.randint(5, (2, 3, 8)), 4)", "F.interpolate(torch.rand(2, 3, 8), size=4.5)", "F.interpolate(torch.rand(2, 3, 8), size=torch.rand(2, 16).shape[1])", "F.interpolate(torch.rand(2, 3, 8, 8), size=torch.rand(5, 6).shape)")
for shape in [(2, 8, 3, 4), (8, 3, 4), (2, 3, 4, 4), (0, 8, 3, 4), (4, 4), (2, 2, 9, 6, 4), (1, 4, 1, 1)]:
    for factor in [1, 2, 3, 0, -1]:
        add(f"nn.PixelShuffle({factor})({t(*shape)})", f"nn.PixelUnshuffle({factor})({t(*shape)})", f"F.pixel_shuffle({t(*shape)}, {factor})", f"F.pixel_unshuffle({t(*shape)}, {factor})", f"nn.ChannelShuffle({factor})({t(*shape)})", f"F.channel_shuffle({t(*shape)}, {factor})")
    add(f"torch.pixel_shuffle({t(*shape)}, 2)", f"torch.channel_shuffle({t(*shape)}, 2)")
for shape in [(2, 3, 6, 8), (3, 6, 8), (0, 3, 6, 8), (2, 0, 6, 8), (2, 3, 2, 2), (6, 8), (1, 1, 1, 1)]:
    for args in ["2", "3", "(2, 3)", "2, stride=2", "3, padding=1", "3, dilation=2", "3, 1, 1, 2", "2, stride=(1, 2), padding=(1, 0)", "9", "0", "(2, 2, 2)", "2, stride=0"]:
        add(f"nn.Unfold({args})({t(*shape)})", f"F.unfold({t(*shape)}, {args})")
for shape in [(2, 12, 12), (12, 12), (2, 12, 20), (2, 9, 12), (0, 12, 12), (12, 4), (2, 12, 6), (1, 4, 1), (4,)]:
    for args in ["(4, 5), 2", "(4, 5), (2, 2)", "5, 2", "(4, 6), 2, stride=2", "(5, 7), 2, stride=2", "(3, 4), 3, padding=1", "(4, 3), (3, 2)", "(2, 2), 2", "(2, 2, 2), 2", "(4, 5), 0"]:
        add(f"nn.Fold({args})({t(*shape)})", f"F.fold({t(*shape)}, {args})")
for x, grid in [((2, 3, 4, 5), (2, 6, 7, 2)), ((2, 3, 4, 5), (1, 6, 7, 2)), ((2, 3, 4, 5), (2, 6, 7, 3)), ((2, 3, 4, 5, 6), (2, 6, 7, 8, 3)), ((0, 3, 4, 5), (0, 6, 7, 2)), ((2, 3, 4, 5), (2, 0, 7, 2)), ((2, 3, 0, 5), (2, 6, 7, 2)), ((3, 4, 5), (6, 7, 2)), ((2, 3, 4, 5), (2, 6, 7, 8, 3))]:
    for how in ["", "align_corners=True", "mode='nearest'", "mode='bicubic'", "padding_mode='border'", "padding_mode='reflection', align_corners=False", "'linear'", "padding_mode='wrap'"]:
        add(call("F.grid_sample", t(*x), t(*grid), how))
for theta, size in [((2, 2, 3), (2, 3, 4, 5)), ((2, 2, 3), (1, 3, 4, 5)), ((2, 3, 4), (2, 3, 4, 5, 6)), ((2, 2, 3), (2, 3, 4, 5, 6)), ((2, 3), (1, 3, 4, 5)), ((2, 2, 3), (2, 3, 0, 5)), ((2, 2, 3), (2, 4, 5)), ((2, 2, 3), (2, 1, 1, 1))]:
    add(f"F.affine_grid({t(*theta)}, {size})", f"F.affine_grid({t(*theta)}, {size}, align_corners=True)", f"F.affine_grid({t(*theta)}, torch.Size({size}))")
add("F.grid_sample(torch.rand(2, 3, 8, 8), F.affine_grid(torch.rand(2, 2, 3), (2, 3, 5, 6)))")

# Embedding

for index in [(), (4,), (2, 4), (0,), (2, 0), (2, 3, 4)]:
    add(f"nn.Embedding(10, 3)({ti(10, *index)})", f"F.embedding({ti(10, *index)}, {t(10, 3)})", f"nn.Embedding(10, 3, padding_idx=0)({ti(10, *index)})", f"nn.Embedding(10, 3, max_norm=1.0)({ti(10, *index)})", f"nn.Embedding(10, 3)({t(*index)})", f"nn.Embedding(10, 3)({ti(10, *index)}.int())", f"nn.Embedding(10, 1)({ti(10, *index)})", f"nn.Embedding.from_pretrained({t(10, 5)})({ti(10, *index)})")
    for mode in ["", "mode='sum'", "mode='max'", "mode='mean'", "mode='median'", "padding_idx=2", "include_last_offset=True"]:
        add(f"{call('nn.EmbeddingBag', 10, 3, mode)}({ti(10, *index)})", f"{call('nn.EmbeddingBag', 10, 3, mode)}({ti(10, *index)}, torch.tensor([0, 2]))", f"{call('nn.EmbeddingBag', 10, 3, mode)}({ti(10, *index)}, per_sample_weights={t(*index)})", call("F.embedding_bag", ti(10, *index), t(10, 3), "torch.tensor([0])" if len(index) == 1 else "", mode))
    for count in ["", "5", "3", "0", "-1", "-2"]:
        add(f"F.one_hot({ti(3, *index)} % 3, {count})", f"F.one_hot({t(*index)}, {count})" if count == "5" else f"F.one_hot({ti(3, *index)}, num_classes={count or 4})")
add("nn.Embedding(10, 3)(torch.tensor([1, 10]))", "nn.Embedding(10, 3)(torch.tensor([-1]))", "nn.Embedding(10, 3).weight", "nn.Embedding(10, 3, padding_idx=10)", "nn.Embedding(10, 3, padding_idx=-1)(torch.tensor([1]))", "F.embedding(torch.tensor([1]), torch.rand(3))", "F.embedding(torch.tensor([1]), torch.rand(3, 4, 5))", "nn.Embedding.from_pretrained(torch.rand(4)).weight", "nn.Embedding.from_pretrained(torch.rand(4, 2), freeze=False).weight", "nn.Embedding(4, 2, _weight=torch.rand(4, 2)).weight", "nn.Embedding(4, 2, _weight=torch.rand(4, 3)).weight", "torch.zeros(nn.Embedding(10, 3).embedding_dim)", "F.one_hot(torch.tensor([0, 2]))", "F.one_hot(torch.tensor([0, 2]), 2)", "F.one_hot(torch.tensor([0, 2]), 4).float() @ torch.rand(4, 3)", "F.one_hot(torch.tensor(1), 3)", "F.one_hot(torch.tensor([True, False]))", "F.one_hot(torch.tensor([-1, 2]), 4)", "nn.EmbeddingBag.from_pretrained(torch.rand(10, 3))(torch.tensor([[1, 2]]))", "nn.EmbeddingBag(10, 3, mode='sum')(torch.tensor([1, 2, 3]), torch.tensor([0, 1]), torch.rand(3))", "nn.EmbeddingBag(10, 3)(torch.tensor([1, 2, 3]), torch.tensor([1, 2]))", "nn.EmbeddingBag(10, 3)(torch.tensor([1, 2, 3]), offsets=torch.tensor([0, 1, 3]))", "nn.EmbeddingBag(10, 3, include_last_offset=True)(torch.tensor([1, 2, 3]), torch.tensor([0, 1, 3]))", "nn.Embedding(10, 3)(torch.rand(2, 4).argmax(1))", "nn.Embedding(num_embeddings=10, embedding_dim=3)(torch.arange(4)).sum(0)", "nn.Embedding(10, 3, dtype=torch.float64)(torch.arange(3))", "nn.Embedding(3, 4).weight[:2] @ torch.rand(4)")

# Attention

SDPA = [((2, 4, 5, 8), (2, 4, 6, 8), (2, 4, 6, 3)), ((4, 5, 8), (4, 6, 8), (4, 6, 8)), ((5, 8), (6, 8), (6, 8)), ((5, 8), (6, 7), (6, 8)), ((4, 5, 8), (4, 6, 8), (4, 7, 8)), ((1, 4, 5, 8), (2, 4, 6, 8), (2, 4, 6, 8)), ((8,), (8,), (8,)), ((0, 5, 8), (0, 6, 8), (0, 6, 8)), ((2, 0, 8), (2, 6, 8), (2, 6, 8)), ((2, 5, 1), (2, 6, 1), (2, 6, 1)), ((2, 8, 5, 4), (2, 2, 6, 4), (2, 2, 6, 4)), ((2, 6, 5, 4), (2, 4, 6, 4), (2, 4, 6, 4)), ((3, 5, 8), (4, 6, 8), (4, 6, 8))]
for q, k, v in SDPA:
    l, s = (q[-2] if len(q) > 1 else 1), (k[-2] if len(k) > 1 else 1)
    for extra in ["", f"torch.rand({l}, {s})", f"attn_mask=torch.ones({l}, {s}, dtype=torch.bool)", f"attn_mask=torch.rand({l}, {s + 1})", "is_causal=True", "dropout_p=0.5", "scale=0.5", "enable_gqa=True", f"torch.rand({l}, {s}), is_causal=True"]:
        add(call("F.scaled_dot_product_attention", t(*q), t(*k), t(*v), extra))
add("F.scaled_dot_product_attention(torch.randint(3, (4, 5, 8)), torch.randint(3, (4, 6, 8)), torch.randint(3, (4, 6, 8)))")
for options in ["8, 2", "8, 2, batch_first=True", "8, 8, dropout=0.5", "8, 1, bias=False", "8, 2, add_bias_kv=True", "8, 2, add_zero_attn=True", "8, 2, kdim=5, vdim=6", "8, 3", "0, 1", "8, 2, add_bias_kv=True, add_zero_attn=True, batch_first=True"]:
    for q, k, v in [((4, 3, 8), (5, 3, 8), (5, 3, 8)), ((3, 4, 8), (3, 4, 8), (3, 4, 8)), ((4, 8), (5, 8), (5, 8)), ((4, 3, 8), (5, 3, 5), (5, 3, 6)), ((4, 8), (5, 5), (5, 6)), ((4, 3, 7), (5, 3, 7), (5, 3, 7)), ((4, 3, 8), (5, 2, 8), (5, 2, 8)), ((4, 3, 8), (5, 8), (5, 8)), ((0, 3, 8), (0, 3, 8), (0, 3, 8)), ((4, 3, 8), (5, 3, 8), (6, 3, 8))]:
        x = f"{t(*q)}, {t(*k)}, {t(*v)}"
        add(f"nn.MultiheadAttention({options})({x})", f"nn.MultiheadAttention({options})({x}, need_weights=False)[0]", f"nn.MultiheadAttention({options})({x}, average_attn_weights=False)[1]", f"nn.MultiheadAttention({options}).eval()({x})[0]")
MHA = "nn.MultiheadAttention(8, 2, batch_first=True)"
for mask in ["torch.zeros(4, 5)", "torch.zeros(4, 5, dtype=torch.bool)", "torch.zeros(6, 4, 5)", "torch.zeros(3, 4, 5)", "torch.zeros(5, 4)", "torch.zeros(4, 5).long()", "torch.zeros(4)"]:
    add(f"{MHA}(torch.rand(3, 4, 8), torch.rand(3, 5, 8), torch.rand(3, 5, 8), attn_mask={mask})", f"{MHA}(torch.rand(4, 8), torch.rand(5, 8), torch.rand(5, 8), attn_mask={mask})", f"nn.MultiheadAttention(8, 2, add_bias_kv=True)(torch.rand(4, 3, 8), torch.rand(5, 3, 8), torch.rand(5, 3, 8), attn_mask={mask})", f"{MHA}(torch.rand(3, 4, 8), torch.rand(3, 5, 8), torch.rand(3, 5, 8), attn_mask={mask}, is_causal=True)[0]")
for mask in ["torch.zeros(3, 5)", "torch.zeros(3, 5, dtype=torch.bool)", "torch.zeros(3, 4)", "torch.zeros(5)", "torch.zeros(5, dtype=torch.bool)", "torch.zeros(3, 5).long()"]:
    add(f"{MHA}(torch.rand(3, 4, 8), torch.rand(3, 5, 8), torch.rand(3, 5, 8), {mask})", f"{MHA}(torch.rand(4, 8), torch.rand(5, 8), torch.rand(5, 8), key_padding_mask={mask})", f"nn.MultiheadAttention(8, 2, add_zero_attn=True, batch_first=True)(torch.rand(3, 4, 8), torch.rand(3, 5, 8), torch.rand(3, 5, 8), {mask}, attn_mask=torch.zeros(4, 5))")
add(f"{MHA}(torch.rand(3, 4, 8), torch.rand(3, 5, 8), torch.rand(3, 5, 8), is_causal=True)", "list(nn.MultiheadAttention(8, 2).parameters())", "list(nn.MultiheadAttention(8, 2, bias=False).parameters())", "list(nn.MultiheadAttention(8, 2, kdim=5, vdim=6, add_bias_kv=True).parameters())", "dict(nn.MultiheadAttention(8, 2).named_parameters())['out_proj.weight']", "nn.MultiheadAttention(8, 2).in_proj_weight", "nn.MultiheadAttention(8, 2).out_proj.bias", "torch.zeros(nn.MultiheadAttention(8, 2).head_dim, nn.MultiheadAttention(8, 2).embed_dim)", "nn.MultiheadAttention(embed_dim=8, num_heads=2)(query=torch.rand(4, 8), key=torch.rand(5, 8), value=torch.rand(5, 8))[0]", "F.multi_head_attention_forward(torch.rand(4, 3, 8), torch.rand(5, 3, 8), torch.rand(5, 3, 8), 8, 2, torch.rand(24, 8), torch.rand(24), None, None, False, 0.0, torch.rand(8, 8), torch.rand(8))", "nn.MultiheadAttention(8, 2).double()(torch.rand(4, 8).double(), torch.rand(4, 8).double(), torch.rand(4, 8).double())")

# Transformers

for shape in [(4, 3, 8), (4, 8), (0, 3, 8), (4, 3, 7), (8,), (4, 3, 8, 1)]:
    for options in ["8, 2", "8, 2, 16", "8, 2, batch_first=True", "8, 2, dim_feedforward=4, norm_first=True", "8, 2, activation='gelu'", "8, 2, activation=nn.Tanh()", "8, 2, bias=False", "8, 3", "8, 2, activation='tanh'"]:
        add(f"nn.TransformerEncoderLayer({options})({t(*shape)})", f"nn.TransformerDecoderLayer({options})({t(*shape)}, {t(5, *shape[1:])})", f"nn.TransformerEncoder(nn.TransformerEncoderLayer({options}), 2)({t(*shape)})")
    add(f"nn.TransformerEncoderLayer(8, 2).eval()({t(*shape)})", f"nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), num_layers=1, norm=nn.LayerNorm(8))({t(*shape)})", f"nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2)({t(*shape)}, {t(5, *shape[1:])})", f"nn.Transformer(8, 2, 1, 1, 16)({t(5, *shape[1:])}, {t(*shape)})", f"nn.Transformer(8, 2, 1, 1, 16, batch_first=True)({t(*shape)}, {t(*shape)})", f"nn.TransformerEncoderLayer(8, 2)({t(*shape)}, torch.zeros(4, 4))", f"nn.TransformerEncoderLayer(8, 2)({t(*shape)}, src_key_padding_mask=torch.zeros(3, 4).bool())", f"nn.TransformerEncoderLayer(8, 2)({t(*shape)}, torch.zeros(4, 4), is_causal=True)", f"nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2)({t(*shape)}, nn.Transformer.generate_square_subsequent_mask(4))", f"nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2)({t(*shape)}, mask=torch.zeros(4, 4).bool(), src_key_padding_mask=torch.zeros(3, 4).bool())", f"nn.TransformerDecoderLayer(8, 2)({t(*shape)}, {t(5, *shape[1:])}, tgt_mask=torch.zeros(4, 4), memory_mask=torch.zeros(4, 5))")
add("nn.Transformer(8, 2, 1, 1, 16)(torch.rand(4, 3, 8), torch.rand(4, 2, 8))", "nn.Transformer.generate_square_subsequent_mask(5)", "nn.Transformer(8, 2, 1, 1, 16).generate_square_subsequent_mask(3)", "list(nn.TransformerEncoderLayer(8, 2, 16).parameters())", "list(nn.TransformerDecoderLayer(8, 2, 16).parameters())", "torch.zeros(len(list(nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 3).parameters())))", "list(nn.Transformer(8, 2, 1, 1, 16).parameters())", "nn.TransformerEncoderLayer(8, 2, 16).linear1.weight", "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 3).layers[1].self_attn.in_proj_weight", "torch.zeros(len(nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 3).layers))", "nn.TransformerEncoder(3, 2)", "nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, dropout=0.0, batch_first=True)(torch.rand(2, 5, 8)).mean(1)", "nn.Sequential(nn.Linear(3, 8), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Linear(8, 1))(torch.rand(2, 5, 3))")

# Recurrent layers

for name in ["RNN", "LSTM", "GRU"]:
    for options in ["3, 4", "3, 4, 2", "3, 4, batch_first=True", "3, 4, bidirectional=True", "3, 4, num_layers=2, bidirectional=True, batch_first=True, dropout=0.5", "3, 4, bias=False", "3, 4, 0", "3, 0", "3, 4, dropout=2", "3, 4, proj_size=2", "3, 4, 2, bidirectional=True, proj_size=2", "3, 4, proj_size=4", "3, 4, proj_size=-1", "3, 4, 1, 'relu'", "3, 4, nonlinearity='relu'", "3, 4, nonlinearity='sin'"]:
        for shape in [(5, 2, 3), (5, 3), (0, 2, 3), (5, 0, 3), (1, 1, 3), (5, 2, 4), (3,), (2, 5, 2, 3), (300, 2, 3)]:
            add(f"nn.{name}({options})({t(*shape)})")
        add(f"nn.{name}({options})({t(5, 2, 3)})[0]", f"nn.{name}({options}).eval()({t(5, 2, 3)})[1]")
    for hidden in [(1, 2, 4), (2, 2, 4), (1, 4), (2, 4), (1, 3, 4), (1, 2, 5)]:
        state = f"({t(*hidden)}, {t(*hidden)})" if name == "LSTM" else t(*hidden)
        for shape in [(5, 2, 3), (5, 3)]:
            add(f"nn.{name}(3, 4)({t(*shape)}, {state})", f"nn.{name}(3, 4, bidirectional=True)({t(*shape)}, {state})", f"nn.{name}(3, 4, batch_first=True)({t(2, 5, 3)}, {state})")
    for options in ["3, 4", "3, 4, bias=False", "3, 4, False"]:
        for shape in [(2, 3), (3,), (0, 3), (2, 4), (5, 2, 3), ()]:
            add(f"nn.{name}Cell({options})({t(*shape)})")
            for hidden in [(2, 4), (4,), (2, 5), (3, 4), (1, 2, 4)]:
                state = f"({t(*hidden)}, {t(*hidden)})" if name == "LSTM" else t(*hidden)
                add(f"nn.{name}Cell({options})({t(*shape)}, {state})")
    add(f"list(nn.{name}(3, 4, 2, bidirectional=True).parameters())", f"list(nn.{name}(3, 4, bias=False).parameters())", f"dict(nn.{name}(3, 4, 2).named_parameters())['weight_hh_l1']", f"nn.{name}(3, 4).weight_ih_l0", f"nn.{name}Cell(3, 4).weight_hh", f"list(nn.{name}Cell(3, 4).parameters())", f"nn.{name}(3, 4).double()({t(5, 3)}.double())", f"nn.{name}(3, 4)({ti(4, 5, 3)})", f"torch.zeros(nn.{name}(3, 4).hidden_size, nn.{name}(3, 4, 2).num_layers)", f"nn.{name}(3, 4, batch_first=True)({t(2, 5, 3)})[0][:, -1]", f"nn.{name}(input_size=3, hidden_size=4)({t(5, 3)})[0]", f"nn.{name}(3, 4)({t(5, 2, 3)}, None)[0]")
add("list(nn.LSTM(3, 4, proj_size=2).parameters())", "nn.LSTM(3, 4, proj_size=2)(torch.rand(5, 2, 3), (torch.rand(1, 2, 2), torch.rand(1, 2, 4)))", "nn.LSTM(3, 4, proj_size=2)(torch.rand(5, 2, 3), (torch.rand(1, 2, 4), torch.rand(1, 2, 4)))", "nn.LSTM(3, 4)(torch.rand(5, 2, 3), torch.rand(1, 2, 4))", "nn.LSTM(3, 4)(torch.rand(5, 2, 3), (torch.rand(1, 2, 4),))", "nn.LSTM(3, 4)(torch.rand(5, 2, 3))[1][0]", "nn.RNNCell(3, 4, nonlinearity='relu')(torch.rand(2, 3))", "nn.RNNCell(3, 4, nonlinearity='sin')(torch.rand(2, 3))", "nn.GRU(3, 4, 2)(torch.rand(200, 2, 3))")

# Distances

for a, b in [((2, 3), (2, 3)), ((2, 3), (1, 3)), ((3,), (3,)), ((2, 3, 4), (2, 3, 4)), ((2, 3), (3,)), ((2, 3), (2, 4)), ((), ()), ((0, 3), (0, 3)), ((5, 1, 3), (1, 4, 3)), ((2, 0), (2, 0))]:
    for how in ["", "dim=0", "dim=-1", "2", "dim=1, eps=1e-3"]:
        add(call("F.cosine_similarity", t(*a), t(*b), how), f"nn.CosineSimilarity({how})({t(*a)}, {t(*b)})")
    for how in ["", "p=1", "keepdim=True", "3, 1e-3", "p=0", "p=float('inf')"]:
        add(call("F.pairwise_distance", t(*a), t(*b), how), f"nn.PairwiseDistance({how})({t(*a)}, {t(*b)})")
    for how in ["", "p=1", "dim=0", "dim=-1", "dim=(0, 1)", "2.0, 2", "p=3, dim=-2"]:
        add(call("F.normalize", t(*a), how))
for shape in [(4, 3), (2, 3), (1, 3), (0, 3), (3,), (2, 3, 4), (4, 0), (250, 2)]:
    add(f"F.pdist({t(*shape)})", f"F.pdist({t(*shape)}, p=1)", f"torch.pdist({t(*shape)}, 0)")
add("F.pdist(torch.rand(3, 2), -1)", "torch.cosine_similarity(torch.rand(2, 3), torch.rand(2, 3))", "torch.pairwise_distance(torch.rand(2, 3), torch.rand(2, 3))")

# Losses

ELEMENTWISE = {"MSELoss": "mse_loss", "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss", "HuberLoss": "huber_loss", "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "KLDivLoss": "kl_div", "PoissonNLLLoss": "poisson_nll_loss", "SoftMarginLoss": "soft_margin_loss", "HingeEmbeddingLoss": "hinge_embedding_loss", "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss"}
LOSS_PAIRS = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (2, 4)), ((3,), (3,)), ((), ()), ((0, 3), (0, 3)), ((2, 3, 4), (2, 3, 4)), ((2,), (2, 1)), ((2, 1), (2,))]
REDUCTIONS = ["", "reduction='sum'", "reduction='none'", "reduction='mean'", "reduction='batchmean'", "reduction='avg'", "size_average=False", "reduce=False"]
for layer, fn in ELEMENTWISE.items():
    for a, b in LOSS_PAIRS:
        for reduction in REDUCTIONS:
            add(f"nn.{layer}({reduction})({t(*a)}, {t(*b)})", call(f"F.{fn}", t(*a), t(*b), reduction))
    add(f"F.{fn}({ti(2, 2, 3)}, {ti(2, 2, 3)})", f"F.{fn}({t(2, 3)}, {ti(2, 2, 3)})", f"F.{fn}({t(2, 3)}, {t(2, 3)}.double())", f"nn.{layer}()({t(2, 3)})", f"nn.{layer}('mean')({t(2, 3)}, {t(2, 3)})")
    for weight in [(2, 3), (3,), (2, 1), (4,), (4, 2, 3)]:
        add(f"F.{fn}({t(2, 3)}, {t(2, 3)}, weight={t(*weight)})", f"F.{fn}({t(2, 3)}, {t(2, 3)}, weight={t(*weight)}, reduction='none')", f"nn.{layer}(weight={t(*weight)})({t(2, 3)}, {t(2, 3)})")
for extra in ["beta=0.0", "beta=-1.0", "beta=0.5, reduction='none'"]:
    add(f"F.smooth_l1_loss({t(2, 3)}, {t(2, 3)}, {extra})")
for extra in ["delta=0.0", "delta=0.5, reduction='none'"]:
    add(f"F.huber_loss({t(2, 3)}, {t(2, 3)}, {extra})")
for extra in ["log_target=True", "log_target=True, reduction='none'", "log_input=False", "log_input=False, full=True, reduction='none'", "margin=2.0, reduction='none'", "pos_weight=torch.rand(3)", "pos_weight=torch.rand(3), reduction='none'", "pos_weight=torch.rand(4)"]:
    for layer, fn in ELEMENTWISE.items():
        add(f"nn.{layer}({extra})({t(2, 3)}, {t(2, 3)})", f"F.{fn}({t(2, 3)}, {t(2, 3)}, {extra})")
for x, var in [((2, 3), (2, 3)), ((2, 3), (2, 1)), ((2, 3), (2,)), ((2, 3), (3,)), ((2, 3), (1, 1)), ((), ()), ((0, 3), (0, 3)), ((3,), (1,)), ((2, 3, 4), (2, 1, 4))]:
    for how in ["", "full=True", "reduction='none'", "reduction='sum'", "reduction='avg'", "eps=1e-3"]:
        add(call("F.gaussian_nll_loss", t(*x), t(*x), t(*var), how), f"nn.GaussianNLLLoss({how})({t(*x)}, {t(*x)}, {t(*var)})")
add("F.gaussian_nll_loss(torch.rand(2, 3), torch.rand(2, 3), 0.5)", "F.soft_margin_loss(torch.rand(3), torch.rand(2, 3))", "F.soft_margin_loss(torch.rand(2, 3), torch.rand(3))", "F.binary_cross_entropy_with_logits(torch.rand(2, 3), torch.rand(2, 3) > 0.5)", "F.multi_margin_loss(torch.rand(3), torch.tensor([0]), reduction='none')", "F.nll_loss(torch.rand(3, 4), torch.tensor([0, 1, 2]).int())", "F.multi_margin_loss(torch.rand(3, 4), torch.tensor([0, 1, 2]).int())", "nn.GaussianNLLLoss(True)", "F.gaussian_nll_loss(torch.rand(2, 3), torch.rand(2, 1), torch.rand(2, 3), reduction='none')")
for x, target in [((2, 4), (2,)), ((4,), ()), ((2, 4, 3), (2, 3)), ((2, 4, 3, 5), (2, 3, 5)), ((2, 4), (3,)), ((2, 4), (2, 1)), ((2, 4), ()), ((0, 4), (0,)), ((2, 4, 3), (2, 4)), ((2, 1), (2,)), ((), ()), ((2, 4, 0), (2, 0)), ((4,), (1,))]:
    goal = f"({ti(4, *target)} % {x[1] if len(x) > 1 else 4 if x else 1})"
    for how in ["", "reduction='none'", "reduction='sum'", "weight=torch.rand(4)", "weight=torch.rand(3)", "ignore_index=1", "ignore_index=1, reduction='none'", "reduction='avg'", "weight=torch.rand(4), reduction='none'"]:
        add(call("F.nll_loss", t(*x), goal, how), f"nn.NLLLoss({how})({t(*x)}, {goal})", call("F.cross_entropy", t(*x), goal, how), f"nn.CrossEntropyLoss({how})({t(*x)}, {goal})")
    add(f"F.cross_entropy({t(*x)}, {goal}, label_smoothing=0.1)", f"nn.CrossEntropyLoss(label_smoothing=0.1, reduction='none')({t(*x)}, {goal})", f"F.cross_entropy({t(*x)}, {goal}, label_smoothing=1.5)", f"F.cross_entropy({t(*x)}, {goal}, torch.rand(4), label_smoothing=0.1, ignore_index=2)", f"F.cross_entropy({t(*x)}, {t(*target)})", f"F.nll_loss({t(*x)}, {t(*target)})", f"F.cross_entropy({t(*x)}, {t(*x)})", f"F.cross_entropy({t(*x)}, {t(*x)}, reduction='none')", f"F.cross_entropy({t(*x)}, {t(*x)}, weight=torch.rand(4), label_smoothing=0.1)", f"F.cross_entropy({t(*x)}, {ti(3, *x)})", f"F.cross_entropy({t(*x)}, {goal}.int())")
    for how in ["", "reduction='none'", "p=2", "p=3", "margin=0.5, reduction='sum'", "weight=torch.rand(4)", "weight=torch.rand(2, 2)"]:
        add(call("F.multi_margin_loss", t(*x), goal, how), f"nn.MultiMarginLoss({how})({t(*x)}, {goal})")
    for how in ["", "reduction='none'", "reduction='sum'"]:
        add(call("F.multilabel_margin_loss", t(*x), f"torch.zeros({', '.join(map(str, x))}).long()" if x else "torch.tensor(0)", how), f"nn.MultiLabelMarginLoss({how})({t(*x)}, {goal})")
add("F.nll_loss(torch.rand(2, 4), torch.tensor([1, 4]))", "F.cross_entropy(torch.rand(2, 4), torch.tensor([1, -100]))", "F.cross_entropy(torch.rand(2, 4), torch.tensor([1, 7]))", "F.cross_entropy(torch.rand(2, 4), torch.tensor([1, 7]), ignore_index=7)", "F.cross_entropy(input=torch.rand(2, 4), target=torch.tensor([1, 3]))", "nn.CrossEntropyLoss()(torch.rand(2, 4), torch.rand(2, 5))", "nn.CrossEntropyLoss(torch.rand(4))(torch.rand(2, 4), torch.tensor([1, 2]))", "F.nll_loss(F.log_softmax(torch.rand(2, 4), dim=1), torch.tensor([0, 1]))", "F.cross_entropy(torch.rand(2, 4), F.one_hot(torch.tensor([1, 2]), 4).float())", "nn.NLLLoss2d()(torch.rand(2, 4, 3, 3), torch.randint(4, (2, 3, 3)))")
for a, b, target in [((2,), (2,), (2,)), ((2, 3), (2, 3), (2, 3)), ((2, 3), (2, 3), (3,)), ((2, 3), (2, 1), (1, 3)), ((), (), ()), ((0,), (0,), (0,)), ((2,), (3,), (2,))]:
    for how in ["", "margin=0.5", "reduction='none'", "reduction='sum'"]:
        add(call("F.margin_ranking_loss", t(*a), t(*b), t(*target), how), f"nn.MarginRankingLoss({how})({t(*a)}, {t(*b)}, {t(*target)})")
for a, b, target in [((2, 3), (2, 3), (2,)), ((3,), (3,), ()), ((2, 3), (2, 3), ()), ((2, 3), (1, 3), (2,)), ((2, 3), (2, 4), (2,)), ((0, 3), (0, 3), (0,)), ((2, 3, 4), (2, 3, 4), (2, 4)), ((2, 3), (2, 3), (1,))]:
    for how in ["", "margin=0.5", "reduction='none'", "reduction='sum'"]:
        add(call("F.cosine_embedding_loss", t(*a), t(*b), f"torch.ones({', '.join(map(str, target))})" if target else "torch.tensor(1.0)", how), f"nn.CosineEmbeddingLoss({how})({t(*a)}, {t(*b)}, {t(*target)})")
for a, b, c in [((2, 3), (2, 3), (2, 3)), ((3,), (3,), (3,)), ((2, 3), (1, 3), (2, 3)), ((2, 3), (3,), (2, 3)), ((2, 3), (2, 4), (2, 3)), ((0, 3), (0, 3), (0, 3)), ((2, 4, 3), (2, 4, 3), (2, 4, 3)), ((), (), ())]:
    for how in ["", "margin=0.5", "margin=0", "p=1, swap=True", "swap=True, reduction='none'", "reduction='none'", "reduction='sum'", "reduction='avg'"]:
        add(call("F.triplet_margin_loss", t(*a), t(*b), t(*c), how), f"nn.TripletMarginLoss({how})({t(*a)}, {t(*b)}, {t(*c)})")
    for how in ["", "margin=0.5", "swap=True, reduction='none'", "distance_function=nn.PairwiseDistance(), reduction='none'", "distance_function=lambda x, y: (x - y).abs().sum(-1)", "reduction='avg'", "margin=-1"]:
        add(call("F.triplet_margin_with_distance_loss", t(*a), t(*b), t(*c), how), f"nn.TripletMarginWithDistanceLoss({how})({t(*a)}, {t(*b)}, {t(*c)})")
for how in ["", "reduction='none'", "reduction='sum'", "blank=5", "blank=2", "zero_infinity=True"]:
    add(call("F.ctc_loss", "torch.rand(6, 2, 5).log_softmax(2)", "torch.randint(1, 5, (2, 3))", "torch.tensor([6, 6])", "torch.tensor([3, 2])", how), f"nn.CTCLoss({how})(torch.rand(6, 2, 5).log_softmax(2), torch.randint(1, 5, (2, 3)), torch.tensor([6, 5]), torch.tensor([3, 2]))", call("F.ctc_loss", "torch.rand(6, 5).log_softmax(1)", "torch.randint(1, 5, (3,))", "torch.tensor(6)", "torch.tensor(3)", how))
add("F.linear_cross_entropy(torch.rand(2, 3), torch.rand(4, 3), torch.tensor([1, 2]))", "F.linear_cross_entropy(torch.rand(2, 3), torch.rand(4, 3), torch.tensor([1, 2]), linear_bias=torch.rand(4), reduction='none')", "F.linear_cross_entropy(torch.rand(2, 5), torch.rand(4, 3), torch.tensor([1, 2]))")

# Initialisation

for shape in [(3,), (4, 3), (4, 3, 2), (4, 3, 2, 2), (4, 2, 1, 2, 2), (), (0, 3), (2, 0), (3, 4)]:
    for name in ["uniform_", "normal_", "ones_", "zeros_", "eye_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "trunc_normal_", "dirac_", "xavier_uniform", "kaiming_normal"]:
        add(f"nn.init.{name}({t(*shape)})", f"nn.init.{name}(nn.Parameter({t(*shape)}))")
    add(f"nn.init.constant_({t(*shape)}, 0.5)", f"nn.init.sparse_({t(*shape)}, 0.5)", f"nn.init.uniform_({t(*shape)}, -1, 1)", f"nn.init.normal_({t(*shape)}, mean=1.0, std=0.1)", f"nn.init.kaiming_uniform_({t(*shape)}, a=5 ** 0.5)", f"nn.init.kaiming_normal_({t(*shape)}, mode='fan_out', nonlinearity='relu')", f"nn.init.kaiming_normal_({t(*shape)}, mode='fan')", f"nn.init.kaiming_normal_({t(*shape)}, nonlinearity='gelu')", f"nn.init.xavier_uniform_({t(*shape)}, gain=nn.init.calculate_gain('relu'))", f"nn.init.dirac_({t(*shape)}, 2)", f"nn.init.trunc_normal_({t(*shape)}, std=0.02, a=-0.04, b=0.04)")
add("nn.init.calculate_gain('selu') * torch.rand(2)", "nn.init.calculate_gain('gelu')", "nn.init.calculate_gain('leaky_relu', 0.2) * torch.rand(3)", "(lambda m: (nn.init.zeros_(m.weight), m(torch.rand(2, 3)))[1])(nn.Linear(3, 4))", "(lambda m: (nn.init.constant_(m.bias, 0.1), list(m.parameters()))[1])(nn.Linear(3, 4))", "nn.init.zeros_(nn.Linear(3, 4).bias)", "nn.Linear(3, 4).apply(lambda m: nn.init.ones_(m.weight) if isinstance(m, nn.Linear) else None)(torch.rand(3))", f"{SEQ}.apply(lambda m: nn.init.xavier_uniform_(m.weight) if isinstance(m, nn.Linear) else None)({t(2, 3)})")

# Utilities and calls with other weights

add(f"nn.utils.parameters_to_vector({SEQ}.parameters())", "nn.utils.parameters_to_vector(nn.Linear(3, 4).parameters())", "nn.utils.parameters_to_vector([torch.rand(2, 3), torch.rand(4)])", "nn.utils.parameters_to_vector([])", "(lambda m: (nn.utils.vector_to_parameters(torch.arange(16.0), m.parameters()), m(torch.rand(2, 3)))[1])(nn.Linear(3, 4))", "(lambda m: (nn.utils.vector_to_parameters(torch.arange(16.0), m.parameters()), m.bias)[1])(nn.Linear(3, 4))", "(lambda m: nn.utils.vector_to_parameters(torch.arange(10.0), m.parameters()))(nn.Linear(3, 4))", "nn.utils.clip_grad_norm_(nn.Linear(3, 4).parameters(), 1.0)", "nn.utils.get_total_norm([torch.rand(2, 3), torch.rand(4)])", "nn.utils.skip_init(nn.Linear, 3, 4).weight")
for name in ["weight_norm", "spectral_norm", "parametrizations.weight_norm", "parametrizations.spectral_norm"]:
    add(f"nn.utils.{name}(nn.Linear(3, 4))({t(2, 3)})", f"nn.utils.{name}(nn.Linear(3, 4)).weight", f"nn.utils.{name}(nn.Conv2d(3, 4, 3))({t(2, 3, 5, 5)})", f"nn.utils.{name}(nn.ConvTranspose1d(3, 4, 3))({t(2, 3, 5)})", f"nn.Sequential(nn.utils.{name}(nn.Linear(3, 4)), nn.ReLU()).eval()({t(2, 3)})", f"nn.utils.{name}(nn.Linear(3, 4), 'bias')({t(2, 3)})" if "weight" in name else f"nn.utils.{name}(nn.Linear(3, 4), name='weight')({t(2, 3)})", f"nn.utils.{name}(nn.Linear(3, 4), 'scale')", f"nn.utils.{name}(nn.Linear(3, 4)).double()({t(3)}.double())")
add("nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(3, 4)))(torch.rand(3))", "nn.utils.parametrizations.orthogonal(nn.Linear(3, 4))(torch.rand(2, 3))", "nn.utils.parametrizations.orthogonal(nn.Linear(3, 4), 'bias')", "nn.utils.parametrize.register_parametrization(nn.Linear(3, 3), 'weight', nn.Softplus())(torch.rand(2, 3))", "nn.utils.parametrize.register_parametrization(nn.Linear(3, 3), 'weight', nn.Softplus()).weight")
for lengths in [(3, 2), (3, 3), (1, 4, 2), (0, 2), (3,)]:
    parts = ", ".join(t(n, 2) for n in lengths)
    add(f"nn.utils.rnn.pad_sequence([{parts}])", f"nn.utils.rnn.pad_sequence([{parts}], batch_first=True)", f"nn.utils.rnn.pad_sequence([{', '.join(t(n) for n in lengths)}], True, -1.0)", f"nn.utils.rnn.pad_sequence([{parts}], padding_side='left')", f"nn.utils.rnn.pad_sequence([{parts}], padding_side='middle')")
add("nn.utils.rnn.pad_sequence([torch.rand(3, 2), torch.rand(3, 4)])", "nn.utils.rnn.pad_sequence([])", "nn.utils.rnn.pad_sequence(torch.rand(2, 3, 4))")
CALLS = ["torch.func.functional_call", "nn.utils.stateless.functional_call"]
for name in CALLS:
    add(f"(lambda m: {name}(m, dict(m.named_parameters()), (torch.rand(2, 3),)))(nn.Linear(3, 4))", f"(lambda m: {name}(m, dict(m.named_parameters()), torch.rand(2, 3)))({SEQ})", f"{name}(nn.Linear(3, 4), {{'weight': torch.rand(5, 3), 'bias': torch.rand(5)}}, (torch.rand(2, 3),))", f"{name}(nn.Linear(3, 4), {{'weight': torch.rand(4, 7)}}, (torch.rand(2, 7),))", f"{name}({SEQ}, {{'0.weight': torch.rand(4, 6)}}, (torch.rand(2, 6),))", f"{name}({SEQ}, {{'9.weight': torch.rand(4, 6)}}, (torch.rand(2, 6),))", f"{name}(nn.Linear(3, 4), {{}}, (torch.rand(3),), {{}})", f"{name}(nn.Linear(3, 4), {{'weight': torch.rand(5, 3)}}, (torch.rand(2, 3),))")
add("torch.func.functional_call(nn.BatchNorm1d(3), ({'weight': torch.ones(3)}, {'running_mean': torch.zeros(3)}), (torch.rand(2, 3),))", "torch.func.functional_call(nn.MultiheadAttention(8, 2), {}, (torch.rand(4, 8), torch.rand(5, 8), torch.rand(5, 8)), {'need_weights': False})[0]")
JAC = "(lambda m, x: torch.func.{how}(lambda p: torch.func.functional_call(m, p, (x,)))(dict(m.named_parameters())){key})"
for how in ["jacrev", "jacfwd"]:
    add(JAC.format(how=how, key="['weight']") + "(nn.Linear(3, 4), torch.rand(2, 3))", JAC.format(how=how, key="['2.bias']") + f"({SEQ}, torch.rand(2, 3))", f"(lambda m: torch.func.{how}(lambda x: m(x))(torch.rand(3)))(nn.Linear(3, 4))", f"(lambda m: torch.func.{how}(m)(torch.rand(2, 3)))({SEQ})", f"(lambda m: torch.func.vmap(torch.func.{how}(m))(torch.rand(5, 3)))({SEQ})")
add("(lambda m: torch.func.grad(lambda p, x: torch.func.functional_call(m, p, (x,)).sum())(dict(m.named_parameters()), torch.rand(2, 3))['bias'])(nn.Linear(3, 4))", "(lambda m: torch.func.vmap(torch.func.grad(lambda p, x, y: F.mse_loss(torch.func.functional_call(m, p, (x,)), y)), in_dims=(None, 0, 0))(dict(m.named_parameters()), torch.rand(5, 3), torch.rand(5, 4))['weight'])(nn.Linear(3, 4))", "torch.func.stack_module_state([nn.Linear(3, 4) for _ in range(5)])[0]['weight']", "torch.func.stack_module_state([nn.BatchNorm1d(3) for _ in range(2)])[1]['running_var']", "torch.func.stack_module_state([])", "torch.func.stack_module_state([nn.Linear(3, 4), nn.ReLU()])", "(lambda ms, base: (lambda pb: torch.func.vmap(lambda p, b, x: torch.func.functional_call(base, (p, b), (x,)), in_dims=(0, 0, None))(*pb, torch.rand(7, 3)))(torch.func.stack_module_state(ms)))([nn.Linear(3, 4) for _ in range(5)], nn.Linear(3, 4))", "torch.func.replace_all_batch_norm_modules_(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)))(torch.rand(2, 3))", "torch.func.vmap(torch.func.replace_all_batch_norm_modules_(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))))(torch.rand(5, 2, 3))", "nn.DataParallel(nn.Linear(3, 4))(torch.rand(2, 3))", "nn.DataParallel(nn.Linear(3, 4)).module.weight", "nn.modules.Linear(3, 4)(torch.rand(3))")

# Hooks, and softmax over clusters of classes

HOOKED = "(lambda m, h: (m.register_forward_hook(lambda m, a, y: h.append(y)), m(torch.rand(2, 3)), h[0])[2])"
add(f"{HOOKED}(nn.Linear(3, 4), [])", f"{HOOKED}({SEQ}, [])", "(lambda m: (m.register_forward_hook(lambda m, a, y: y[:, :2]), m(torch.rand(2, 3)))[1])(nn.Linear(3, 4))", "(lambda m: (m.register_forward_pre_hook(lambda m, a: (a[0][:1],)), m(torch.rand(2, 3)))[1])(nn.Linear(3, 4))", "(lambda m: (m.register_forward_hook(lambda m, a, y: y[:, :2]).remove(), m(torch.rand(2, 3)))[1])(nn.Linear(3, 4))", "(lambda m, h: (m[0].register_forward_hook(lambda m, a, y: h.update(a=y)), m(torch.rand(2, 3)), h['a'])[2])(nn.Sequential(nn.Linear(3, 4), nn.ReLU()), {})")
ASM = "nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 12])"
add(f"{ASM}(torch.rand(3, 8), torch.randint(20, (3,)))", f"{ASM}(torch.rand(3, 8), torch.randint(20, (3,))).loss", f"{ASM}(torch.rand(8), torch.tensor(3))", f"{ASM}.log_prob(torch.rand(3, 8))", f"{ASM}.predict(torch.rand(3, 8))", f"{ASM}(torch.rand(3, 8), torch.randint(20, (4,)))", f"{ASM}(torch.rand(3, 7), torch.randint(20, (3,)))", f"list({ASM}.parameters())", "nn.AdaptiveLogSoftmaxWithLoss(8, 20, [])", "nn.AdaptiveLogSoftmaxWithLoss(8, 20, [12, 5])", "nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 20])", "list(nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5], head_bias=True, div_value=2.0).parameters())", f"{ASM}(torch.rand(3, 8), torch.tensor([0, 1, 20]))", "nn.CrossMapLRN2d(2)(torch.rand(2, 3, 4, 4))", "nn.CrossMapLRN2d(2)(torch.rand(2, 3, 4))", "(lambda m, o: (o.zero_grad(), F.mse_loss(m(torch.rand(2, 3)), torch.rand(2, 4)).backward(), o.step(), m(torch.rand(5, 3)))[3])(*(lambda m: (m, torch.optim.Adam(m.parameters(), lr=1e-3)))(nn.Linear(3, 4)))")

# How samples move results: code of a batch x along axis 0. (RReLU draws for negative elements only: with the seed
# held, one sample's signs move another's draws.)

ROWS, PLANES, IMAGES = (3, 5), (3, 4, 6), (3, 2, 4, 4)
batching: list[tuple[str, tuple[int, ...]]] = []


def batched(shape: tuple[int, ...], *snippets: str) -> None:
    batching.extend((code, shape) for code in snippets)


batched(ROWS, *(f"nn.{name}()(x)" for name in ACTIVATIONS if name not in ("Softmax2d", "RReLU")))
batched(ROWS, "nn.Softmax(1)(x)", "nn.Softmax(0)(x)", "nn.LogSoftmax(-1)(x)", "nn.Softmin(1)(x)", "nn.PReLU()(x)", "nn.PReLU(5)(x)", "F.glu(x[:, :4])", "F.gumbel_softmax(x)", "F.gumbel_softmax(x, hard=True)", "F.gumbel_softmax(x, dim=0)", "F.softmax(x)")
batched(ROWS, "nn.Linear(5, 4)(x)", "nn.Linear(5, 4, bias=False)(x)", "nn.Linear(3, 4)(x.T)", "nn.Bilinear(5, 5, 2)(x, x)", "nn.Bilinear(5, 5, 2)(x, torch.ones_like(x))", "F.linear(x, x)", "F.linear(torch.ones(2, 5), x)", "nn.LazyLinear(2)(x)", "nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2))(x)", "nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))(x)", "nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).eval()(x)", "nn.Sequential(nn.Linear(5, 4), nn.LayerNorm(4))(x)", "nn.Sequential(nn.Linear(5, 4), nn.Dropout(), nn.Tanh())(x)", "nn.Sequential(nn.Flatten(0), nn.Linear(15, 3))(x)")
batched(ROWS, "nn.BatchNorm1d(5)(x)", "nn.BatchNorm1d(5).eval()(x)", "nn.BatchNorm1d(5, track_running_stats=False).eval()(x)", "nn.LayerNorm(5)(x)", "nn.LayerNorm((3, 5))(x)", "nn.RMSNorm(5)(x)", "nn.GroupNorm(1, 5)(x)", "nn.GroupNorm(5, 5)(x)", "nn.Dropout()(x)", "nn.Dropout().eval()(x)", "nn.AlphaDropout()(x)", "nn.InstanceNorm1d(3)(x)", "F.batch_norm(x, torch.zeros(5), torch.ones(5))", "F.batch_norm(x, None, None, training=True)", "nn.Flatten()(x)", "nn.Flatten(0)(x)", "nn.Unflatten(1, (5, 1))(x)", "nn.Unflatten(0, (3, 1))(x)")
batched(PLANES, "nn.BatchNorm1d(4)(x)", "nn.BatchNorm1d(4).eval()(x)", "nn.InstanceNorm1d(4)(x)", "nn.InstanceNorm1d(4, affine=True, track_running_stats=True).eval()(x)", "nn.LayerNorm(6)(x)", "nn.LayerNorm((4, 6))(x)", "nn.LayerNorm((3, 4, 6))(x)", "nn.GroupNorm(2, 4)(x)", "nn.LocalResponseNorm(2)(x)", "nn.Linear(6, 2)(x)", "nn.Dropout1d()(x)", "nn.Flatten()(x)", "nn.Flatten(0, 1)(x)", "nn.Softmax(1)(x)", "nn.Bilinear(6, 6, 2)(x, x)", "nn.PReLU(4)(x)", "nn.FeatureAlphaDropout()(x)")
batched(IMAGES, "nn.BatchNorm2d(2)(x)", "nn.BatchNorm2d(2).eval()(x)", "nn.InstanceNorm2d(2)(x)", "nn.GroupNorm(1, 2)(x)", "nn.LocalResponseNorm(2)(x)", "nn.Softmax2d()(x)", "nn.Dropout2d()(x)", "nn.Flatten()(x)", "nn.LayerNorm((2, 4, 4))(x)", "nn.Flatten(0, 1)(x)")
batched(PLANES, "nn.ZeroPad1d(1)(x)", "nn.ReflectionPad1d(2)(x)", "nn.ReplicationPad1d(1)(x)", "nn.CircularPad1d(2)(x)", "F.pad(x, (1, 1, 0, 0))", "F.pad(x, (0, 0, 0, 0, 1, 0))", "F.pad(x, (1, 0), value=2)", "F.pad(x, (-1, 0))", "nn.CircularPad2d(1)(x)")
batched(PLANES, "nn.Conv1d(4, 2, 3)(x)", "nn.Conv1d(4, 4, 3, groups=2)(x)", "nn.Conv1d(4, 2, 3, padding='same')(x)", "nn.Conv1d(4, 2, 3, padding=1, padding_mode='circular')(x)", "nn.ConvTranspose1d(4, 2, 3, stride=2)(x)", "nn.Conv2d(3, 2, 3)(x)", "nn.Conv1d(4, 2, 1)(x.flip(0))", "F.conv1d(torch.ones(2, 4, 8), x)", "F.conv1d(x, x[:, :, :2])", "F.conv_tbc(x, torch.ones(2, 6, 5), torch.ones(5))", "F.conv_tbc(x.transpose(0, 1).contiguous(), torch.ones(2, 6, 5), torch.ones(5))")
batched(PLANES, "nn.MaxPool1d(2)(x)", "nn.AvgPool1d(2)(x)", "nn.AvgPool1d(3, 2, 1, ceil_mode=True)(x)", "nn.AdaptiveAvgPool1d(1)(x)", "nn.AdaptiveAvgPool1d(3)(x)", "nn.AdaptiveAvgPool1d(4)(x)", "nn.AdaptiveMaxPool1d(4)(x)", "nn.AdaptiveMaxPool1d(1)(x)", "nn.LPPool1d(2, 2)(x)", "nn.MaxPool2d(2)(x)", "nn.MaxPool1d(2, return_indices=True)(x)[0]", "F.max_pool1d(x.transpose(0, 2), 3)", "nn.MaxUnpool1d(2)(*nn.MaxPool1d(2, return_indices=True)(x))", "nn.MaxUnpool1d(2)(x, torch.zeros(3, 4, 6).long())")
batched(IMAGES, "nn.Conv2d(2, 3, 3)(x)", "nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2)(x)", "nn.ConvTranspose2d(2, 3, 2, stride=2)(x)", "nn.Conv2d(2, 3, 3, padding=1, padding_mode='reflect')(x)", "nn.Conv3d(3, 2, 2)(x)", "nn.MaxPool2d(2)(x)", "nn.AvgPool2d(2)(x)", "nn.AdaptiveAvgPool2d((1, 1))(x)", "nn.AdaptiveAvgPool2d((2, 3))(x)", "nn.AdaptiveMaxPool2d((2, 3))(x)", "nn.FractionalMaxPool2d(2, output_size=2)(x)", "nn.LPPool2d(2, 2)(x)", "nn.ReflectionPad2d(1)(x)", "nn.ReplicationPad3d(1)(x)", "nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 5))(x)", "nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())(x)", "F.avg_pool2d(x, 3, 2, 1, divisor_override=2)")
batched(PLANES, "F.interpolate(x, scale_factor=2)", "F.interpolate(x, 9, mode='linear')", "F.interpolate(x, scale_factor=0.5, mode='area')", "F.interpolate(x, 4, mode='linear', align_corners=True)", "F.interpolate(x.transpose(0, 1), 4)", "F.interpolate(x.transpose(0, 2), 6)", "F.affine_grid(x[:, :2, :3], (3, 1, 2, 2))", "F.one_hot(x.argmax(1), 4)", "nn.Embedding(9, 2)((x[:, 0] * 4).abs().long())", "nn.Embedding(9, 2)((x[0, 0] * 4).abs().long())", "nn.Embedding(9, 2)((x.sum((0, 1)) * 3).abs().long() % 9)", "nn.EmbeddingBag(9, 2)((x[:, 0] * 4).abs().long())", "F.embedding(torch.tensor([0, 1, 2]), x[0])", "F.embedding(torch.tensor([0, 1, 2]), x[:, 0])", "F.embedding(torch.arange(3), x[:, 0])")
batched(IMAGES, "F.interpolate(x, scale_factor=2, mode='bilinear')", "F.interpolate(x, (3, 5), mode='bicubic')", "F.interpolate(x, (3, 5), mode='area')", "F.interpolate(x, 3, mode='bilinear', antialias=True)", "nn.PixelUnshuffle(2)(x)", "nn.PixelShuffle(2)(x.reshape(3, 8, 2, 2))", "nn.PixelUnshuffle(2)(x.transpose(0, 2).reshape(4, 2, 6, 2))", "nn.ChannelShuffle(2)(x)", "nn.Unfold(2)(x)", "nn.Unfold(3, padding=1)(x)", "nn.Fold((3, 3), 2)(x.reshape(3, 8, 4))", "nn.Unfold(2)(x[:, 0])", "nn.Fold((3, 3), 2)(nn.Unfold(2)(x[:, :, :3, :3]))", "F.grid_sample(x, torch.zeros(3, 2, 2, 2))", "F.grid_sample(x, x.permute(0, 2, 3, 1))", "F.grid_sample(torch.rand(3, 2, 4, 4), x.permute(0, 2, 3, 1))")
PAIR = (3, 4, 6)
ENCODER = "nn.TransformerEncoderLayer(6, 2, 8, dropout={p}, batch_first={first})"
batched(PAIR, "F.scaled_dot_product_attention(x, x, x)", "F.scaled_dot_product_attention(x, x, x, is_causal=True)", "F.scaled_dot_product_attention(x, torch.ones(3, 5, 6), torch.ones(3, 5, 2))", "F.scaled_dot_product_attention(torch.ones(3, 2, 6), x, x)", "F.scaled_dot_product_attention(x[:, 0], x[:, 0], x[:, 0])", "F.scaled_dot_product_attention(x, x, x, torch.zeros(4, 4))", "F.scaled_dot_product_attention(x.unsqueeze(1), x.unsqueeze(1), x.unsqueeze(1), dropout_p=0.3)", "nn.MultiheadAttention(6, 2, batch_first=True)(x, x, x)[0]", "nn.MultiheadAttention(6, 2, batch_first=True)(x, x, x)[1]", "nn.MultiheadAttention(6, 2)(x, x, x)[0]", "nn.MultiheadAttention(6, 2)(x.transpose(0, 1), x.transpose(0, 1), x.transpose(0, 1))[0]", "nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True, batch_first=True)(x, x, x)[0]", "nn.MultiheadAttention(6, 2, batch_first=True)(x, torch.ones(3, 2, 6), torch.ones(3, 2, 6))[0]", "nn.MultiheadAttention(6, 2, batch_first=True)(x, x, x, need_weights=False)[0]", "nn.MultiheadAttention(6, 2, batch_first=True)(x, x, x, key_padding_mask=torch.zeros(3, 4))[0]", "nn.MultiheadAttention(6, 2, batch_first=True)(x, x, x, average_attn_weights=False)[1]", "nn.MultiheadAttention(6, 2)(x[:, 0], x[:, 0], x[:, 0])[0]")
batched(PAIR, ENCODER.format(p=0.0, first=True) + "(x)", ENCODER.format(p=0.5, first=True) + "(x)", ENCODER.format(p=0.0, first=False) + "(x)", ENCODER.format(p=0.0, first=False) + "(x.transpose(0, 1))", "nn.TransformerEncoder(" + ENCODER.format(p=0.0, first=True) + ", 2)(x)", "nn.TransformerEncoder(" + ENCODER.format(p=0.0, first=True) + ", 2).eval()(x).mean(1)", "nn.TransformerEncoder(" + ENCODER.format(p=0.0, first=True) + ", 1)(x)[:, 0]", "nn.TransformerDecoderLayer(6, 2, 8, batch_first=True)(x, x)", "nn.TransformerDecoderLayer(6, 2, 8)(x, x)", "nn.Transformer(6, 2, 1, 1, 8, batch_first=True)(x, x)", "nn.Transformer(6, 2, 1, 1, 8)(x, x)")
for name in ["RNN", "LSTM", "GRU"]:
    state = "({0}, {0})" if name == "LSTM" else "{0}"
    batched(PAIR, f"nn.{name}(6, 2, batch_first=True)(x)[0]", f"nn.{name}(6, 2)(x)[0]", f"nn.{name}(6, 2)(x.transpose(0, 1))[0]", f"nn.{name}(6, 2, 2, bidirectional=True, batch_first=True)(x)[0]", f"nn.{name}(6, 2, batch_first=True)(x)[0][:, -1]", f"nn.{name}(6, 2, 2, batch_first=True)(x)[1]" + ("[0]" if name == "LSTM" else ""), f"nn.{name}(6, 2, batch_first=True)(torch.ones(3, 2, 6), " + state.format("x[None, :, 0, :2].contiguous()") + ")[0]", f"nn.{name}(6, 2, 2, batch_first=True, dropout=0.5)(x)[0]", f"nn.{name}(6, 2)(x[:, 0])[0]", f"nn.{name}(6, 2, batch_first=True)(x.repeat(1, 80, 1))[0]", f"nn.{name}Cell(6, 2)(x[:, 0])" + ("[0]" if name == "LSTM" else ""), f"nn.{name}Cell(6, 2)(x[:, 0], " + state.format("x[:, 1, :2]") + ")" + ("[1]" if name == "LSTM" else ""))
batched(PAIR, "nn.LSTM(6, 3, proj_size=2, batch_first=True)(x)[0]", "nn.LSTM(6, 3, batch_first=True)(x)[1][1]")
WIDE = (3, 5)
batched(WIDE, "F.cosine_similarity(x, x.flip(1))", "F.cosine_similarity(x, x.exp(), dim=0)", "F.cosine_similarity(x, x[:1])", "F.pairwise_distance(x, x.roll(1, 1))", "F.pairwise_distance(x, torch.ones(5))", "F.normalize(x)", "F.normalize(x, dim=0)", "F.normalize(x, p=1, dim=1)", "F.pdist(x)", "nn.CosineSimilarity()(x, torch.ones(3, 5))")
for fn in ELEMENTWISE.values():
    if fn == "hinge_embedding_loss":
        continue
    batched(WIDE, f"F.{fn}(x.sigmoid(), torch.full((3, 5), 0.3), reduction='none')", f"F.{fn}(x.sigmoid(), torch.full((3, 5), 0.3))", f"F.{fn}(torch.full((3, 5), 0.3), x.sigmoid(), reduction='sum')")
batched(WIDE, "F.hinge_embedding_loss(x, torch.ones(3, 5), reduction='none')", "F.hinge_embedding_loss(x, -torch.ones(3, 5))", "F.cross_entropy(x, torch.tensor([0, 1, 2]))", "F.cross_entropy(x, torch.tensor([0, 1, 2]), reduction='none')", "F.cross_entropy(x, torch.tensor([0, 1, 2]), torch.ones(5), label_smoothing=0.1, reduction='none')", "F.cross_entropy(x, x.softmax(1), reduction='none')", "F.nll_loss(x, torch.tensor([0, 1, 2]), reduction='none')", "F.nll_loss(x, torch.tensor([0, 1, 2]), reduction='sum')", "F.nll_loss(x, x.argmax(1), reduction='none')", "F.gaussian_nll_loss(x, torch.zeros(3, 5), torch.ones(3, 5), reduction='none')", "F.gaussian_nll_loss(x, torch.zeros(3, 5), x.exp().mean(1), reduction='none')", "F.multi_margin_loss(x, torch.tensor([0, 1, 2]), reduction='none')", "F.multilabel_margin_loss(x, torch.zeros(3, 5).long(), reduction='none')", "F.triplet_margin_loss(x, x.flip(1), x.roll(1, 1), reduction='none')", "F.triplet_margin_loss(x, x.flip(0), x.roll(1, 1), reduction='none')", "F.cosine_embedding_loss(x, x.flip(1), torch.ones(3), reduction='none')", "F.margin_ranking_loss(x[:, 0], x[:, 1], torch.ones(3), reduction='none')", "F.ctc_loss(x.log_softmax(1), torch.tensor([1, 2]), torch.tensor(3), torch.tensor(2))")
batched((3, 6, 5), "F.cross_entropy(x, torch.zeros(3, 5).long(), reduction='none')", "F.cross_entropy(x.transpose(0, 1), torch.zeros(6, 5).long() + 1, reduction='none')", "F.ctc_loss(x.transpose(0, 1).log_softmax(2), torch.ones(3, 2).long(), torch.tensor([6, 6, 6]), torch.tensor([2, 2, 2]), reduction='none')", "F.cosine_similarity(x, x.flip(2), dim=2)", "F.mse_loss(x, torch.zeros(3, 6, 5), reduction='none').mean((1, 2))")
batched(WIDE, "nn.utils.weight_norm(nn.Linear(5, 2))(x)", "nn.utils.parametrizations.spectral_norm(nn.Linear(5, 2))(x)", "torch.func.functional_call(nn.Linear(5, 2), {'weight': torch.ones(2, 5)}, (x,))", "torch.func.functional_call(nn.Linear(5, 5), {'weight': x.T @ x}, (x,))", "torch.func.functional_call(nn.Linear(2, 3), {'weight': x[:, :2]}, (torch.ones(4, 2),))", "nn.DataParallel(nn.Linear(5, 2))(x)", "torch.func.replace_all_batch_norm_modules_(nn.Sequential(nn.BatchNorm1d(5))).eval()(x)", "nn.utils.rnn.pad_sequence([x, x[:1]], batch_first=True)")

# Values: inputs and weights are sines, so that no two are alike

values: list[str] = []


def wave(*shape: int, scale: float = 1.7) -> str:
    count = 1
    for size in shape:
        count *= size
    return f"torch.sin(torch.arange({count}.0) * {scale}).reshape({', '.join(map(str, shape))})" if shape else f"torch.sin(torch.tensor({scale}))"


def layer(module: str, *arguments: str) -> str:
    """A call of a module whose weights are waves, in the order of its parameters."""
    count = sum(weight.numel() for weight in eval(module, dict(NAMES)).parameters())
    filled = f"nn.utils.vector_to_parameters(torch.sin(torch.arange({count}.0) * 0.9) * 0.6, m.parameters())"
    return f"(lambda m, *x: ({filled}, m(*x))[1])({module}, {', '.join(arguments)})"


X = wave(2, 5)
for name in [name for name in FUNCTIONS if not name.endswith("_")] + ["softmax", "log_softmax", "softmin"]:
    values.append(f"F.{name}({X} * 3" + (", dim=1)" if "softm" in name else ")"))
values += [f"F.gelu({X}, approximate='tanh')", f"F.glu({wave(2, 4)})", f"F.glu({wave(4, 2)}, 0)", f"F.prelu({wave(2, 3)}, {wave(3, scale=0.7)})", f"F.threshold({X}, 0.1, 20)", f"F.softplus({X} * 30, beta=2, threshold=10)", f"F.hardtanh({X}, -0.2, 0.3)", f"F.elu({X}, 0.3)", f"F.celu({X}, 0.3)", f"F.hardshrink({X}, 0.3)", f"F.softshrink({X}, 0.3)", f"nn.Softmax2d()({wave(2, 3, 2, 2)})"]
values += [layer("nn.Linear(5, 3)", X), layer("nn.Bilinear(5, 4, 3)", X, wave(2, 4)), f"F.linear({X}, {wave(3, 5, scale=0.3)}, {wave(3)})", layer("nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2))", X)]
values += [layer("nn.BatchNorm1d(5)", X), layer("nn.BatchNorm1d(5).eval()", X), layer("nn.BatchNorm1d(3)", wave(2, 3, 4)), layer("nn.BatchNorm2d(3)", wave(2, 3, 2, 2)), f"F.batch_norm({X}, {wave(5)}, {wave(5, scale=0.4)} ** 2 + 0.1, eps=0.1)", layer("nn.LayerNorm(5)", X), layer("nn.LayerNorm((3, 4), eps=0.1)", wave(2, 3, 4)), layer("nn.RMSNorm(5)", X), f"F.rms_norm({X}, (5,), eps=0.5)", layer("nn.GroupNorm(2, 4)", wave(2, 4, 3)), layer("nn.InstanceNorm1d(3, affine=True)", wave(2, 3, 4)), layer("nn.InstanceNorm2d(2, affine=True)", wave(2, 3, 4)), f"nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2.0)({wave(2, 5, 3)})", f"F.local_response_norm({wave(2, 4, 2, 2)}, 2)", f"F.normalize({X})", f"F.normalize({X}, p=1, dim=0)", f"F.normalize({X}, p=3, dim=-1)"]
for mode in ["constant", "reflect", "replicate", "circular"]:
    values += [f"F.pad({wave(1, 2, 4)}, (2, 1), {mode!r})", f"F.pad({wave(1, 2, 3, 4)}, (2, 1, 0, 2), {mode!r})", f"F.pad({wave(1, 2, 4)}, (-1, 2), {mode!r})"]
values += [f"F.pad({wave(2, 3)}, (1, 0, 2, 1), value=0.5)"]
for settings in ["3", "2, stride=2", "3, padding=1", "3, padding='same'", "2, padding='same'", "3, dilation=2, padding=2", "3, groups=2, padding=1", "3, padding=1, padding_mode='circular'", "3, padding=(2,), padding_mode='reflect'", "2, padding='same', padding_mode='replicate'", "3, 2, 1, bias=False"]:
    values.append(layer(f"nn.Conv1d(2, 4, {settings})", wave(2, 2, 6)))
for settings in ["2", "(1, 2), stride=(2, 1)", "3, padding=1, groups=2", "2, padding=1, dilation=2", "3, padding='same', dilation=(1, 2)", "3, padding=(1, 0), padding_mode='circular'"]:
    values.append(layer(f"nn.Conv2d(2, 2, {settings})", wave(1, 2, 4, 5)))
for settings in ["3", "2, stride=2", "3, stride=2, padding=1, output_padding=1", "2, groups=2", "3, dilation=2, bias=False"]:
    values += [layer(f"nn.ConvTranspose1d(2, 4, {settings})", wave(2, 2, 4)), layer(f"nn.ConvTranspose2d(2, 2, {settings})", wave(1, 2, 3, 2))]
values += [layer("nn.Conv3d(1, 2, 2)", wave(1, 1, 3, 2, 3)), layer("nn.Conv1d(2, 3, 2)", wave(2, 4)), layer("nn.ConvTranspose2d(2, 2, 2, stride=2)", wave(2, 2, 3)), f"F.conv_tbc({wave(4, 2, 3)}, {wave(2, 3, 2)}, {wave(2)}, 1)"]
for settings in ["2", "3, stride=1, padding=1", "3, 2, ceil_mode=True", "2, 3, ceil_mode=True"]:
    values += [f"nn.MaxPool1d({settings})({wave(2, 2, 7)})", f"nn.AvgPool1d({settings})({wave(2, 2, 7)})", f"nn.MaxPool2d({settings})({wave(1, 2, 6, 7)})", f"nn.AvgPool2d({settings})({wave(1, 2, 6, 7)})"]
values += [f"F.avg_pool2d({wave(1, 2, 5, 6)}, 3, 2, 1, count_include_pad=False)", f"F.avg_pool2d({wave(1, 2, 5, 6)}, 3, 2, 1, divisor_override=2)", f"F.avg_pool2d({wave(1, 1, 5, 5)}, 3, 2, 1, ceil_mode=True)", f"nn.MaxPool1d(2, dilation=2)({wave(2, 2, 7)})", f"nn.LPPool1d(2, 3, 2)({wave(2, 2, 7)} + 1)", f"nn.LPPool2d(3, 2)({wave(1, 2, 4, 4)} + 1)", f"nn.AdaptiveAvgPool1d(3)({wave(2, 2, 7)})", f"nn.AdaptiveAvgPool1d(9)({wave(2, 2, 7)})", f"nn.AdaptiveAvgPool2d((2, 3))({wave(1, 2, 5, 7)})", f"nn.AdaptiveAvgPool2d(1)({wave(1, 2, 5, 7)})", f"nn.AdaptiveAvgPool2d((5, None))({wave(1, 2, 10, 3)})", f"nn.AdaptiveMaxPool1d(3)({wave(2, 2, 7)})", f"nn.AdaptiveMaxPool2d((2, 3))({wave(1, 2, 5, 7)})", f"nn.AdaptiveMaxPool2d(1)({wave(1, 2, 5, 7)})"]
for mode, shape in [("nearest", (1, 2, 5)), ("nearest-exact", (1, 2, 5)), ("linear", (1, 2, 5)), ("nearest", (1, 1, 3, 4)), ("bilinear", (1, 1, 3, 4)), ("bicubic", (1, 1, 3, 4)), ("area", (1, 2, 5)), ("trilinear", (1, 1, 2, 3, 2)), ("nearest-exact", (1, 1, 3, 4))]:
    for how in ["scale_factor=2", "size=3", "scale_factor=1.7", "scale_factor=0.6", "scale_factor=1.3, recompute_scale_factor=True", "size=7"]:
        values.append(f"F.interpolate({wave(*shape)}, {how}, mode={mode!r})")
        if "linear" in mode or mode == "bicubic":
            values.append(f"F.interpolate({wave(*shape)}, {how}, mode={mode!r}, align_corners=True)")
values += [f"nn.PixelShuffle(2)({wave(1, 8, 2, 3)})", f"nn.PixelUnshuffle(2)({wave(1, 2, 4, 6)})", f"nn.ChannelShuffle(2)({wave(1, 6, 2, 2)})"]
for settings in ["2", "(2, 3), padding=1", "2, stride=2", "2, dilation=2", "3, padding=1, stride=2"]:
    values.append(f"nn.Unfold({settings})({wave(1, 2, 4, 5)})")
values += [f"nn.Fold((4, 5), 2)({wave(1, 8, 12)})", f"nn.Fold((4, 5), 2, stride=2)({wave(1, 8, 4)})", f"nn.Fold((3, 4), 3, padding=1)({wave(1, 9, 12)})", f"nn.Fold((4, 5), 2, dilation=2)({wave(1, 8, 6)})", f"F.affine_grid({wave(2, 2, 3)}, (2, 1, 2, 3))", f"F.affine_grid({wave(2, 2, 3)}, (2, 1, 2, 3), align_corners=True)", f"F.affine_grid({wave(1, 3, 4)}, (1, 1, 2, 2, 3))"]
values += [layer("nn.Embedding(5, 3)", "torch.tensor([[0, 4], [2, 2]])"), layer("nn.Embedding(5, 3, padding_idx=2)", "torch.tensor([[0, 4], [2, 2]])"), layer("nn.EmbeddingBag(5, 3)", "torch.tensor([[0, 4], [2, 2]])"), layer("nn.EmbeddingBag(5, 3, mode='max')", "torch.tensor([[0, 4], [2, 1]])"), layer("nn.EmbeddingBag(5, 3, mode='sum')", "torch.tensor([[0, 4], [2, 1]])", "None", wave(2, 2)), "F.one_hot(torch.tensor([[0, 2], [1, 1]]), 4).float()"]
Q, K, V = wave(2, 3, 4), wave(2, 5, 4, scale=0.8), wave(2, 5, 2, scale=1.1)
values += [f"F.scaled_dot_product_attention({Q}, {K}, {V})", f"F.scaled_dot_product_attention({Q}, {K}, {V}, is_causal=True)", f"F.scaled_dot_product_attention({Q}, {K}, {V}, {wave(3, 5)})", f"F.scaled_dot_product_attention({Q}, {K}, {V}, {wave(3, 5)} > -0.5)", f"F.scaled_dot_product_attention({Q}, {K}, {V}, scale=0.3)", f"F.scaled_dot_product_attention({wave(1, 4, 3, 2)}, {wave(1, 2, 5, 2)}, {wave(1, 2, 5, 2)}, enable_gqa=True)"]
for settings in ["4, 2", "4, 2, batch_first=True", "4, 1, bias=False", "4, 2, add_bias_kv=True", "4, 2, add_zero_attn=True, batch_first=True", "4, 2, kdim=3, vdim=2"]:
    key, value = (wave(3, 2, 3), wave(3, 2, 2)) if "kdim" in settings else (wave(3, 2, 4, scale=0.8), wave(3, 2, 4, scale=1.1))
    values += [layer(f"nn.MultiheadAttention({settings})", wave(3, 2, 4), key, value) + f"[{k}]" for k in range(2)]
values += [layer("nn.MultiheadAttention(4, 2)", wave(3, 4), wave(5, 4), wave(5, 4)) + "[0]"]
values += [f"F.multi_head_attention_forward({wave(3, 2, 4)}, {wave(5, 2, 4)}, {wave(5, 2, 4)}, 4, 2, {wave(12, 4)}, {wave(12)}, None, None, False, 0.0, {wave(4, 4)}, {wave(4)}, attn_mask={mask}, key_padding_mask={padding})[0]" for mask in ["None", wave(3, 5), wave(4, 3, 5), f"({wave(3, 5)} > 0.5)"] for padding in ["None", f"{wave(2, 5)}", f"({wave(2, 5)} > 0.8)"]]
for settings in ["4, 2, 6, 0.0", "4, 2, 6, 0.0, batch_first=True", "4, 2, 6, 0.0, activation='gelu'", "4, 2, 6, 0.0, norm_first=True", "4, 2, 6, 0.0, bias=False"]:
    values += [layer(f"nn.TransformerEncoderLayer({settings})", wave(3, 2, 4)), layer(f"nn.TransformerDecoderLayer({settings})", wave(3, 2, 4), wave(3, 2, 4, scale=0.6))]
values += [layer("nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, 0.0), 2, nn.LayerNorm(4))", wave(3, 2, 4)), layer("nn.Transformer(4, 2, 1, 1, 6, 0.0)", wave(5, 2, 4), wave(3, 2, 4)), layer("nn.TransformerEncoderLayer(4, 2, 6, 0.0)", wave(3, 2, 4), "nn.Transformer.generate_square_subsequent_mask(3)")]
for name in ["RNN", "LSTM", "GRU"]:
    state = "({0}, {0})" if name == "LSTM" else "{0}"
    tail = "[1]" if name != "LSTM" else "[1][1]"
    for settings in ["3, 2", "3, 2, 2", "3, 2, batch_first=True", "3, 2, bidirectional=True", "3, 2, 2, bidirectional=True, bias=False"] + (["3, 4, 2, bidirectional=True, proj_size=2"] if name == "LSTM" else ["3, 2, nonlinearity='relu'"] if name == "RNN" else []):
        values += [layer(f"nn.{name}({settings})", wave(4, 2, 3)) + "[0]", layer(f"nn.{name}({settings})", wave(4, 2, 3)) + tail]
    values += [layer(f"nn.{name}(3, 2)", wave(4, 2, 3), state.format(wave(1, 2, 2))) + "[0]", layer(f"nn.{name}(3, 2)", wave(4, 3)) + "[0]", layer(f"nn.{name}Cell(3, 2)", wave(2, 3), state.format(wave(2, 2))) + ("[1]" if name == "LSTM" else "")]
P, T = f"{X}.sigmoid()", f"{wave(2, 5, scale=0.4)}.sigmoid()"
for fn in ELEMENTWISE.values():
    target = f"torch.sign({wave(2, 5, scale=0.4)})" if "embedding" in fn or fn == "soft_margin_loss" else T
    values += [f"F.{fn}({P}, {target}, reduction={how!r})" for how in ["none", "mean", "sum"]]
values += [f"F.mse_loss({P}, {T}, weight={wave(2, 5)} ** 2)", f"F.l1_loss({P}, {T}, weight={wave(2, 5)} ** 2)", f"F.huber_loss({P}, {T}, delta=0.2, weight={wave(2, 5)} ** 2)", f"F.smooth_l1_loss({P}, {T}, beta=0.2, reduction='none')", f"F.huber_loss({P}, {T}, delta=0.2, reduction='none')", f"F.binary_cross_entropy({P}, {T}, {wave(5)})", f"F.binary_cross_entropy_with_logits({X}, {T}, {wave(5)}, pos_weight={wave(5, scale=0.3)} + 1)", f"F.kl_div({P}, {T}, reduction='batchmean')", f"F.kl_div({P}, {T}, reduction='none', log_target=True)", f"F.kl_div({P}, torch.relu({wave(2, 5)}), reduction='none')", f"F.poisson_nll_loss({P}, {T} * 4, log_input=False, full=True, reduction='none')", f"F.poisson_nll_loss({P}, {T} * 4, full=True)", f"F.gaussian_nll_loss({P}, {T}, {wave(2, 5)} ** 2 + 0.1, full=True, reduction='none')", f"F.gaussian_nll_loss({P}, {T}, {wave(2)} ** 2, eps=0.5)", f"F.gaussian_nll_loss({P}, {T}, 0.3)", f"F.multilabel_soft_margin_loss({X}, {T}, {wave(5)})"]
C, GOAL = wave(3, 4), "torch.tensor([2, 0, 3])"
values += [f"F.{fn}({C}, {GOAL}{extra})" for fn in ["cross_entropy", "nll_loss"] for extra in ["", ", reduction='none'", ", reduction='sum'", f", weight={wave(4)} ** 2", ", ignore_index=0", f", weight={wave(4)} ** 2, ignore_index=0, reduction='none'"]]
values += [f"F.cross_entropy({C}, {GOAL}, label_smoothing=0.3{extra})" for extra in ["", ", reduction='none'", f", weight={wave(4)} ** 2", f", weight={wave(4)} ** 2, ignore_index=0", ", ignore_index=0, reduction='sum'"]]
values += [f"F.cross_entropy({C}, {wave(3, 4, scale=0.5)}.softmax(1){extra})" for extra in ["", ", reduction='none'", f", weight={wave(4)} ** 2", ", label_smoothing=0.3"]]
values += [f"F.cross_entropy({wave(2, 3, 4)}, torch.tensor([[0, 1, 2, 0], [1, 1, 0, 2]]))", f"F.nll_loss({wave(2, 3, 2, 2)}, torch.tensor([[[0, 1], [2, 0]], [[1, 1], [0, 2]]]), reduction='none')", f"F.cross_entropy({wave(4)}, torch.tensor(2))", f"F.multi_margin_loss({C}, {GOAL})", f"F.multi_margin_loss({C}, {GOAL}, p=2, margin=0.5, weight={wave(4)}, reduction='none')", f"F.margin_ranking_loss({wave(5)}, {wave(5, scale=0.3)}, torch.sign({wave(5, scale=0.9)}), margin=0.2, reduction='none')", f"F.cosine_embedding_loss({X}, {wave(2, 5, scale=0.4)}, torch.tensor([1.0, -1.0]), margin=-0.3, reduction='none')", f"F.hinge_embedding_loss({wave(5)}, torch.sign({wave(5, scale=0.9)}), margin=0.4, reduction='none')", f"F.triplet_margin_loss({X}, {wave(2, 5, scale=0.4)}, {wave(2, 5, scale=0.6)}, margin=2.0, swap=True, reduction='none')", f"F.triplet_margin_loss({X}, {wave(2, 5, scale=0.4)}, {wave(2, 5, scale=0.6)}, p=1)", f"F.cosine_similarity({X}, {wave(2, 5, scale=0.4)})", f"F.cosine_similarity({X}, {wave(2, 5, scale=0.4)}, dim=0)", f"F.pairwise_distance({X}, {wave(2, 5, scale=0.4)})", f"F.pairwise_distance({X}, {wave(2, 5, scale=0.4)}, p=3, keepdim=True)", f"F.pdist({wave(4, 3)})", f"F.pdist({wave(4, 3)}, p=1)", f"F.linear_cross_entropy({X}, {wave(4, 5)}, torch.tensor([1, 3]))"]
values += [layer("nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3, 6], div_value=1.5)", wave(3, 4), "torch.tensor([1, 4, 8])") + f"[{k}]" for k in range(2)]
values += [f"nn.utils.parameters_to_vector([{wave(2, 3)}, {wave(4)}])", f"nn.utils.rnn.pad_sequence([{wave(2, 3)}, {wave(4, 3)}], padding_value=0.5)", f"torch.func.functional_call(nn.Linear(5, 2), {{'weight': {wave(2, 5)}, 'bias': {wave(2)}}}, ({X},))", f"nn.init.dirac_({wave(4, 2, 3)}, 2)", f"nn.init.eye_({wave(2, 3)})", f"nn.init.constant_({wave(2, 3)}, 0.3)", "nn.Transformer.generate_square_subsequent_mask(3).exp()", f"(lambda m: (nn.utils.vector_to_parameters({wave(12)}, m.parameters()), nn.utils.parameters_to_vector(m.parameters()))[1])(nn.Linear(5, 2))"]

# Derivatives: the whole Jacobian of a function of x at a wave

derivatives: list[tuple[str, tuple[int, ...]]] = []


def differentiated(shape: tuple[int, ...], *snippets: str) -> None:
    derivatives.extend((code, shape) for code in snippets)


for name in [name for name in FUNCTIONS if not name.endswith("_")]:
    differentiated((2, 3), f"F.{name}(x * 3)")
differentiated((2, 4), "F.gelu(x, approximate='tanh')", "F.glu(x)", "F.softmax(x, 1)", "F.log_softmax(x, 1)", f"F.prelu(x, {wave(4)})", layer("nn.Linear(4, 3)", "x"), layer("nn.Bilinear(4, 4, 2)", "x", "x.flip(1)"), layer("nn.BatchNorm1d(4).eval()", "x"), layer("nn.LayerNorm(4)", "x"), layer("nn.RMSNorm(4)", "x"), "F.normalize(x)", "F.cosine_similarity(x, x.flip(1) * x)", "F.pairwise_distance(x, x.flip(1) * x)", "F.pdist(x.reshape(4, 2))")
differentiated((2, 4, 5), layer("nn.BatchNorm1d(4)", "x"), layer("nn.GroupNorm(2, 4)", "x"), layer("nn.LayerNorm((4, 5))", "x"))
differentiated((2, 2, 5), layer("nn.InstanceNorm1d(2, affine=True)", "x"), "F.local_response_norm(x, 2)", layer("nn.Conv1d(2, 3, 3, padding=1)", "x"), layer("nn.Conv1d(2, 2, 2, stride=2, groups=2)", "x"), layer("nn.Conv1d(2, 2, 3, padding=1, padding_mode='circular')", "x"), layer("nn.Conv1d(2, 2, 3, padding=2, padding_mode='reflect')", "x"), layer("nn.ConvTranspose1d(2, 3, 3, stride=2, output_padding=1)", "x"), "F.max_pool1d(x, 2)", "F.max_pool1d(x, 3, 2, 1)", "F.avg_pool1d(x, 2, 2, ceil_mode=True)", "F.adaptive_avg_pool1d(x, 3)", "F.adaptive_max_pool1d(x, 3)", "F.lp_pool1d(x + 2, 2, 2)", "F.interpolate(x, 7)", "F.interpolate(x, 7, mode='linear')", "F.pad(x, (2, 1), 'reflect')", "F.pad(x, (2, 1), 'replicate')", "F.pad(x, (2, 1), 'circular')", "F.pad(x, (-1, 2))")
differentiated((2, 1, 4, 4), layer("nn.Conv2d(1, 2, 3, padding=1)", "x"), layer("nn.ConvTranspose2d(1, 2, 2, stride=2)", "x"), "F.max_pool2d(x, 2)", "F.avg_pool2d(x, 3, 2, 1)", "F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)", "F.adaptive_avg_pool2d(x, (3, 2))", "F.interpolate(x, scale_factor=1.5, mode='bilinear')", "F.interpolate(x, (3, 5), mode='bicubic')", "F.pixel_unshuffle(x, 2)", "F.unfold(x, 2)", "F.fold(F.unfold(x, 3), (4, 4), 3)", layer("nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)).eval()", "x"))
differentiated((2, 3, 4), "F.scaled_dot_product_attention(x, x, x)", "F.scaled_dot_product_attention(x, x, x, is_causal=True)", layer("nn.MultiheadAttention(4, 2, batch_first=True)", "x", "x", "x") + "[0]", layer("nn.TransformerEncoderLayer(4, 2, 5, 0.0, batch_first=True)", "x"), layer("nn.RNN(4, 2, batch_first=True)", "x") + "[0]", layer("nn.LSTM(4, 2, batch_first=True, bidirectional=True)", "x") + "[0]", layer("nn.GRU(4, 2, 2, batch_first=True)", "x") + "[0][:, -1]", layer("nn.LSTMCell(4, 2)", "x[:, 0]") + "[1]")
for fn in ELEMENTWISE.values():
    if fn != "hinge_embedding_loss":
        differentiated((2, 3), f"F.{fn}(x.sigmoid(), {wave(2, 3, scale=0.4)}.sigmoid(), reduction='none')")
differentiated((2, 3), "F.cross_entropy(x, torch.tensor([2, 0]), reduction='none')", "F.cross_entropy(x, torch.tensor([2, 0]), label_smoothing=0.1)", "F.nll_loss(x, torch.tensor([2, 0]))", f"F.gaussian_nll_loss(x, {wave(2, 3)}, x ** 2 + 0.1, reduction='none')", "F.multi_margin_loss(x, torch.tensor([2, 0]), reduction='none')", "F.triplet_margin_loss(x, x.flip(1), x * x, reduction='none')", "F.one_hot(torch.tensor([0, 2]), 3) * x", f"torch.func.functional_call(nn.Linear(3, 2), {{'weight': {wave(2, 3)}, 'bias': {wave(2)}}}, (x,))")

# Sizes known by name: shapes of a function of x for several numbers in the place of the names

named: list[tuple[str, str, list[tuple[int, ...]]]] = []


def symbolic(shape: str, numbers: list[tuple[int, ...]], *snippets: str) -> None:
    named.extend((code, shape, numbers) for code in snippets)


symbolic("n 6", [(3,), (2,), (7,)], "nn.Linear(6, 3)(x)", "nn.BatchNorm1d(6)(x)", "nn.LayerNorm(6)(x)", "nn.GroupNorm(2, 6)(x)", "F.normalize(x)", "F.cross_entropy(x, x.argmax(1), reduction='none')", "F.mse_loss(x, x)", "nn.Bilinear(6, 6, 2)(x, x)", "F.pdist(x)", "F.cosine_similarity(x, x)", "F.glu(x)", "nn.LSTMCell(6, 3)(x)[0]", "F.one_hot(x.argmax(1), 6)", "nn.Embedding(7, 2)(x.argmax(1))", "nn.Unflatten(1, (2, 3))(x)", "nn.Dropout()(x)", "nn.Flatten(0)(x)", "nn.MultiheadAttention(6, 2)(x, x, x)[1]", "nn.GRU(6, 2)(x)[0]", "F.linear(x, x)")
symbolic("n 3 l", [(2, 9), (1, 12), (5, 7), (3, 8)], *(f"nn.Conv1d(3, 4, {settings})(x)" for settings in ["3", "2, stride=2", "3, 2, 1", "3, padding='same'", "4, 3, 2, 2", "3, padding=1, padding_mode='circular'", "3, padding=2, padding_mode='reflect'"]), *(f"nn.ConvTranspose1d(3, 4, {settings})(x)" for settings in ["3", "3, stride=2", "4, 3, 1, 2", "3, 2, dilation=2"]), *(f"nn.{kind}Pool1d({settings})(x)" for kind in ["Max", "Avg"] for settings in ["2", "3, 2", "3, 2, 1", "3, 2, ceil_mode=True", "4, 3, 1, ceil_mode=True", "2, 3, ceil_mode=True", "2, 2, 1, ceil_mode=True"]), "nn.AdaptiveAvgPool1d(1)(x)", "nn.AdaptiveAvgPool1d(4)(x)", "nn.AdaptiveMaxPool1d(2)(x)", "nn.LPPool1d(2, 2)(x)", "F.interpolate(x, scale_factor=2)", "F.interpolate(x, scale_factor=0.5, mode='linear')", "F.interpolate(x, scale_factor=1.75)", "F.interpolate(x, 5)", "F.interpolate(x, scale_factor=1.7)", *(f"F.pad(x, (2, 1), {mode!r})" for mode in ["constant", "reflect", "replicate", "circular"]), "F.pad(x, (-1, 2))", "nn.InstanceNorm1d(3)(x)", "nn.Flatten()(x)", "nn.MaxPool1d(2, return_indices=True)(x)[1]", "nn.LazyConv1d(2, 3)(x)", "nn.MaxUnpool1d(2)(*nn.MaxPool1d(2, return_indices=True)(x))")
symbolic("n 4 h w", [(2, 6, 8), (1, 8, 6), (3, 10, 12)], "nn.Conv2d(4, 8, 3, 2, 1)(x)", "nn.ConvTranspose2d(4, 2, 2, 2)(x)", "nn.PixelShuffle(2)(x)", "nn.AdaptiveAvgPool2d((1, 1))(x)", "nn.AdaptiveAvgPool2d((2, 3))(x)", "nn.Unfold(2)(x)", "nn.Unfold(3, stride=2, padding=1)(x)", "F.interpolate(x, scale_factor=2, mode='bilinear')", "nn.MaxPool2d(2)(x)", "nn.BatchNorm2d(4)(x)", "nn.ZeroPad2d(1)(x)", "nn.LocalResponseNorm(2)(x)", "nn.Softmax2d()(x)", "nn.LayerNorm(x.shape[1:])(x)", "F.grid_sample(x, torch.rand(x.shape[0], 3, 5, 2))", "nn.Sequential(nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))(x)", "F.affine_grid(torch.rand(x.shape[0], 2, 3), x.shape)", "nn.ChannelShuffle(2)(x)")
symbolic("n t 8", [(2, 5), (3, 3), (1, 7)], "nn.MultiheadAttention(8, 2, batch_first=True)(x, x, x)[0]", "nn.MultiheadAttention(8, 2)(x, x, x)[1]", "nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True, batch_first=True)(x, x, x)[1]", "nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(x)", "nn.TransformerDecoderLayer(8, 2, 16)(x, x)", "nn.Transformer(8, 2, 1, 1, 16, batch_first=True)(x, x)", "nn.LSTM(8, 3, batch_first=True)(x)[0]", "nn.LSTM(8, 3, 2, batch_first=True, bidirectional=True)(x)[1][0]", "nn.GRU(8, 3)(x)[0]", "nn.RNN(8, 3)(x)[1]", "F.scaled_dot_product_attention(x, x, x, is_causal=True)", "nn.Transformer.generate_square_subsequent_mask(x.size(1))", "nn.Linear(8, 2)(x)", "nn.utils.rnn.pad_sequence([x[0], x[0]])", "nn.Conv1d(8, 4, 1)(x.transpose(1, 2))", "F.cross_entropy(x.transpose(1, 2), x.argmax(2), reduction='none')", "nn.BatchNorm1d(8)(x.flatten(0, 1))")

# What follows records all of these


def dependence(code: str, shape: tuple[int, ...]) -> tuple[list[int], int]:
    """Axes whose entry k goes with sample k alone, and on how many samples an element depends at most."""
    # A lambda in the code sees only its globals.
    scope = {**NAMES, "range": range, "list": list, "sum": sum}

    def f(x: torch.Tensor, seed: int) -> torch.Tensor:
        # The same weights and draws each time.
        torch.manual_seed(seed)
        scope["x"] = x
        return torch.as_tensor(eval(code, scope)).double()

    moved = None
    for trial in range(6):
        draws = torch.Generator().manual_seed(1000 + trial)
        x = torch.rand(shape, generator=draws, dtype=torch.float64) * 2 - 0.5
        base = f(x.clone(), trial)
        for sample in range(shape[0]):
            other = x.clone()
            other[sample] = torch.rand(shape[1:], generator=draws, dtype=torch.float64) * 2 - 0.5
            if moved is None:
                moved = torch.zeros((shape[0], *base.shape), dtype=torch.bool)
            moved[sample] |= ~torch.isclose(base, f(other, trial), rtol=1e-9, atol=1e-9)
    assert moved is not None
    return along(moved.numpy())


def shapes(value: object) -> object:
    """The shape of a tensor, or those of nested tensors; None where something else is among them."""
    if isinstance(value, torch.Tensor):
        return list(value.shape)
    if isinstance(value, (tuple, list)):
        each = [shapes(item) for item in value]
        return None if any(item is None for item in each) else each
    return None


def short(number: float) -> float:
    return float(f"{number:.7g}")


def jacobian(code: str, shape: tuple[int, ...]) -> list:
    at = wave(*shape)

    def f(x: torch.Tensor) -> torch.Tensor:
        return eval(code, {**NAMES, "x": x})

    x = eval(at, dict(NAMES))
    found = torch.autograd.functional.jacobian(f, x)
    return [code, at, list(shape), list(f(x).shape), [short(number) for number in found.flatten().tolist()]]


def measured(code: str, shape: str, numbers: list[tuple[int, ...]]) -> list:
    results = []
    for given in numbers:
        left = list(given)
        sizes = [int(size) if size.isdigit() else left.pop(0) for size in shape.split()]
        results.append([list(given), list(eval(code, {**NAMES, "x": torch.rand(sizes)}).shape)])
    return [code, shape, results]


def main() -> None:
    rows = []
    torch.manual_seed(0)
    for code in dict.fromkeys(codes):
        try:
            value = eval(code, dict(NAMES))
        except Exception:  # noqa: BLE001: whatever it raises is the fact
            rows.append([code, "error", None])
            continue
        result = shapes(value)
        if result is not None:
            rows.append([code, result, str(value.dtype).removeprefix("torch.") if isinstance(value, torch.Tensor) else None])
    torch.set_default_dtype(torch.float64)
    moves = [[code, list(shape), *dependence(code, shape)] for code, shape in dict.fromkeys(batching)]
    numbers = [[code, [short(x) for x in eval(code, dict(NAMES)).flatten().tolist()]] for code in dict.fromkeys(values)]
    jacobians = [jacobian(code, shape) for code, shape in dict.fromkeys(derivatives)]
    torch.set_default_dtype(torch.float32)
    sections = {"rows": rows, "batching": moves, "values": numbers, "derivatives": jacobians, "named": [measured(*row) for row in named]}
    write(__file__, "torch", torch.__version__.split("+")[0], sections)


main()
