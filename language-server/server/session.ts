import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LineTable } from '../python/text.ts';
import type { Analyser } from '../rules/analyse.ts';
import type { Analysis, SourceHost } from '../rules/analysis.ts';
import type { OtherFile } from './diagnostics.ts';
import type { AnalysedDocument } from './document.ts';
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

/** A look at a text that takes longer than this, in milliseconds, is cut short. */
const PATIENCE = 10_000;

/** What came of a document: an analysis, or why there is none, for people. */
export type Outcome =
  | { readonly kind: 'analysed'; readonly document: AnalysedDocument; readonly milliseconds: number }
  | { readonly kind: 'refused'; readonly message: string };

interface Known {
  readonly version: number;
  readonly outcome: Outcome;
  /** The files that it looked at, there or not. */
  readonly looked: ReadonlySet<string>;
}

/** The open documents of an editor, with what is known of each at its newest version. Knows no protocol. */
export class Session {
  settings: Settings = DEFAULT_SETTINGS;
  readonly #analyser: Analyser;
  readonly #open: OpenDocuments;
  readonly #disk = new DiskReader();
  #folders: readonly string[] = [];
  #projects = new Projects();
  readonly #known = new Map<string, Known>();

  constructor(analyser: Analyser, open: OpenDocuments) {
    this.#analyser = analyser;
    this.#open = open;
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
  }

  /** What is known of an open document at its newest version; null where it is not open. */
  outcome(uri: string): Outcome | null {
    const document = this.#open.get(uri);
    if (document === undefined) return null;
    const known = this.#known.get(uri);
    if (known?.version === document.version) return known.outcome;
    const looked = new Set<string>();
    const outcome = this.#analyseDocument(document, looked);
    this.#known.set(uri, { version: document.version, outcome, looked });
    return outcome;
  }

  /** The analysis of an open document; null where there is none. */
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
    return this.#analyse(uri, text, new Set());
  }

  /** Forgets what is known of a document. */
  forget(uri: string): void {
    this.#known.delete(uri);
  }

  /** Forgets everything, for example when settings have changed. */
  forgetAll(): void {
    this.#known.clear();
  }

  /** Forgets the open documents that looked at one of these files, and gives their addresses. */
  forgetDependents(uris: readonly string[]): readonly string[] {
    const paths = new Set(uris.map(pathOf).flatMap((path) => [path, realPath(path)]));
    const changed = [...this.#known]
      .filter(([, { looked }]) => [...looked].some((path) => paths.has(path)))
      .map(([uri]) => uri);
    for (const uri of changed) this.forget(uri);
    return changed;
  }

  /** Another file as related information needs it; null where it is not there any more. */
  otherFile(path: string): OtherFile | null {
    const paths = this.#openPaths();
    const open = paths.get(path) ?? paths.get(realPath(path));
    const text = open?.getText() ?? this.#disk.readText(path);
    return text === null ? null : { uri: open?.uri ?? pathToFileURL(path).href, lines: new LineTable(text) };
  }

  #analyseDocument(document: OpenDocument, looked: Set<string>): Outcome {
    const { uri, version } = document;
    const text = document.getText();
    const bytes = text.length > LARGEST_FILE ? text.length : Buffer.byteLength(text);
    if (bytes > LARGEST_FILE) return { kind: 'refused', message: `This file is ${tooLarge(bytes).message}.` };
    const start = performance.now();
    const analysis = this.#analyse(uri, text, looked);
    const milliseconds = performance.now() - start;
    return { kind: 'analysed', document: { uri, version, lines: new LineTable(text), analysis }, milliseconds };
  }

  #analyse(uri: string, text: string, looked: Set<string>): Analysis {
    const path = pathOf(uri);
    return this.#analyser.analyse(path, text, this.#host(path, looked), this.settings, PATIENCE);
  }

  /** Sources as the editor has them: what is open is read as it is there, else from the disk. */
  #host(path: string, looked: Set<string>): SourceHost {
    const open = this.#openPaths();
    const openAt = (other: string): OpenDocument | undefined => open.get(other) ?? open.get(realPath(other));
    const peek = (other: string): string | null => openAt(other)?.getText() ?? this.#disk.readText(other);
    return {
      roots: (other) => (isAbsolute(other) ? this.#projects.roots(other) : this.#folders),
      files: () => (isAbsolute(path) ? this.#projects.files(path) : []),
      peek,
      readText: (other) => {
        looked.add(other);
        return peek(other);
      },
    };
  }

  /** The open documents by their paths, and by the real ones where symbolic links lead to them. */
  #openPaths(): ReadonlyMap<string, OpenDocument> {
    const documents = this.#open.all();
    const real = documents.flatMap((document): [string, OpenDocument][] =>
      isFile(document.uri) ? [[realPath(pathOf(document.uri)), document]] : [],
    );
    return new Map([...real, ...documents.map((document): [string, OpenDocument] => [pathOf(document.uri), document])]);
  }
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
