import type { ExtensionContext } from 'vscode';

/** Called by VS Code when the first Python file is opened. */
export function activate(_context: ExtensionContext): void {}
