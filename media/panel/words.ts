import type { ResultReport } from '../engine/report.ts';

/** Numbers and shapes as people read them. */

/** `0.42 ms`, `12 ms`, `1.3 s`. */
export function duration(ms: number): string {
  if (ms >= 1000) return `${significant(ms / 1000)} s`;
  return `${significant(ms)} ms`;
}

function significant(value: number): string {
  return value >= 100
    ? value.toFixed(0)
    : value
        .toPrecision(2)
        .replace(/e.*$/, '')
        .replace(/^0\.0$/, '0');
}

/** `-0.02134`, `1.2e-7`: four digits that matter. */
export function entry(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** `(3, 10, 5)`, `(5,)`, as Python writes tuples. */
export function shapeText(shape: readonly number[]): string {
  return `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
}

/** What the axes of a result are: `3 samples, each 10 outputs by 5 inputs`. */
export function axesText({ samples, outputs, inputs, shape }: ResultReport): string {
  const one = `${sizeText(outputs, 'output')} by ${sizeText(inputs, 'input')}`;
  const hasBatch = shape.length > outputs.length + inputs.length;
  return hasBatch ? `${counted(samples, 'sample')}, each ${one}` : one;
}

function sizeText(sizes: readonly number[], what: string): string {
  const total = sizes.reduce((a, b) => a * b, 1);
  return sizes.length > 1 ? `${sizes.join(' × ')} ${what}s` : counted(total, what);
}

export function counted(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
}
