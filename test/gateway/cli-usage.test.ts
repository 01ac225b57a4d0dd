import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { confirm } from '../../gateway/cli/confirm.ts';
import { brief, printTable, sized } from '../../gateway/cli/output.ts';
import { sourceOf, storeOptions } from '../../gateway/cli/open-store.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { createEmbedders } from '../../subgraphs/embedders/embedders.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import { onReal, testDatabases } from '../support/databases.ts';
import { runQuiver } from '../support/run-quiver.ts';
import { silent } from '../support/store-calls.ts';
import { openOne } from '../support/subjects.ts';

const folder = mkdtempSync(join(tmpdir(), 'quiver-usage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the command line', () => {
  test('says its version', async () => {
    expect(await runQuiver(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });

  test.each([['search'], ['collections'], ['collection index']])(
    '%s says in its help how it can end',
    async (command) => {
      const { code, stdout } = await runQuiver([...command.split(' '), '--help']);

      expect(code).toBe(0);
      expect(stdout).toContain('4    there is no such collection or record');
    },
  );

  test.each([
    ['no collection', ['search'], "required option '--collection <name>' not specified"],
    ['a word for a number', ['search', '--collection', 'a', '--k', 'ten'], 'must be an integer'],
    ['a metric that is none', ['search', '--collection', 'a', '--metric', 'x'], 'cosine, l2'],
    ['two places', ['collections', '--url', 'http://a', '--config', 'b'], 'cannot be used with'],
    ['no URL', ['collections', '--url', 'nowhere'], 'must be an http URL'],
    ['no database URL', ['collections', '--database', 'ann:pw@a'], 'begins with postgres://; got'],
    ['no configuration', ['collections', '--config', 'none.yaml'], 'must be readable'],
    ['an unknown command', ['find'], "unknown command 'find'"],
  ])('ends with 2 for %s', async (_name, args, words) => {
    const { code, stdout, stderr } = await runQuiver(args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('pw@');
  });

  test('says where no gateway runs', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/subgraph`;
    server.close();
    await once(server, 'close');

    const { code, stdout, stderr } = await runQuiver(['collections', '--url', url]);

    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `${url} must be the subgraph of a running gateway or pod; there is no answer (ECONNREFUSED). ` +
        'Name another, as --help says. (POD_UNAVAILABLE)\n',
    });
  });

  test('says where something else runs', async () => {
    const server = createServer((_request, response) => response.end('<html>')).listen(0);
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const { code, stderr } = await runQuiver(['collections', '--url', url, '--json']);
    server.close();

    expect({ code, ...(JSON.parse(stderr) as object) }).toEqual({
      code: 1,
      error: {
        code: 'POD_UNAVAILABLE',
        message: expect.stringContaining('it answers 200 and no GraphQL'),
      },
    });
  });

  test('works on a pod that it does not know the name of', async () => {
    const one = await openOne();
    const embedders = createEmbedders({
      embedders: [],
      collections: [],
      fallback: 'hash',
      logger: silent,
    });
    const { store } = one;
    const service = { store, limits: defaultLimits, embedders, minCoverage: 0, logger: silent };
    const place = { host: '127.0.0.1', port: 0, logger: silent };
    const pod = await startPod({ service, pod: 'some-pod', ...place });

    const { code, stdout } = await runQuiver([
      'collections',
      '--url',
      `${pod.url}/graphql/`,
      '--json',
    ]);
    await pod.close();
    await one.close();

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ coverage: { answeredCount: 1 } });
  });

  test('under npm, paths are meant from where npm was called', async () => {
    writeFileSync(join(folder, 'here.yaml'), 'pods: []');
    const env = { npm_lifecycle_event: 'quiver', INIT_CWD: folder };

    const { code, stderr } = await runQuiver(['collections', '--config', 'here.yaml'], { env });

    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('file.pods must not be empty'),
    });
  });

  onReal('answers from the pods of a file that are up, and says which are not', async () => {
    const file = join(folder, 'quiver.yaml');
    const [first] = testDatabases();
    const pods = [
      { name: 'pod-a', database: first!.url },
      { name: 'pod-b', database: 'postgres://quiver@127.0.0.1:1/none' },
    ];
    writeFileSync(file, JSON.stringify({ pods }));

    const args = ['collections', '--bucket', 'none'];
    const { code, stdout, stderr } = await runQuiver(args, { env: { QUIVER_CONFIG: file } });

    expect({ code, stdout }).toEqual({ code: 0, stdout: 'There are no collections.\n' });
    expect(stderr).toContain('Without pod-b: Pod "pod-b" is not up yet.\n');
  });
});

test('without a word about where, it is what npm start serves', () => {
  expect(sourceOf({})).toEqual({ kind: 'url', url: 'http://127.0.0.1:4000/subgraph' });
  expect(sourceOf({ database: ['postgres://a'] })).toEqual({
    kind: 'databases',
    urls: ['postgres://a'],
  });
  expect(sourceOf({ config: 'a.yaml' })).toEqual({ kind: 'config', file: 'a.yaml' });
});

test.each([
  ['http://a:4000', 'http://a:4000/subgraph'],
  ['http://a:4000/', 'http://a:4000/subgraph'],
  ['https://a/subgraph/', 'https://a/subgraph'],
  ['http://a:4101/graphql', 'http://a:4101/graphql'],
  ['http://a/b/?c=/', 'http://a/b?c=/'],
])('--url %s means %s', (given, meant) => {
  const command = storeOptions(new Command()).parse(['--url', given], { from: 'user' });

  expect(sourceOf(command.opts())).toEqual({ kind: 'url', url: meant });
});

describe('a question', () => {
  const ask = (answer: string): Promise<void> => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    input.end(answer);
    return confirm('Delete it?', {
      input,
      output: Object.assign(new PassThrough(), { isTTY: true }),
    });
  };

  test('is answered by yes', async () => {
    await expect(ask('yes\n')).resolves.toBeUndefined();
  });

  test.each(['\n', 'no\n', 'y\n', ''])('is not answered by %j', async (answer) => {
    await expect(ask(answer)).rejects.toThrow('Nothing was done.');
  });

  test('is not asked where there is no terminal', async () => {
    const nobody = { input: new PassThrough(), output: new PassThrough() };
    await expect(confirm('Delete it?', nobody)).rejects.toThrow('--yes must be given');
  });
});

test('a table says nothing that a terminal would obey', () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const names = ['evil\u001b[31m\nname', 'evil\u009b31m', 'evil\u202eeman'];
  printTable(names, [{ title: 'NAME', cell: (name) => name }]);
  const said = write.mock.calls.join('').split('\n').slice(1);
  write.mockRestore();

  expect(said).toEqual(['evil [31m name', 'evil 31m', 'evil eman', '']);
});

test('a cell of a table is one short line', () => {
  expect(brief({ a: 'b\nc' })).toBe('{"a":"b\\nc"}');
  expect(brief('a\n\u001b[31mred')).toBe('a [31mred');
  expect(brief('x'.repeat(61))).toBe(`${'x'.repeat(59)}…`);
  expect(brief(`${'x'.repeat(58)}😀😀`)).toBe(`${'x'.repeat(58)}…`);
  expect([0, 1_023, 1_536, 5 * 1_024 ** 4].map(sized)).toEqual([
    '0 B',
    '1023 B',
    '1.5 kB',
    '5.0 TB',
  ]);
});
