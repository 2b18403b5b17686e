import { jaxProgram, jaxProgramCount } from './jax.ts';

/** Writes all programs of JAX as JSON, for the script that runs them under the real library. */
process.stdout.write(JSON.stringify(Array.from({ length: jaxProgramCount }, (_, k) => jaxProgram(k))));
