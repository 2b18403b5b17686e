import { batchCollapsed } from './batch-collapsed.ts';
import { batchJacobianOfUnbatched } from './batch-jacobian-of-unbatched.ts';
import { batchStatisticsUnderVmap } from './batch-statistics-under-vmap.ts';
import { batchedFunctionUnderVmap } from './batched-function-under-vmap.ts';
import { contractMismatch } from './contract-mismatch.ts';
import { contractedJacobian } from './contracted-jacobian.ts';
import { detachedJacobian } from './detached-jacobian.ts';
import { diagonalNotBatch } from './diagonal-not-batch.ts';
import { elementwiseJacobian } from './elementwise-jacobian.ts';
import { fullBatchHessian } from './full-batch-hessian.ts';
import { fullBatchJacobian } from './full-batch-jacobian.ts';
import { fullThenDiagonal } from './full-then-diagonal.ts';
import { gradOfNonScalar } from './grad-of-non-scalar.ts';
import { gradSumsOutputs } from './grad-sums-outputs.ts';
import { hessianRowSum } from './hessian-row-sum.ts';
import { jacobianTooLarge } from './jacobian-too-large.ts';
import { nestedJacobianWithoutCreateGraph } from './nested-jacobian-without-create-graph.ts';
import { noGradInsideTransform } from './no-grad-inside-transform.ts';
import { outputAxisFirst } from './output-axis-first.ts';
import { perSampleLoop } from './per-sample-loop.ts';
import { randomnessUnderVmap } from './randomness-under-vmap.ts';
import type { DerivativeRule, ProblemRule, Rule } from './rule.ts';
import { shapeMismatch } from './shape-mismatch.ts';
import { singleOutputRow } from './single-output-row.ts';
import { squeezedBatch } from './squeezed-batch.ts';
import { sumOverMixedBatch } from './sum-over-mixed-batch.ts';
import { tapeNotPersistent } from './tape-not-persistent.ts';
import { transposedJacobian } from './transposed-jacobian.ts';
import { vmapOverAutograd } from './vmap-over-autograd.ts';
import { vmapSizes } from './vmap-sizes.ts';
import { unusedArgument, wrongArgument } from './wrong-argument.ts';
import { wrongMode } from './wrong-mode.ts';
import { zeroJacobian } from './zero-jacobian.ts';

/** The rules of derivatives, the most telling first: a call gets the first that has something to say of it. */
export const derivativeRules: readonly DerivativeRule[] = [
  unusedArgument,
  nestedJacobianWithoutCreateGraph,
  noGradInsideTransform,
  zeroJacobian,
  detachedJacobian,
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
  batchCollapsed,
  squeezedBatch,
];

/** The rules of what Python would refuse, the most telling first. */
export const problemRules: readonly ProblemRule[] = [
  vmapSizes,
  vmapOverAutograd,
  batchStatisticsUnderVmap,
  randomnessUnderVmap,
  batchedFunctionUnderVmap,
  wrongArgument,
  gradOfNonScalar,
  shapeMismatch,
  tapeNotPersistent,
  contractMismatch,
];

/** All rules; one that speaks of derivatives and of what is refused is in it once. */
export const rules: readonly Rule[] = [
  ...derivativeRules,
  ...problemRules.filter(({ name }) => derivativeRules.every((rule) => rule.name !== name)),
];
