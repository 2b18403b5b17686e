const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

const WORDS = /[_\p{XID_Start}][_\p{XID_Continue}]*/gu;

/** The distinct identifiers in a piece of text that could not be parsed. */
export function namesIn(text: string): string[] {
  const found = new Set<string>();
  for (const [word] of text.matchAll(WORDS)) if (!KEYWORDS.has(word)) found.add(word.normalize('NFKC'));
  return [...found];
}
