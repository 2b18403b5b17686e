import { createServer } from 'node:http';
import { extname } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** A server of this machine alone. */
export interface Serving {
  /** Where it serves, with a slash at the end. */
  readonly address: string;
  readonly close: () => void;
}

/**
 * Serves files to a browser.
 * @param file what is at a path without its leading slash; rejects where nothing is
 * @param page what is at the root
 */
export function serve(file: (path: string) => Promise<Uint8Array>, page: () => string): Promise<Serving> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    if (path === '') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page());
      return;
    }
    file(path).then(
      (content) => response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream').end(content),
      () => response.writeHead(404).end(),
    );
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const own = server.address();
      if (own === null || typeof own === 'string') reject(new Error('the server has no port'));
      else resolve({ address: `http://127.0.0.1:${own.port}/`, close: () => server.close() });
    });
  });
}
