/** What the page needs from where it is shown. */
export interface PageParts {
  /** Addresses of the bundled script and style. */
  readonly script: string;
  readonly style: string;
  /** Where the page's own files come from, as a content security policy names it. */
  readonly source: string;
  /** Fresh for each page; only scripts that carry it run, with those that they import. */
  readonly nonce: string;
  /** Scripts that run first; tests only. */
  readonly before?: string;
}

/** The panel's page. Nothing but its own scripts, style and WebAssembly may be loaded. */
export function panelPage({ script, style, source, nonce, before }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'wasm-unsafe-eval'`,
    `style-src ${source}`,
    // The WebAssembly is fetched.
    `connect-src ${source}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jacobian Lens</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<main id="panel"></main>
${before === undefined ? '' : `<script nonce="${nonce}">${before}</script>\n`}<script type="module" nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}
