import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startQuiver } from './process.ts';

/** Pods and gateways, each in a process of its own; what is started gives its URL. */
export interface Fleet {
  startPod(name: string, database: string): Promise<string>;
  startGateway(config: object): Promise<string>;
  /** All of them, and what was started is forgotten: more may be. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Ports are counted up from `firstPort`. */
export async function createFleet(firstPort: number): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'quiver-bench-'));
  const running: { close(): Promise<void> }[] = [];
  let nextPort = firstPort;

  async function start(argsAt: (port: number) => Promise<string[]>): Promise<string> {
    const port = nextPort++;
    const url = `http://127.0.0.1:${port}`;
    running.push(await startQuiver(await argsAt(port), url));
    return url;
  }
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((one) => one.close()));
  };

  return {
    startPod: (name, database) =>
      start(async (port) => ['pod', '--database', database, '--name', name, '--port', `${port}`]),
    startGateway: (config) =>
      start(async (port) => {
        const file = join(folder, `${port}.yaml`);
        await writeFile(file, JSON.stringify({ ...config, port }));
        return ['gateway', '--config', file];
      }),
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}
