import type { NodeId } from '../../graph/graph.ts';
import { type Call, valueFunction } from '../numpy/dialect.ts';
import type { NativeValue, Value } from '../values.ts';
import { jaxDialect } from './dialect.ts';

/** A function of JAX outside of jax.numpy, by its full name. */
export function jaxFunction(name: string, parameters: string, rule: (call: Call) => Value): NativeValue {
  return { ...valueFunction(jaxDialect, name, parameters, rule), name };
}

/** The same of a function whose result is one array. */
export function jaxOp(name: string, parameters: string, rule: (call: Call) => NodeId): NativeValue {
  return jaxFunction(name, parameters, (call) => call.result(rule(call)));
}
