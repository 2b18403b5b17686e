import { product, range } from '../concrete.ts';

/**
 * How a tensor lies in a texture array. Axes of size 1 do not count. Four neighbours along the last axis share a texel;
 * its place along that axis is the texel's column. The axes before it are rows: the last of them, or as many as make a
 * full stack, are cut into tiles, one row of a tile in each layer. One fragment so computes four columns of each row of
 * a tile, and a product loads each operand's texel once for many multiplications (register blocking).
 */
export interface Layout {
  /** The axis along texels; null for a single number. */
  readonly column: number | null;
  readonly columns: number;
  /** The axes that are cut into tiles, with their sizes, and those before them. */
  readonly tiled: readonly number[];
  readonly outer: readonly number[];
  /** Rows of the tiled axes together, and how many tiles they make. */
  readonly length: number;
  readonly tiles: number;
  readonly layers: number;
  /** How many rows lie between the rows of neighbouring layers, and between those of neighbouring tiles. */
  readonly layerStep: number;
  readonly tileStep: number;
  /** All rows. */
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

/** Where a tensor of a shape lies, with at most so many layers: neighbouring rows in one fragment. */
export function layoutOf(shape: readonly number[], mostLayers: number): Layout {
  const { column, rowAxes, sizeOf } = axesOf(shape);
  let first = rowAxes.length;
  while (first > 0 && sizeOf(rowAxes.slice(first)) < mostLayers) first -= 1;
  const [tiled, outer] = [rowAxes.slice(first), rowAxes.slice(0, first)];
  const length = sizeOf(tiled);
  // As many full tiles as there can be: 10 rows are two tiles of 5, not one of 8 and one of 2.
  const layers = Math.ceil(length / Math.ceil(length / mostLayers));
  const tiles = Math.ceil(length / layers);
  const columns = column === null ? 1 : (shape[column] ?? 1);
  return {
    column,
    columns,
    tiled,
    outer,
    length,
    tiles,
    layers,
    layerStep: 1,
    tileStep: layers,
    rows: sizeOf(rowAxes),
    width: Math.ceil(columns / 4),
    height: sizeOf(outer) * tiles,
  };
}

/**
 * Where a result lies that is read back: layer after layer holds the rows in order, so that whole texels need no
 * sorting. Fragments compute rows that are far apart, and share less of what they load.
 */
export function readLayout(shape: readonly number[], mostLayers: number): Layout {
  const { column, rowAxes, sizeOf } = axesOf(shape);
  const length = sizeOf(rowAxes);
  const tiles = Math.ceil(length / mostLayers);
  const columns = column === null ? 1 : (shape[column] ?? 1);
  return {
    column,
    columns,
    tiled: rowAxes,
    outer: [],
    length,
    tiles,
    layers: Math.ceil(length / tiles),
    layerStep: tiles,
    tileStep: 1,
    rows: length,
    width: Math.ceil(columns / 4),
    height: tiles,
  };
}

interface Axes {
  readonly column: number | null;
  readonly rowAxes: readonly number[];
  readonly sizeOf: (axes: readonly number[]) => number;
}

function axesOf(shape: readonly number[]): Axes {
  const real = range(shape.length).filter((axis) => (shape[axis] ?? 1) > 1);
  return {
    column: real.at(-1) ?? null,
    rowAxes: real.slice(0, -1),
    sizeOf: (axes) => product(axes.map((axis) => shape[axis] ?? 1)),
  };
}

/** The layer and height of a row. */
export function placeOfRow(
  { length, tiles, layers, layerStep, tileStep }: Layout,
  row: number,
): { readonly layer: number; readonly y: number } {
  const within = row % length;
  return {
    layer: Math.floor(within / layerStep) % layers,
    y: Math.floor(row / length) * tiles + (Math.floor(within / tileStep) % tiles),
  };
}

/** Whether the texels of all layers, one after the other, are the tensor's numbers in order, and then padding. */
export function inOrder({ columns, layerStep, height }: Layout): boolean {
  return columns % 4 === 0 && layerStep === height;
}
