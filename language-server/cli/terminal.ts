/** Where the command line writes; another one in tests. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Shows what is being done, in place of what was shown before; nothing where nobody watches. */
  readonly progress: (text: string) => void;
}

/** The terminal of a process. Progress is shown where stderr is a terminal, from one second on. */
export function processTerminal(process: NodeJS.Process): Terminal {
  const { stdout, stderr } = process;
  const start = Date.now();
  let last = start;
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write('\r\x1b[K');
    shown = false;
  };
  // Whoever reads may have read enough (`| head`).
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));
  return {
    out: (text) => {
      clear();
      stdout.write(text);
    },
    err: (text) => {
      clear();
      stderr.write(text);
    },
    progress: (text) => {
      const now = Date.now();
      if (!stderr.isTTY || now - start < 1000 || now - last < 100) return;
      last = now;
      stderr.write(`\r\x1b[K${text.slice(0, Math.max(stderr.columns - 1, 20))}`);
      shown = true;
    },
  };
}
