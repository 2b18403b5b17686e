import { jaxProperties } from './jax/arrays.ts';
import { jaxDialect } from './jax/dialect.ts';
import { arrayProperties } from './numpy/arrays.ts';
import { numpyDialect } from './numpy/dialect.ts';
import { tensorflowDialect } from './tensorflow/dialect.ts';
import { tensorProperties as tensorflowProperties } from './tensorflow/tensor.ts';
import { type Property, tensorProperties } from './torch/tensor.ts';
import type { Family } from './values.ts';

/** Where the attributes and methods of each library's tensors are found. */
export const families: Readonly<
  Record<Family, { readonly properties: ReadonlyMap<string, Property>; readonly methods: string }>
> = {
  torch: { properties: tensorProperties, methods: 'torch.Tensor' },
  jax: { properties: jaxProperties, methods: jaxDialect.methods },
  tensorflow: { properties: tensorflowProperties, methods: tensorflowDialect.methods },
  numpy: { properties: arrayProperties(numpyDialect), methods: numpyDialect.methods },
};
