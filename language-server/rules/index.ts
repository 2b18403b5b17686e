import { batchJacobianOfUnbatched } from './batch-jacobian-of-unbatched.ts';
import { contractedJacobian } from './contracted-jacobian.ts';
import { diagonalNotBatch } from './diagonal-not-batch.ts';
import { elementwiseJacobian } from './elementwise-jacobian.ts';
import { fullBatchHessian } from './full-batch-hessian.ts';
import { fullBatchJacobian } from './full-batch-jacobian.ts';
import { fullThenDiagonal } from './full-then-diagonal.ts';
import { gradSumsOutputs } from './grad-sums-outputs.ts';
import { hessianRowSum } from './hessian-row-sum.ts';
import { jacobianTooLarge } from './jacobian-too-large.ts';
import { outputAxisFirst } from './output-axis-first.ts';
import { perSampleLoop } from './per-sample-loop.ts';
import type { DerivativeRule, Rule } from './rule.ts';
import { shapeMismatch } from './shape-mismatch.ts';
import { singleOutputRow } from './single-output-row.ts';
import { sumOverMixedBatch } from './sum-over-mixed-batch.ts';
import { tapeNotPersistent } from './tape-not-persistent.ts';
import { transposedJacobian } from './transposed-jacobian.ts';
import { wrongMode } from './wrong-mode.ts';

/** The rules of derivatives, the most telling first: a call gets the first that has something to say of it. */
export const derivativeRules: readonly DerivativeRule[] = [
  sumOverMixedBatch,
  batchJacobianOfUnbatched,
  perSampleLoop,
  elementwiseJacobian,
  fullThenDiagonal,
  diagonalNotBatch,
  fullBatchHessian,
  fullBatchJacobian,
  singleOutputRow,
  jacobianTooLarge,
  outputAxisFirst,
  hessianRowSum,
  gradSumsOutputs,
  contractedJacobian,
  wrongMode,
  transposedJacobian,
];

/** The rules of what Python would refuse. */
export const problemRules = [shapeMismatch, tapeNotPersistent];

export const rules: readonly Rule[] = [...derivativeRules, ...problemRules];
