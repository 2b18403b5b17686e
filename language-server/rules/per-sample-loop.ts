import type { Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { type Graph, type Node, nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { For, ListComp } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import type { Proposal } from './finding.ts';
import { callParts } from './rewrites.ts';
import { type Facts, type Rule, weigh } from './rule.ts';
import { callAt, spell, statementAt, textAt } from './source-file.ts';

/** The entry of a tensor's first axis that the loop's turn picks: what is differentiated by, one sample at a time. */
function sampleOf(graph: Graph, occurrence: Occurrence): Node | null {
  const turn = occurrence.derivative.origin.loops.at(-1)?.turn;
  if (turn === undefined) return null;
  for (let node = nodeAt(graph, occurrence.primal); ; ) {
    const [first] = node.operands;
    if (first === undefined) return null;
    if (node.op.name === 'take' && node.op.params.axis === 0) {
      const { index } = node.op.params;
      return index === 'loop' || !D.isKnown(index) || turn === 'any' || index === turn ? node : null;
    }
    if (node.op.name === 'slice') {
      const { starts, limits } = node.op.params;
      const [start, limit] = [starts[0], limits[0]];
      return start !== undefined &&
        limit !== undefined &&
        D.equal(D.sub(limit, start), 1) &&
        (turn === 'any' || start === turn)
        ? node
        : null;
    }
    if (!['reshape', 'broadcast_in_dim', 'convert', 'stop_gradient'].includes(node.op.name)) return null;
    node = nodeAt(graph, first);
  }
}

export const perSampleLoop: Rule = {
  name: 'per-sample-loop',
  severity: 'warning',
  summary: 'a Python loop over samples around a derivative',
  check: (occurrence, facts) => {
    const { graph } = facts;
    if (occurrence.kind === 'jvp') return null;
    const sample = sampleOf(graph, occurrence);
    const [source] = sample?.operands ?? [];
    if (sample === null || source === undefined) return null;
    // One turn is no loop to speak of, and tensors that are made in the loop are not samples of a batch.
    const batch = nodeAt(graph, source).aval.shape[0];
    if (batch === undefined || batch === 1 || nodeAt(graph, source).op.name === 'parameter') return null;
    const loop = occurrence.derivative.origin.loops.at(-1);
    const own = occurrence.node.aval.shape;
    const wanted = showShape([batch, ...own]);
    return {
      ...weigh(
        occurrence.derivative.assumption,
        `One derivative ${showShape(own)} a turn, one sample at a time: ${D.show(batch)} calls where vmap makes one, ${wanted}.`,
      ),
      related:
        loop === undefined
          ? []
          : [
              {
                origin: { ...occurrence.derivative.origin, ...loop },
                message: `this loop runs over ${D.show(batch)} samples`,
              },
            ],
      shape: showShape(own),
      wanted,
      proposals: [byMap(occurrence, facts)],
    };
  },
};

/** `[jacobian(f, row) for row in x]` and the `append` loop, replaced by one mapped call. */
function byMap(occurrence: Occurrence, facts: Facts): readonly Proposal[] {
  const { file } = facts;
  const parts = callParts(occurrence, file);
  if (parts === null || parts.input.kind !== 'Name' || parts.form.kind !== 'functional') return [];
  const path = enclosing(file.module, parts.range.start);
  const comprehension = path.findLast(
    (node): node is ListComp =>
      node.kind === 'ListComp' && node.elt.range.start === parts.range.start && node.elt.range.end === parts.range.end,
  );
  const spelled = spell(file, 'torch.func', ['vmap', 'jacrev']);
  const [vmap, jacrev] = spelled.names;
  const detach = parts.form.detached ? '.detach()' : '';
  const mapped = (source: string): string => `${vmap}(${jacrev}(${textAt(file, parts.fn.range)}))(${source})${detach}`;
  if (comprehension !== undefined) {
    const [generator, ...more] = comprehension.generators;
    if (generator === undefined || more.length > 0 || generator.ifs.length > 0) return [];
    if (generator.target.kind !== 'Name' || generator.target.id !== parts.input.id) return [];
    // A list of Jacobians stays one: what stacks it later still does.
    return [
      {
        title: 'Map over samples: vmap(jacrev(...))',
        kind: 'safe',
        edits: [
          ...spelled.edits,
          { range: comprehension.range, text: `list(${mapped(textAt(file, generator.iter.range))})` },
        ],
        promises: null,
      },
    ];
  }
  const loop = path.findLast((node): node is For => node.kind === 'For');
  const statement = statementAt(file, parts.range.start);
  if (
    loop === undefined ||
    statement === null ||
    loop.body.length !== 1 ||
    loop.body[0] !== statement ||
    loop.orelse.length > 0
  )
    return [];
  if (loop.target.kind !== 'Name' || loop.target.id !== parts.input.id || statement.kind !== 'ExprStatement') return [];
  const append = callAt(file, statement.value.range);
  if (
    append?.func.kind !== 'Attribute' ||
    append.func.attr !== 'append' ||
    append.args[0]?.range.start !== parts.range.start
  )
    return [];
  const collected = textAt(file, append.func.value.range);
  return [
    {
      title: 'Map over samples: vmap(jacrev(...))',
      kind: 'safe',
      edits: [
        ...spelled.edits,
        { range: loop.range, text: `${collected}.extend(${mapped(textAt(file, loop.iter.range))})` },
      ],
      promises: null,
    },
  ];
}
