import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { testDatabases } from '../support/databases.ts';

const main = join(process.cwd(), 'dist/gateway/cli/main.js');

describe('the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quiver-cli-'));
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function start(args: readonly string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  }

  async function run(args: readonly string[], env: Record<string, string> = {}) {
    const child = start(args, env);
    const exited = once(child, 'exit');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await exited) as [number | null];
    return { code, stdout, stderr };
  }

  test('a busy port is one message, before any pod is started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;

    expect(await run(['up', '--port', String(port)])).toEqual({
      code: 1,
      stdout: '',
      stderr: `Port ${port} of 127.0.0.1 must be free; another program listens there. Stop it, or choose another port with --port.\n`,
    });
    other.close();
  });

  test('fewer pods than there is data of are refused', async () => {
    for (const name of ['pod-a', 'pod-b'])
      mkdirSync(join(folder, 'data', name), { recursive: true });

    const { code, stderr } = await run(['up', '--port', '0', '--data-dir', 'data', '--pods', '1']);

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        '--pods must be at least 2, the pods whose data is in data; got 1. Another --data-dir begins anew.\n',
    });
  });

  test.each([
    ['up', ['up', '--port', '0', '--database']],
    ['pod', ['pod', '--port', '0', '--name', 'pod-a', '--database']],
  ])('%s says which database does not answer, without its password', async (_name, args) => {
    const { code, stderr } = await run([...args, 'postgres://u:secret@127.0.0.1:1/v'], {
      LOG_LEVEL: 'silent',
    });

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'Pod "pod-a" did not take a connection: nothing listens at its address (ECONNREFUSED). Its database is at 127.0.0.1:1/v.\n',
    });
  });

  test('a command over a database that does not answer says why, and says it once', async () => {
    const args = ['search', '--collection', 'c', '--vector', '[1]', '--database'];
    const { code, stderr } = await run([...args, 'postgres://u:secret@127.0.0.1:1/v']);

    expect({ code, lines: stderr.split('\n') }).toEqual({
      code: 1,
      lines: [
        'pod-a: pod is not up yet (Pod "pod-a" did not take a connection: nothing listens at its address (ECONNREFUSED).)',
        'Pod "pod-a" is not up yet. (POD_UNAVAILABLE)',
        '',
      ],
    });
  });

  test('a database given twice is refused before it gets a name', async () => {
    const url = 'postgres://u@127.0.0.1:1/v';
    const args = ['up', '--port', '0', '--database', url, '--database', url];

    expect(await run(args)).toMatchObject({
      code: 1,
      stderr:
        '--database must name another one each time; got one twice. Its database is at 127.0.0.1:1/v.\n',
    });
  });

  test('what a gateway over databases offers to ask has an answer there', async () => {
    const args = ['up', '--port', '0', '--database', testDatabases()[0]!.url];
    const said = await until(start(args).stdout, /curl .* -d '.*'/);
    const url = /(\S+)\/graphiql/.exec(said)![1]!;
    const script = await (await fetch(`${url}/graphiql/start.js`)).text();
    const tab = JSON.parse(/const tab = (.*);/.exec(script)![1]!) as Record<string, string>;
    const example = { query: tab['query'], variables: JSON.parse(tab['variables']!) as unknown };

    for (const body of [/-d '(.*)'/.exec(said)![1]!, JSON.stringify(example)]) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
      expect(await response.json()).toHaveProperty('data.vectorCollections.nodes');
    }
  });

  test('a configuration that is wrong is one message', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'pods: [{ name: a }]\nprot: 4000\n');

    const { code, stderr } = await run(['gateway', '--config', 'bad.yaml']);

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: [
        'bad.yaml: The configuration must be right before anything starts:',
        '  file has the unknown key "prot"',
        '  file.pods[0] must have exactly one of url, database and embedded',
        '',
      ].join('\n'),
    });
  });

  test('a configuration that is not there is one message', async () => {
    const { code, stderr } = await run(['gateway'], { QUIVER_CONFIG: 'none.yaml' });

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'The configuration file none.yaml must be readable; name it with --config.\n',
    });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends a pod and a gateway with 0',
    async (signal) => {
      const [database] = testDatabases();
      const pod = start(['pod', '--port', '0', '--name', 'pod-a', '--database', database!.url]);
      const { url } = await lineWith<{ url: string }>(pod, 'pod serves');
      const file = join(folder, `${signal}.yaml`);
      writeFileSync(file, `port: 0\npods: [{ name: pod-a, url: "${url}" }]\n`);
      const gateway = start(['gateway', '--config', file]);
      const served = await lineWith<{ url: string }>(gateway, 'gateway serves');

      const ready = await fetch(`${served.url}/health/ready`);
      expect(await ready.json()).toEqual({ ready: true, pods: [{ name: 'pod-a', healthy: true }] });

      for (const child of [gateway, pod]) {
        const exited = once(child, 'exit');
        child.kill(signal);
        expect(await exited).toEqual([0, null]);
      }
    },
  );
});

/** What a stream says, up to where it matches. */
async function until(stream: Readable, pattern: RegExp): Promise<string> {
  let said = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (pattern.test(said)) return said;
  }
  throw new Error(`it ended without ${String(pattern)}: ${said}`);
}

/** Logs are lines of JSON on stderr. */
async function lineWith<T>(child: ChildProcess, message: string): Promise<T> {
  let pending = '';
  for await (const chunk of child.stderr!.iterator({ destroyOnReturn: false })) {
    pending += String(chunk);
    const line = pending.split('\n').find((some) => some.includes(`"msg":"${message}"`));
    if (line?.endsWith('}')) return JSON.parse(line) as T;
  }
  throw new Error(`it ended without "${message}": ${pending}`);
}
