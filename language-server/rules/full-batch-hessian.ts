import { denseVerdict } from './full-batch-jacobian.ts';
import type { DerivativeRule } from './rule.ts';

export const fullBatchHessian: DerivativeRule = {
  of: 'derivative',
  name: 'full-batch-hessian',
  severity: 'warning',
  place: 'innermost',
  summary: 'a dense second derivative (b, ..., b, i) of a function that keeps samples apart',
  check: (occurrence, facts) => (occurrence.isSecondOrder ? denseVerdict(occurrence, facts, 'Hessian') : null),
};
