import type { NodeId } from '../../../language-server/graph/graph.ts';
import { numbers } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import { evaluate, type Values } from '../reference.ts';
import { inOrder, type Layout, layoutOf, placeOfRow } from './textures.ts';
import type { Limits, Written } from './written.ts';

/** A plan as a list of draws on a WebGL context, with textures of its own. */
export interface Programs {
  readonly draws: number;
  readonly bytes: number;
  readonly run: () => void;
  /** The result, read back; waits for all draws. The next call fills the same array. */
  readonly read: () => Float32Array;
  readonly dispose: () => void;
}

interface Draw {
  readonly program: WebGLProgram;
  readonly framebuffer: WebGLFramebuffer;
  readonly textures: readonly WebGLTexture[];
  readonly layout: Layout;
}

const vertices = `#version 300 es
void main() {
  gl_Position = vec4(float(gl_VertexID % 2) * 4.0 - 1.0, float(gl_VertexID / 2) * 4.0 - 1.0, 0.0, 1.0);
}
`;

/** What a context can do. */
export function limitsOf(gl: WebGL2RenderingContext): Limits {
  const get = (name: number): number => Number(gl.getParameter(name));
  return {
    layers: Math.min(get(gl.MAX_DRAW_BUFFERS), get(gl.MAX_COLOR_ATTACHMENTS)) >= 8 ? 8 : 4,
    textureSize: Math.min(get(gl.MAX_TEXTURE_SIZE), 8192),
    samplers: get(gl.MAX_TEXTURE_IMAGE_UNITS),
  };
}

/** Compiles what was written for a context and uploads its leaves. Throws where a shader does not compile. */
export function compiled(
  gl: WebGL2RenderingContext,
  g: Emitter,
  { draws: drafts, constants, held }: Written,
  leaves: ReadonlyMap<NodeId, Values>,
): Programs {
  const given = new Map(leaves);
  const values = evaluate(g, constants, new Map());
  constants.forEach((id, k) => {
    const value = values[k];
    if (value !== undefined) given.set(id, value);
  });
  const { layers } = limitsOf(gl);
  const owned = new Owned(gl);
  try {
    const textures = new Map<NodeId, WebGLTexture>();
    for (const [id, value] of given)
      if (held.has(id)) textures.set(id, owned.texture(layoutOf(numbers(g.shape(id)), layers), value));
    const draws = drafts.map(({ root, source, reads, layout }): Draw => {
      const target = owned.texture(layout, null);
      textures.set(root, target);
      const inputs = reads.map((id) => textures.get(id)).filter((texture) => texture !== undefined);
      return {
        program: owned.program(source, reads.length),
        framebuffer: owned.framebuffer(target, layout),
        textures: inputs,
        layout,
      };
    });
    const last = draws.at(-1);
    if (last === undefined) throw new RangeError('nothing was written');
    return {
      draws: draws.length,
      bytes: owned.bytes,
      run: () => owned.draw(draws),
      read: () => owned.read(last),
      dispose: () => owned.dispose(),
    };
  } catch (error) {
    owned.dispose();
    throw error;
  }
}

/** What was made on the context, to be given back together. */
class Owned {
  readonly #gl: WebGL2RenderingContext;
  readonly #textures: WebGLTexture[] = [];
  readonly #framebuffers: WebGLFramebuffer[] = [];
  readonly #programs: WebGLProgram[] = [];
  readonly #vertexArray: WebGLVertexArrayObject;
  #buffer: WebGLBuffer | null = null;
  // Kept, as room for a large array takes longer than filling it.
  #pixels = new Float32Array();
  #sorted = new Float32Array();
  #bytes = 0;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    gl.getExtension('EXT_color_buffer_float');
    this.#vertexArray = gl.createVertexArray();
  }

  get bytes(): number {
    return this.#bytes;
  }

  texture(layout: Layout, values: Values | null): WebGLTexture {
    const { width, height, layers, rows, columns } = layout;
    const gl = this.#gl;
    const texture = gl.createTexture();
    this.#textures.push(texture);
    this.#bytes += width * height * layers * 16;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
      gl.texParameteri(gl.TEXTURE_2D_ARRAY, name, gl.NEAREST);
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
      gl.texParameteri(gl.TEXTURE_2D_ARRAY, name, gl.CLAMP_TO_EDGE);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA32F, width, height, layers);
    // Without room nothing is thrown, and all would be computed from zeros.
    if (gl.getError() === gl.OUT_OF_MEMORY)
      throw new Error(`OUT_OF_MEMORY for a texture of ${width} by ${height} by ${layers}`);
    if (values !== null) {
      const data = new Float32Array(width * height * layers * 4);
      for (let row = 0; row < rows; row++) {
        const { layer, y } = placeOfRow(layout, row);
        const start = (layer * height + y) * width * 4;
        data.set(values.data.subarray(row * columns, (row + 1) * columns), start);
      }
      // The backend may have left other ways of unpacking.
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
      gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, 0, width, height, layers, gl.RGBA, gl.FLOAT, data);
    }
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, null);
    return texture;
  }

  framebuffer(texture: WebGLTexture, { layers }: Layout): WebGLFramebuffer {
    const gl = this.#gl;
    const framebuffer = gl.createFramebuffer();
    this.#framebuffers.push(framebuffer);
    const before: unknown = gl.getParameter(gl.FRAMEBUFFER_BINDING);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    const attachments = Array.from({ length: layers }, (_, layer) => gl.COLOR_ATTACHMENT0 + layer);
    for (const [layer, attachment] of attachments.entries())
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, attachment, texture, 0, layer);
    gl.drawBuffers(attachments);
    gl.bindFramebuffer(gl.FRAMEBUFFER, before instanceof WebGLFramebuffer ? before : null);
    return framebuffer;
  }

  program(source: string, samplers: number): WebGLProgram {
    const gl = this.#gl;
    const program = gl.createProgram();
    this.#programs.push(program);
    for (const [type, text] of [
      [gl.VERTEX_SHADER, vertices],
      [gl.FRAGMENT_SHADER, source],
    ] as const) {
      const shader = gl.createShader(type);
      if (shader === null) throw new Error('the graphics context was lost');
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
      if (
        type === gl.FRAGMENT_SHADER &&
        gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true &&
        !gl.isContextLost()
      ) {
        throw new Error(`a program does not compile: ${gl.getShaderInfoLog(shader) ?? ''}`);
      }
    }
    gl.linkProgram(program);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true)
      throw new Error(`a program does not link: ${gl.getProgramInfoLog(program) ?? ''}`);
    gl.useProgram(program);
    for (let k = 0; k < samplers; k++) gl.uniform1i(gl.getUniformLocation(program, `t${k}`), k);
    return program;
  }

  draw(draws: readonly Draw[]): void {
    const gl = this.#gl;
    gl.bindVertexArray(this.#vertexArray);
    gl.disable(gl.SCISSOR_TEST);
    for (const { program, framebuffer, textures, layout } of draws) {
      gl.useProgram(program);
      gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
      gl.viewport(0, 0, layout.width, layout.height);
      textures.forEach((texture, k) => {
        gl.activeTexture(gl.TEXTURE0 + k);
        gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
      });
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
    gl.enable(gl.SCISSOR_TEST);
    gl.bindVertexArray(null);
  }

  /** All layers go into one buffer, so that the device is waited for once. */
  read({ framebuffer, layout }: Draw): Float32Array {
    const gl = this.#gl;
    const { width, height, layers, rows, columns } = layout;
    const size = width * height * 4;
    if (this.#pixels.length !== size * layers) this.#pixels = new Float32Array(size * layers);
    const pixels = this.#pixels;
    if (this.#buffer === null) {
      this.#buffer = gl.createBuffer();
      gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.#buffer);
      gl.bufferData(gl.PIXEL_PACK_BUFFER, pixels.byteLength, gl.STREAM_READ);
    }
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.#buffer);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    for (let layer = 0; layer < layers; layer++) {
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + layer);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, 4 * size * layer);
    }
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, pixels);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    if (inOrder(layout)) return pixels.subarray(0, rows * columns);
    if (this.#sorted.length !== rows * columns) this.#sorted = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const { layer, y } = placeOfRow(layout, row);
      const start = layer * size + y * width * 4;
      this.#sorted.set(pixels.subarray(start, start + columns), row * columns);
    }
    return this.#sorted;
  }

  dispose(): void {
    const gl = this.#gl;
    for (const texture of this.#textures) gl.deleteTexture(texture);
    for (const framebuffer of this.#framebuffers) gl.deleteFramebuffer(framebuffer);
    for (const program of this.#programs) gl.deleteProgram(program);
    gl.deleteVertexArray(this.#vertexArray);
    gl.deleteBuffer(this.#buffer);
  }
}
