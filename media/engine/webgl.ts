import '@tensorflow/tfjs-backend-webgl/dist/base.js';
import { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl/dist/backend_webgl.js';
import { absConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Abs.js';
import { acosConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Acos.js';
import { acoshConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Acosh.js';
import { addConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Add.js';
import { argMaxConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/ArgMax.js';
import { argMinConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/ArgMin.js';
import { asinConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Asin.js';
import { asinhConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Asinh.js';
import { atanConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Atan.js';
import { atan2Config } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Atan2.js';
import { atanhConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Atanh.js';
import { batchMatMulConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/BatchMatMul.js';
import { castConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Cast.js';
import { ceilConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Ceil.js';
import { concatConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Concat.js';
import { conv2DConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Conv2D.js';
import { cosConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Cos.js';
import { coshConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Cosh.js';
import { cumsumConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Cumsum.js';
import { equalConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Equal.js';
import { erfConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Erf.js';
import { expConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Exp.js';
import { expm1Config } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Expm1.js';
import { floorConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Floor.js';
import { gatherV2Config } from '@tensorflow/tfjs-backend-webgl/dist/kernels/GatherV2.js';
import { greaterConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Greater.js';
import { greaterEqualConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/GreaterEqual.js';
import { identityConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Identity.js';
import { isFiniteConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/IsFinite.js';
import { isNaNConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/IsNaN.js';
import { lessConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Less.js';
import { lessEqualConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/LessEqual.js';
import { logConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Log.js';
import { log1pConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Log1p.js';
import { maxConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Max.js';
import { maximumConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Maximum.js';
import { minConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Min.js';
import { minimumConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Minimum.js';
import { multiplyConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Multiply.js';
import { negConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Neg.js';
import { notEqualConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/NotEqual.js';
import { padV2Config } from '@tensorflow/tfjs-backend-webgl/dist/kernels/PadV2.js';
import { powConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Pow.js';
import { prodConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Prod.js';
import { realDivConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/RealDiv.js';
import { reciprocalConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Reciprocal.js';
import { reluConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Relu.js';
import { reshapeConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Reshape.js';
import { reverseConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Reverse.js';
import { roundConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Round.js';
import { rsqrtConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Rsqrt.js';
import { selectConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Select.js';
import { sigmoidConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sigmoid.js';
import { signConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sign.js';
import { sinConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sin.js';
import { sinhConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sinh.js';
import { sliceConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Slice.js';
import { sqrtConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sqrt.js';
import { squareConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Square.js';
import { subConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sub.js';
import { sumConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sum.js';
import { tanConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Tan.js';
import { tanhConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Tanh.js';
import { tileConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Tile.js';
import { transposeConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Transpose.js';
import { env, findBackend, type KernelConfig, registerKernel } from '@tensorflow/tfjs-core';
import type { BackendAccess } from './device.ts';
import { compiled, limitsOf } from './programs/runtime.ts';
import { type ProgramSpeed, written } from './programs/written.ts';

/** TensorFlow.js's WebGL backend with the kernels that are used, so that no other is bundled. Browsers only. */

const kernels: readonly KernelConfig[] = [
  absConfig,
  acosConfig,
  acoshConfig,
  addConfig,
  argMaxConfig,
  argMinConfig,
  asinConfig,
  asinhConfig,
  atanConfig,
  atan2Config,
  atanhConfig,
  batchMatMulConfig,
  castConfig,
  ceilConfig,
  concatConfig,
  conv2DConfig,
  cosConfig,
  coshConfig,
  cumsumConfig,
  equalConfig,
  erfConfig,
  expConfig,
  expm1Config,
  floorConfig,
  gatherV2Config,
  greaterConfig,
  greaterEqualConfig,
  identityConfig,
  isFiniteConfig,
  isNaNConfig,
  lessConfig,
  lessEqualConfig,
  logConfig,
  log1pConfig,
  maxConfig,
  maximumConfig,
  minConfig,
  minimumConfig,
  multiplyConfig,
  negConfig,
  notEqualConfig,
  padV2Config,
  powConfig,
  prodConfig,
  realDivConfig,
  reciprocalConfig,
  reluConfig,
  reshapeConfig,
  reverseConfig,
  roundConfig,
  rsqrtConfig,
  selectConfig,
  sigmoidConfig,
  signConfig,
  sinConfig,
  sinhConfig,
  sliceConfig,
  sqrtConfig,
  squareConfig,
  subConfig,
  sumConfig,
  tanConfig,
  tanhConfig,
  tileConfig,
  transposeConfig,
];

const programSpeed: ProgramSpeed = { drawMs: 0.06, operationsPerMs: 4.5e7, loadsPerMs: 1e6 };

let registered = false;

/** The kernels' names, as registered. */
export const webglKernels: readonly string[] = kernels.map(({ kernelName }) => kernelName);

/** Registers the backend once and gives access to it. */
export function webgl(): BackendAccess {
  if (!registered) {
    for (const kernel of kernels) registerKernel(kernel);
    // Tiny operations are not moved to the CPU behind our back: they are what is measured.
    env().set('WEBGL_CPU_FORWARD', false);
    registered = true;
  }
  let draws = 0;
  let counted: WebGL2RenderingContext | null = null;
  const context = (): WebGL2RenderingContext | null => {
    const gl = own()?.gpgpu.gl;
    return gl instanceof WebGL2RenderingContext ? gl : null;
  };
  return {
    name: 'webgl',
    // TensorFlow.js would fall back to WebGL 1, which has no textures of floats that all can draw into.
    missing: () =>
      Promise.resolve(
        env().getNumber('WEBGL_VERSION') === 2
          ? null
          : 'WebGL 2 is not available here: turn on hardware acceleration to have it.',
      ),
    renderer: () => {
      const gl = context();
      const info = gl?.getExtension('WEBGL_debug_renderer_info');
      return gl === null ? null : String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
    },
    speed: { launchMs: 0.1, flopsPerMs: 5.5e6, bytesPerMs: 1.5e6 },
    launches: () => {
      const gl = context();
      if (gl !== null && counted !== gl) {
        counted = gl;
        const drawElements = gl.drawElements.bind(gl);
        gl.drawElements = (mode, count, type, offset) => {
          draws += 1;
          drawElements(mode, count, type, offset);
        };
      }
      return draws;
    },
    bytesHeld: () => own()?.memory().numBytesInGPU ?? 0,
    lost: () => own()?.gpgpu.gl.isContextLost() ?? false,
    fault: () => null,
    readsAtOnce: true,
    programs: {
      write: (g, schedule) => {
        const gl = context();
        return gl === null ? null : written(g, schedule, limitsOf(gl), programSpeed);
      },
      compile: (g, own, leaves) => {
        const gl = context();
        if (gl === null) throw new TypeError('programs need WebGL 2');
        return compiled(gl, g, own, leaves);
      },
    },
  };
}

/** The backend, once it has been started. */
function own(): MathBackendWebGL | null {
  const found = findBackend('webgl');
  return found instanceof MathBackendWebGL ? found : null;
}
