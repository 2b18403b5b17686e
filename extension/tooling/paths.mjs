import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What the commands install for themselves (ignored by git). */
export const TOOLS = join(ROOT, '.tools');

/** What is built (ignored by git). */
export const DIST = join(ROOT, 'dist');

/** The panel's scripts, and what they load beside them. */
export const PANEL = join(DIST, 'panel');
