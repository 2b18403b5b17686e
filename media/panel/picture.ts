import type { ResultReport } from '../engine/report.ts';
import { h } from './dom.ts';
import { counted, entry } from './words.ts';

/** One sample's matrix as a picture: outputs down, inputs across, colours from the most negative entry to the most positive. */

type Colour = readonly [red: number, green: number, blue: number];

/** From negative through zero to positive; blue and orange are told apart by all kinds of eyes. */
interface Palette {
  readonly negative: Colour;
  readonly zero: Colour;
  readonly positive: Colour;
  readonly notFinite: Colour;
}

const palettes: Readonly<Record<'light' | 'dark', Palette>> = {
  light: { negative: [33, 102, 172], zero: [247, 247, 247], positive: [204, 92, 10], notFinite: [200, 0, 160] },
  dark: { negative: [86, 160, 255], zero: [38, 38, 42], positive: [255, 160, 64], notFinite: [255, 70, 220] },
};

function paletteNow(): Palette {
  const { classList } = document.body;
  const isLight = classList.contains('vscode-light') || classList.contains('vscode-high-contrast-light');
  return palettes[isLight ? 'light' : 'dark'];
}

/** The colour of a value, where `size` is the greatest absolute value of all samples. */
export function colourOf(value: number, size: number, palette: Palette): Colour {
  if (!Number.isFinite(value)) return palette.notFinite;
  const share = size === 0 ? 0 : Math.min(1, Math.abs(value) / size);
  const end = value < 0 ? palette.negative : palette.positive;
  const mixed = (k: 0 | 1 | 2): number => Math.round(palette.zero[k] + (end[k] - palette.zero[k]) * share);
  return [mixed(0), mixed(1), mixed(2)];
}

/** The largest side of the picture, in CSS pixels, and the largest side of one entry. */
const side = 360;
const cellSide = 28;

/** The picture with what chooses the sample and what tells a single entry. */
export function picture(result: ResultReport): HTMLElement {
  const { matrices, shownRows: rows, shownColumns: columns, min, max } = result;
  const size = Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0));
  const cell = Math.max(1 / 4, Math.min(cellSide, side / Math.max(rows, columns, 1)));
  const canvas = h('canvas', { class: 'matrix', tabindex: 0, role: 'img' });
  const readout = h('output', { class: 'readout', 'aria-live': 'polite' });
  let sample = 0;
  let chosen: readonly [row: number, column: number] | null = null;

  const draw = (): void => {
    const matrix = matrices[sample];
    if (matrix === undefined) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(columns * cell * ratio));
    canvas.height = Math.max(1, Math.round(rows * cell * ratio));
    canvas.style.width = `${columns * cell}px`;
    canvas.style.height = `${rows * cell}px`;
    canvas.setAttribute('aria-label', `Sample ${sample}: ${counted(rows, 'output')} by ${counted(columns, 'input')}`);
    paint(canvas, matrix, rows, columns, size);
    tell();
  };
  const tell = (): void => {
    const matrix = matrices[sample];
    if (chosen === null || matrix === undefined) {
      readout.textContent = 'Point at an entry, or move with the arrow keys.';
      return;
    }
    const [row, column] = chosen;
    readout.textContent = `sample ${sample}, output ${row}, input ${column}:  ${entry(matrix[row * columns + column] ?? Number.NaN)}`;
  };
  const choose = (row: number, column: number): void => {
    chosen = [Math.min(Math.max(row, 0), rows - 1), Math.min(Math.max(column, 0), columns - 1)];
    tell();
  };
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    choose(
      Math.floor(((event.clientY - box.top) / box.height) * rows),
      Math.floor(((event.clientX - box.left) / box.width) * columns),
    );
  });
  canvas.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const [row, column] = chosen ?? [0, 0];
    if (chosen === null) choose(0, 0);
    else choose(row + step[0], column + step[1]);
  });
  drawWithTheme(canvas, draw);
  return h(
    'figure',
    { class: 'picture' },
    h('div', { class: 'axis across' }, `inputs (${columns}) →`),
    h('div', { class: 'axis down' }, `outputs (${rows}) ↓`),
    h('div', { class: 'matrix-frame' }, canvas),
    h(
      'figcaption',
      {},
      matrices.length > 1
        ? sampleChooser(matrices.length, (k) => {
            sample = k;
            draw();
          })
        : null,
      legend(size),
      readout,
    ),
  );
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Draws now, and again whenever the theme changes, for as long as the picture is shown. */
function drawWithTheme(canvas: HTMLCanvasElement, draw: () => void): void {
  draw();
  const observer = new MutationObserver(() => {
    if (canvas.isConnected) draw();
    else observer.disconnect();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
}

function paint(canvas: HTMLCanvasElement, matrix: Float32Array, rows: number, columns: number, size: number): void {
  const target = canvas.getContext('2d');
  const source = document.createElement('canvas');
  source.width = columns;
  source.height = rows;
  const pixels = source.getContext('2d');
  if (target === null || pixels === null || rows === 0 || columns === 0) return;
  const palette = paletteNow();
  const image = pixels.createImageData(columns, rows);
  for (const [k, value] of matrix.entries()) image.data.set([...colourOf(value, size, palette), 255], 4 * k);
  pixels.putImageData(image, 0, 0);
  target.imageSmoothingEnabled = false;
  target.drawImage(source, 0, 0, canvas.width, canvas.height);
}

function sampleChooser(count: number, choose: (sample: number) => void): HTMLElement {
  const slider = h('input', { type: 'range', min: 0, max: count - 1, value: 0, 'aria-label': 'Sample' });
  const label = h('span', { class: 'sample-number' }, `sample 0 of ${count}`);
  slider.addEventListener('input', () => {
    label.textContent = `sample ${slider.value} of ${count}`;
    choose(Number(slider.value));
  });
  return h('label', { class: 'sample' }, slider, label);
}

/** The colours with the values that they stand for. */
function legend(size: number): HTMLElement {
  const bar = h('canvas', { class: 'legend-bar', 'aria-hidden': 'true', width: 64, height: 1 });
  const draw = (): void => {
    const ramp = Float32Array.from({ length: 64 }, (_, k) => ((2 * k) / 63 - 1) * size);
    paint(bar, ramp, 1, 64, size);
  };
  drawWithTheme(bar, draw);
  return h('div', { class: 'legend' }, h('span', {}, entry(-size)), bar, h('span', {}, entry(size)));
}
