import type { Context } from '../context.ts';

/** How many functions that run as graphs are open. */
const graphs = new WeakMap<Context, number>();

/** Whether operations are run as Python comes to them, and not as a graph. */
export function isEager(cx: Context): boolean {
  return (graphs.get(cx) ?? 0) === 0;
}

/** Evaluates the body of a function that runs as a graph. */
export function asGraph<T>(cx: Context, body: () => T): T {
  const before = graphs.get(cx) ?? 0;
  graphs.set(cx, before + 1);
  try {
    return body();
  } finally {
    graphs.set(cx, before);
  }
}
