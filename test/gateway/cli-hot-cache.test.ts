import { onRedis } from '../support/databases.ts';
import { openHotGateway, type HotGateway } from '../support/hot-gateway.ts';
import { runHere } from '../support/run-here.ts';
import { openGatewayServer } from '../support/subjects.ts';

let gateway: HotGateway;
beforeAll(async () => {
  gateway = await openHotGateway();
  await gateway.addCollection('films');
  await gateway.addCollection('actors');
});
afterAll(() => gateway.close());

const cache = (...args: readonly string[]) => runHere(['cache', ...args, '--url', gateway.url]);
const ok = (stdout: string) => ({ code: 0, stdout, stderr: '' });

describe('quiver cache stats', () => {
  test('says how a running gateway has done', async () => {
    await gateway.warm('films');
    const { hits, misses, admitted } = await gateway.stats();

    const { code, stdout } = await cache('stats');

    const ratio = ((100 * hits) / (hits + misses)).toFixed(1);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        [
          `^hit ratio  ${ratio} %`,
          `hits       ${hits}`,
          `misses     ${misses}`,
          'coalesced  0, with others that asked the same',
          'bypassed   0, not part of the ratio',
          `kept       ${admitted} answers?, 0 refused`,
          String.raw`memory     [\d.]+ k?B of 64\.0 MB, 1 entry`,
          'Redis      .*\n$',
        ].join('\n'),
      ),
    );
  });

  onRedis('says how Redis does', async () => {
    await gateway.warm('films');

    expect((await cache('stats')).stdout).toMatch(/^Redis      answers; \d+ requests, 0 failed$/m);
  });

  test('gives programs what GraphQL gives', async () => {
    const { stdout } = await cache('stats', '--json');

    expect(JSON.parse(stdout)).toMatchObject({ entries: expect.any(Number), bytesMax: 67_108_864 });
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(Object.keys(await gateway.stats()));
  });
});

describe('quiver cache clear', () => {
  test('names the collection of which nothing is served any more', async () => {
    await gateway.warm('films');
    await gateway.warm('actors');

    expect(await cache('clear', 'films', '--bucket', gateway.bucket)).toEqual(
      ok(`Nothing that was kept of ${gateway.bucket}.films is served any more.\n`),
    );

    expect(await gateway.search('films')).toBe('MISS');
    expect(await gateway.search('actors')).toBe('HIT');
  });

  test('takes every collection of a bucket with --all', async () => {
    await gateway.warm('films');
    await gateway.warm('actors');
    const { bucket } = gateway;

    const { stdout } = await cache('clear', '--all', '--bucket', bucket, '--json');

    expect(JSON.parse(stdout)).toEqual({
      cleared: [
        { bucket, collection: 'actors' },
        { bucket, collection: 'films' },
      ],
    });
    expect(await gateway.search('films')).toBe('MISS');
    expect(await gateway.search('actors')).toBe('MISS');
    expect(await cache('clear', '--all', '--bucket', 'no_such_bucket')).toEqual(
      ok('There are no collections.\n'),
    );
  });

  test.each([[['clear']], [['clear', 'films', '--all']]])(
    '%j is a wrong command line',
    async (args) => {
      expect(await cache(...args)).toEqual({
        code: 2,
        stdout: '',
        stderr: 'A name or --all must be given, and not both. (BAD_USER_INPUT)\n',
      });
    },
  );

  test('says that there is no such collection', async () => {
    expect(await cache('clear', 'nothing', '--bucket', gateway.bucket)).toEqual({
      code: 4,
      stdout: '',
      stderr: `There is no collection "nothing" in bucket "${gateway.bucket}". (COLLECTION_NOT_FOUND)\n`,
    });
  });
});

test('a gateway without a hot cache has neither', async () => {
  const bare = await openGatewayServer();
  const { url } = bare;
  const refusal = {
    code: 1,
    stdout: '',
    stderr: `${url}/subgraph must be a gateway with a hot cache; it has none.\n`,
  };

  expect(await runHere(['cache', 'stats', '--url', url])).toEqual(refusal);
  const everything = ['--all', '--bucket', gateway.bucket];
  expect(await runHere(['cache', 'clear', ...everything, '--url', url])).toEqual(refusal);
  await bare.close();
});
