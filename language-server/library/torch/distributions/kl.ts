import type { NodeId } from '../../../graph/graph.ts';
import { sameShape } from '../../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native } from '../../define.ts';
import { type NativeValue, none, tensor, type Value } from '../../values.ts';
import { opaqueMap } from '../elementwise.ts';
import { instanceOf, module, type Own, ownOf } from './distribution.ts';
import { number } from './formula.ts';

/** Divergences of two distributions of one kind (https://docs.pytorch.org/docs/stable/distributions.html#module-torch.distributions.kl). */

type Divergence = (p: Own, q: Own) => NodeId;

const normal: Divergence = (p, q) => {
  const { f } = p;
  const ratio = f.square(f.div(p.p('scale'), q.p('scale')));
  const distance = f.square(f.div(f.sub(p.p('loc'), q.p('loc')), q.p('scale')));
  return f.mul(f.sub(f.add(ratio, distance), number(1), f.log(ratio)), number(0.5));
};

const categorical: Divergence = (p, q) => {
  const { f, cx } = p;
  const terms = f.mul(p.p('probs'), f.sub(p.p('logits'), q.p('logits')));
  return cx.build.sum(terms, [cx.build.rank(terms) - 1]);
};

const bernoulli: Divergence = (p, q) => {
  const { f, cx } = p;
  // Torch marks certain outcomes by masks, which must fit.
  if (p.batch.length > 0 && q.batch.length > 0 && !sameShape(p.batch, q.batch))
    throw new Unknowable('a divergence of Bernoulli distributions of different batches is not followed');
  const softplus = (x: NodeId): NodeId => cx.build.unary('softplus', x);
  const [a, b] = [p.p('logits'), q.p('logits')];
  return f.add(f.sub(softplus(b), softplus(a)), f.mul(p.p('probs'), f.sub(a, b)));
};

/** A function of each element of all parameters, without a decomposition. */
const ofEach =
  (name: string, ...parameters: readonly string[]): Divergence =>
  (p, q) =>
    opaqueMap(
      p.cx,
      `divergence of ${name}`,
      [p, q].flatMap((own) => parameters.map((parameter) => own.p(parameter))),
    );

/** By the name of both kinds. */
const divergences: Readonly<Record<string, Divergence>> = {
  Normal: normal,
  LogNormal: normal,
  Categorical: categorical,
  OneHotCategorical: categorical,
  Bernoulli: bernoulli,
  HalfNormal: ofEach('HalfNormal', 'scale'),
  Uniform: ofEach('Uniform', 'low', 'high'),
  Exponential: ofEach('Exponential', 'rate'),
  Laplace: ofEach('Laplace', 'loc', 'scale'),
  Cauchy: ofEach('Cauchy', 'loc', 'scale'),
  Gumbel: ofEach('Gumbel', 'loc', 'scale'),
  Gamma: ofEach('Gamma', 'concentration', 'rate'),
  Chi2: ofEach('Chi2', 'concentration', 'rate'),
  Beta: ofEach('Beta', 'concentration1', 'concentration0'),
  Poisson: ofEach('Poisson', 'rate'),
};

/** Kinds between which no divergence is registered, not even with themselves. */
const without = ['StudentT', 'MixtureSameFamily'];

function divergence(cx: Context, left: Value, right: Value): NodeId {
  const [a, b] = [instanceOf(left), instanceOf(right)];
  const [first, second] = [a, b].map(({ cls }) => cls.name.replace(`${module}.`, ''));
  if (first === undefined || first !== second) throw new Unknowable('a divergence of two kinds is not followed');
  if (without.includes(first))
    throw new PythonError(
      'NotImplementedError',
      `No KL(p || q) is implemented for p type ${first} and q type ${first}`,
    );
  if (first === 'Independent') {
    const [p, q] = [a, b].map((own) => cx.attribute(own, 'base_dist') ?? none);
    const [m, n] = [a, b].map((own) => cx.attribute(own, 'reinterpreted_batch_ndims'));
    if (m?.kind !== 'int' || n?.kind !== 'int' || p === undefined || q === undefined)
      throw new Unknowable('the distributions are not known');
    if (m.value !== n.value) throw new PythonError('NotImplementedError', 'the events have different numbers of axes');
    const inner = divergence(cx, p, q);
    const rank = cx.build.rank(inner);
    return m.value === 0
      ? inner
      : cx.build.sum(
          inner,
          Array.from({ length: Number(m.value) }, (_, k) => rank - 1 - k),
        );
  }
  const rule = divergences[first];
  if (rule === undefined) throw new Unknowable(`the divergence of ${first} is not followed`);
  return rule(ownOf(cx, a), ownOf(cx, b));
}

export const klDivergence: NativeValue = native(`${module}.kl_divergence`, '(p, q)', (cx, args) =>
  tensor(divergence(cx, args.value('p'), args.value('q'))),
);
