import { readFileSync } from 'node:fs';

/** The names that the package's README may have; packed extensions have it in small letters. */
const NAMES = ['README.md', 'readme.md'];

/**
 * Where each rule's page is: the address of the README's heading with its name, as editors open it (`#L12`).
 * @param root the folder of the package, as a URL that ends with a slash
 * @returns null for a rule without a heading, or where there is no README
 */
export function rulePages(root: URL): (rule: string) => string | null {
  for (const name of NAMES) {
    const address = new URL(name, root);
    const lines = linesOf(address);
    if (lines === null) continue;
    return (rule) => {
      const line = lines.findIndex((text) => headingOf(text) === rule);
      return line < 0 ? null : `${address.href}#L${line + 1}`;
    };
  }
  return () => null;
}

function linesOf(file: URL): readonly string[] | null {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch {
    return null;
  }
}

/** What a Markdown heading says: `### \`wrong-mode\`` as `wrong-mode`. */
function headingOf(line: string): string | null {
  return /^#+\s+`?([\w-]+)`?\s*$/.exec(line)?.[1] ?? null;
}
