import { jaxProperties } from './jax/arrays.ts';
import { jaxDialect } from './jax/dialect.ts';
import { arrayProperties } from './numpy/arrays.ts';
import { numpyDialect } from './numpy/dialect.ts';
import { tensorflowDialect } from './tensorflow/dialect.ts';
import { tensorProperties as tensorflowProperties } from './tensorflow/tensor.ts';
import { type Property, type Setter, tensorProperties, tensorSetters } from './torch/tensor.ts';
import type { Family } from './values.ts';

/** Where the attributes and methods of each library's tensors are found. */
export const families: Readonly<
  Record<
    Family,
    {
      readonly properties: ReadonlyMap<string, Property>;
      readonly setters: ReadonlyMap<string, Setter>;
      readonly methods: string;
    }
  >
> = {
  torch: { properties: tensorProperties, setters: tensorSetters, methods: 'torch.Tensor' },
  jax: { properties: jaxProperties, setters: new Map(), methods: jaxDialect.methods },
  tensorflow: {
    properties: tensorflowProperties,
    setters: new Map(),
    methods: tensorflowDialect.methods,
  },
  numpy: { properties: arrayProperties(numpyDialect), setters: new Map(), methods: numpyDialect.methods },
};
