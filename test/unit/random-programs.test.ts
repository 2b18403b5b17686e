import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { dependence } from '../../language-server/graph/dependence.ts';
import { isKnown } from '../../language-server/graph/dim.ts';
import type { Flow } from '../../language-server/graph/flow.ts';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import type { Trace } from '../../language-server/tracer/trace.ts';
import { compared, type Moves, movesOf, type Real, raisedIn, readRandomFacts, realNames } from '../random/facts.ts';
import { batchProgram, programCounts, randomProgram } from '../random/programs.ts';
import { tracedText } from './library-facts.ts';

/** Random programs, composed from a number each (test/random/), against what the real library gave for them. */

const facts = readRandomFacts(new URL('../facts/random_programs.json', import.meta.url));
const programs = Array.from({ length: programCounts.programs }, (_, k) => randomProgram(k));
const batches = Array.from({ length: programCounts.batches }, (_, k) => batchProgram(k));

/** With SHOW_UNKNOWN set, what is not found is printed with its reason. */
const shows = process.env.SHOW_UNKNOWN !== undefined;

let parser: PythonParser;
before(async () => {
  parser = await createParser(await locateWasm());
});

test('the programs are those that were run (else run test/facts/random_programs.py again)', () => {
  const digest = createHash('sha256').update(JSON.stringify({ programs, batches })).digest('hex');
  assert.equal(digest, facts.sha256);
});

/** Forward derivatives of tensors without axes come out in double precision beside a Python number: torch's own error. */
function isForwardOfScalar(real: Real, text: string, taken: string): boolean {
  if (real.kind !== 'tensor' || real.dtype !== 'float64' || !/jacfwd|jvp/.test(text)) return false;
  return taken === `float32 ${JSON.stringify(real.shape)}`;
}

/** Programs of which a line is refused though it runs: `vmap` checks the shapes of whole batches there, not of entries. */
const checkedAsBatches: ReadonlySet<number> = new Set([37]);

/** The line of an offset, from 1 as Python counts. */
function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

test('shapes, numbers and errors of random programs', (t) => {
  const wrong: string[] = [];
  let [known, unknown, named, silent] = [0, 0, 0, 0];
  programs.forEach((text, k) => {
    const [names, errors] = facts.programs[k] ?? ['', ''];
    const traced = tracedText(parser, text);
    const say = (what: string): void => {
      wrong.push(`program ${k}: ${what}`);
    };
    if (traced.stopped !== null) say(`stopped: ${traced.stopped}`);
    const values = new Map(traced.bindings.map(({ name, value }) => [name, value]));
    const lines = text.split('\n');
    const raised = raisedIn(errors);
    for (const [name, real] of realNames(names)) {
      const value = values.get(name);
      const result = value === undefined ? 'unknown' : compared(traced.graph, value, real);
      const line = lines.findLast((content) => content.trim().startsWith(name)) ?? '';
      if (typeof result === 'object' && !isForwardOfScalar(real, text, result.wrong))
        say(`${name} is ${JSON.stringify(real)}, taken for ${result.wrong}: ${line}`);
      else if (result === 'same') known++;
      else {
        unknown++;
        if (shows) console.log('unknown:', k, line, '#', value?.kind === 'unknown' ? value.reason.text : value?.kind);
      }
    }
    // Each problem with the statement of the module that leads to it.
    const problems = traced.problems.map(({ origin, message }) => ({
      line: lineOf(text, (origin.calls[0] ?? origin).start),
      from: lineOf(text, origin.start),
      message,
    }));
    for (const { line, from, message } of problems)
      if (!checkedAsBatches.has(k) && !raised.some((error) => error.line === line || error.from === from))
        say(`line ${line} runs, but is refused: ${message}: ${lines[from - 1]?.trim()} (${lines[line - 1]?.trim()})`);
    for (const { line, type, from } of raised) {
      if (type === 'N' || type === 'G') continue;
      if (problems.some((problem) => problem.line === line || problem.from === from)) named++;
      else {
        silent++;
        if (shows) console.log('silent:', k, type, lines[from - 1]);
      }
    }
  });
  const unknownShare = (unknown / (known + unknown)) * 100;
  const silentShare = (silent / (named + silent)) * 100;
  t.diagnostic(
    `${known + unknown} values, ${unknownShare.toFixed(2)} % unknown; ${named + silent} errors, ${silentShare.toFixed(1)} % not seen`,
  );
  assert.deepEqual(wrong, []);
  // Most of these are how many elements a mask picks, and errors of random draws under vmap.
  assert.ok(unknownShare < 0.9, `${unknownShare.toFixed(2)} % of the values are unknown`);
  assert.ok(silentShare < 18, `${silentShare.toFixed(1)} % of the errors are not seen`);
});

/** What is claimed of an element's samples; null: nothing that could be wrong. */
function allowed(
  flow: Flow,
  shape: readonly number[],
  element: number,
  batch: number,
): ((mask: number) => boolean) | null {
  switch (flow.kind) {
    case 'constant':
      return (mask) => mask === 0;
    case 'partial':
      return (mask) => (flow.sample === null ? (mask & (mask - 1)) === 0 : (mask & ~(1 << flow.sample)) === 0);
    case 'along': {
      const own = flow.axes.flatMap(({ axis, inner }) => {
        const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
        const at = Math.floor(element / stride) % (shape[axis] ?? 1);
        return isKnown(inner) ? [Math.floor(at / inner) % batch] : [];
      });
      return (mask) => own.every((sample) => (mask & ~(1 << sample)) === 0);
    }
    default:
      return null;
  }
}

function tracedFlow(traced: Trace, name: string): Flow | null {
  const node = (of: string) =>
    traced.bindings.findLast((binding) => binding.name === of && binding.node !== null)?.node ?? null;
  const x =
    traced.bindings.find((binding) => binding.name === 'x' && binding.node !== null && binding.value.kind === 'tensor')
      ?.node ?? null;
  const y = node(name);
  return x === null || y === null ? null : dependence(traced.graph, { inputs: [x], outputs: [y] }, 0, 0);
}

describe('samples of a batch in random programs', () => {
  test('what is proved independent is not moved', (t) => {
    const wrong: string[] = [];
    let [separate, proved] = [0, 0];
    batches.forEach((text, k) => {
      const [y, z] = facts.batches[k] ?? [null, null];
      const traced = tracedText(parser, text);
      for (const [name, moved] of [
        ['y', y],
        ['z', z],
      ] as const) {
        if (moved === null) continue;
        const { shape, masks }: Moves = movesOf(moved);
        const batch = Number(/^x = torch.rand\((\d+)/m.exec(text)?.[1]);
        const flow = tracedFlow(traced, name);
        const isSeparate = masks.every((mask) => (mask & (mask - 1)) === 0);
        if (flow !== null)
          masks.forEach((mask, element) => {
            const allows = allowed(flow, shape, element, batch);
            if (allows !== null && !allows(mask))
              wrong.push(
                `batch program ${k}: ${name} is taken for ${JSON.stringify(flow)}, but element ${element} of ${shape} is moved by ${mask.toString(2)}\n${text}`,
              );
          });
        if (!isSeparate) continue;
        separate++;
        if (flow !== null && ['constant', 'along', 'partial'].includes(flow.kind)) proved++;
        else if (shows) console.log('unproved:', k, name, JSON.stringify(flow), text.split('\n').slice(6).join('\n'));
      }
    });
    const provedShare = (proved / separate) * 100;
    t.diagnostic(`${separate} results keep samples apart, ${provedShare.toFixed(1)} % are proved to`);
    assert.deepEqual(wrong.slice(0, 10), []);
    assert.ok(provedShare > 85, `only ${provedShare.toFixed(1)} % are proved`);
  });
});
