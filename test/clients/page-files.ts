import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { packageRoot } from '../../subgraphs/package-root.ts';

/** Write every file that docs/clients.md shows, under its name, as `here` has it. */
export function writeFilesOfPage(folder: string, here: (text: string) => string): void {
  const page = readFileSync(join(packageRoot(), 'docs/clients.md'), 'utf8');
  for (const [, name, body] of page.matchAll(/`([\w./-]+)`:\n\n^```\w+\n(.*?)^```$/gms)) {
    const path = join(folder, name!);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, here(body!));
  }
}

/** The files of a folder, at a port of its own: to a gateway, the page of another site. */
export async function serveFolder(folder: string) {
  const server = createServer((request, response) => {
    const name = request.url === '/' ? 'index.html' : request.url!.slice(1);
    try {
      const file = readFileSync(join(folder, name));
      response.setHeader('content-type', types[extname(name)] ?? 'text/plain').end(file);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
