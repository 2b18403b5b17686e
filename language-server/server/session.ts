import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isNotebookFile, joinCells } from '../python/notebook.ts';
import { onceEach } from '../python/once.ts';
import { LineTable } from '../python/text.ts';
import type { Analyser } from '../rules/analyse.ts';
import type { Analysis, SourceHost } from '../rules/analysis.ts';
import type { AnalysedDocument, Part } from './document.ts';
import { Projects } from './projects.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { DiskReader, LARGEST_FILE, realPath, tooLarge } from './sources.ts';

/** An open document as the protocol's own document store has it. */
export interface OpenDocument {
  readonly uri: string;
  readonly version: number;
  getText(): string;
}

export interface OpenDocuments {
  get(uri: string): OpenDocument | undefined;
  all(): readonly OpenDocument[];
}

/** An open notebook: its cells of code in their order. */
export interface OpenNotebook {
  readonly uri: string;
  readonly cells: readonly { readonly document: string }[];
}

export interface OpenNotebooks {
  getNotebookDocument(uri: string): OpenNotebook | undefined;
  findNotebookDocumentForCell(uri: string): OpenNotebook | undefined;
}

/** A look at a text that takes longer than this, in milliseconds, is cut short. */
const PATIENCE = 10_000;

/** What came of a document: an analysis, or why there is none, for people. */
export type Outcome =
  | { readonly kind: 'analysed'; readonly document: AnalysedDocument; readonly milliseconds: number }
  | { readonly kind: 'refused'; readonly message: string };

/** What is analysed as one: a file, or the cells of a notebook. */
interface Unit {
  /** The address of the file or the notebook. */
  readonly uri: string;
  readonly documents: readonly OpenDocument[];
}

interface Known {
  /** The documents and their versions. */
  readonly stamp: string;
  readonly outcome: Outcome;
  /** The files that it looked at with what was in them, null for none. */
  readonly looked: ReadonlyMap<string, string | null>;
}

/** The open files and notebooks of an editor, with what is known of each at its newest version. Knows no protocol. */
export class Session {
  settings: Settings = DEFAULT_SETTINGS;
  readonly #analyser: Analyser;
  readonly #open: OpenDocuments;
  readonly #notebooks: OpenNotebooks;
  readonly #disk = new DiskReader();
  #folders: readonly string[] = [];
  #projects = new Projects();
  /** Where symbolic links lead: asked of every file of a project at every edit. */
  #real = onceEach(realPath);
  readonly #known = new Map<string, Known>();

  constructor(analyser: Analyser, open: OpenDocuments, notebooks: OpenNotebooks) {
    this.#analyser = analyser;
    this.#open = open;
    this.#notebooks = notebooks;
  }

  /** The folders of the workspace. */
  get folders(): readonly string[] {
    return this.#folders;
  }

  set folders(folders: readonly string[]) {
    this.#folders = folders;
    this.forgetProjects();
  }

  /** Looks for files, and for what they belong to, anew: some were made or are gone. */
  forgetProjects(): void {
    this.#projects = new Projects(this.#folders);
    this.#real = onceEach(realPath);
  }

  /** The file or notebook that an open document belongs to, by its address; one that is not open is its own. */
  unitOf(uri: string): string {
    return this.#notebooks.findNotebookDocumentForCell(uri)?.uri ?? uri;
  }

  /** The files and notebooks that are open. */
  units(): readonly string[] {
    return [...new Set(this.#open.all().map(({ uri }) => this.unitOf(uri)))];
  }

  /** The open documents that a file or notebook consists of. */
  documents(uri: string): readonly OpenDocument[] {
    return this.#unit(uri).documents;
  }

  /** What is known of a file or notebook, or of the one that a cell is of, at its newest version; null where it is not open. */
  outcome(uri: string): Outcome | null {
    const unit = this.#unit(uri);
    if (unit.documents.length === 0) return null;
    const stamp = unit.documents.map((document) => `${document.uri} ${document.version}`).join('\n');
    const known = this.#known.get(unit.uri);
    if (known?.stamp === stamp) return known.outcome;
    const looked = new Map<string, string | null>();
    const outcome = this.#analyseUnit(unit, looked);
    this.#known.set(unit.uri, { stamp, outcome, looked });
    return outcome;
  }

  #unit(uri: string): Unit {
    const notebook = this.#notebooks.findNotebookDocumentForCell(uri) ?? this.#notebooks.getNotebookDocument(uri);
    const documents = (notebook?.cells.map(({ document }) => document) ?? [uri]).flatMap(
      (each) => this.#open.get(each) ?? [],
    );
    return { uri: notebook?.uri ?? uri, documents };
  }

  /** The analysis of an open document, or of the notebook that it is a cell of; null where there is none. */
  analysed(uri: string): AnalysedDocument | null {
    const outcome = this.outcome(uri);
    return outcome?.kind === 'analysed' ? outcome.document : null;
  }

  /** Why there is no analysis of a document, for people; null where there is one. */
  refusal(uri: string): string | null {
    const outcome = this.outcome(uri);
    if (outcome === null) return 'The file is not open.';
    return outcome.kind === 'refused' ? outcome.message : null;
  }

  /** Analyses another text of an open document, as a fix would make it. */
  analyseText(uri: string, text: string): Analysis {
    return this.#analyse(this.unitOf(uri), text, new Map());
  }

  /** Forgets what is known of a file or notebook. */
  forget(uri: string): void {
    this.#known.delete(uri);
  }

  /** Forgets everything, for example when settings have changed. */
  forgetAll(): void {
    this.#known.clear();
  }

  /** Forgets the open files and notebooks that looked at one of these files and would find another text now; gives their addresses. */
  forgetDependents(uris: readonly string[]): readonly string[] {
    const paths = new Set(uris.map(pathOf).flatMap((path) => [path, realPath(path)]));
    const now = onceEach(this.#peeker());
    const changed = [...this.#known]
      .filter(([, { looked }]) => [...paths].some((path) => looked.has(path) && looked.get(path) !== now(path)))
      .map(([uri]) => uri);
    for (const uri of changed) this.forget(uri);
    return changed;
  }

  /** Another file as related information needs it; null where it is not there any more. */
  otherFile(path: string): Part | null {
    // The places of a notebook are in its cells, and not in the file that holds them.
    if (isNotebookFile(path)) return null;
    const paths = this.#openPaths();
    const open = paths.get(path) ?? paths.get(this.#real(path));
    const text = open?.getText() ?? this.#disk.readText(path);
    if (text === null) return null;
    const range = { start: 0, end: text.length };
    return {
      uri: open?.uri ?? pathToFileURL(path).href,
      version: open?.version ?? 0,
      lines: new LineTable(text),
      range,
    };
  }

  #analyseUnit(unit: Unit, looked: Map<string, string | null>): Outcome {
    const { text, parts } = textOf(unit);
    const bytes = text.length > LARGEST_FILE ? text.length : Buffer.byteLength(text);
    if (bytes > LARGEST_FILE)
      return {
        kind: 'refused',
        message: `This ${isNotebook(unit) ? 'notebook' : 'file'} is ${tooLarge(bytes).message}.`,
      };
    const start = performance.now();
    const analysis = this.#analyse(unit.uri, text, looked);
    const milliseconds = performance.now() - start;
    return { kind: 'analysed', document: { parts, lines: new LineTable(text), analysis }, milliseconds };
  }

  #analyse(uri: string, text: string, looked: Map<string, string | null>): Analysis {
    const path = pathOf(uri);
    return this.#analyser.analyse(path, text, this.#host(path, looked), this.settings, PATIENCE);
  }

  /** Reads what is open as it is there, else from the disk. */
  #peeker(): (path: string) => string | null {
    const open = this.#openPaths();
    const openAt = (path: string): OpenDocument | undefined => open.get(path) ?? open.get(this.#real(path));
    return (path) => openAt(path)?.getText() ?? this.#disk.readText(path);
  }

  /** Sources as the editor has them. */
  #host(path: string, looked: Map<string, string | null>): SourceHost {
    const peek = this.#peeker();
    return {
      roots: (other) => (isAbsolute(other) ? this.#projects.roots(other) : this.#folders),
      files: () => (isAbsolute(path) ? this.#projects.files(path) : []),
      peek,
      readText: (other) => {
        const text = peek(other);
        looked.set(other, text);
        return text;
      },
    };
  }

  /** The open documents by their paths, and by the real ones where symbolic links lead to them. */
  #openPaths(): ReadonlyMap<string, OpenDocument> {
    const documents = this.#open.all();
    const real = documents.flatMap((document): [string, OpenDocument][] =>
      isFile(document.uri) ? [[this.#real(pathOf(document.uri)), document]] : [],
    );
    return new Map([...real, ...documents.map((document): [string, OpenDocument] => [pathOf(document.uri), document])]);
  }
}

function isNotebook({ uri, documents }: Unit): boolean {
  return documents.length !== 1 || documents[0]?.uri !== uri;
}

/** The text of a unit as it is analysed: a file's as it is, a notebook's with the Python of its cells. */
function textOf(unit: Unit): { readonly text: string; readonly parts: readonly Part[] } {
  const texts = unit.documents.map((document) => document.getText());
  const { text, starts } = isNotebook(unit) ? joinCells(texts) : { text: texts.join(''), starts: [0] };
  const parts = unit.documents.map(({ uri, version }, k): Part => {
    const lines = new LineTable(texts[k] ?? '');
    const start = starts[k] ?? 0;
    return { uri, version, lines, range: { start, end: start + lines.text.length } };
  });
  return { text, parts };
}

function isFile(uri: string): boolean {
  return uri.startsWith('file:');
}

/** The path of a document, or its address where it is not on the disk. */
export function pathOf(uri: string): string {
  try {
    return isFile(uri) ? fileURLToPath(uri) : uri;
  } catch {
    return uri;
  }
}
