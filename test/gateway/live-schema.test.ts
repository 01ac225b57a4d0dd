import { rename, symlink, unlink, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGateway } from '../../gateway/server.ts';
import { startLiveGateway, type LiveGateway } from '../support/live-gateway.ts';
import { startOtherTeam, type OtherTeam } from '../support/other-team.ts';
import { createStubService } from '../support/stub-service.ts';

const doc = (fields: string) =>
  `type Doc @collection(name: "docs", dimension: 2, metric: L2) { id: ID! ${fields} }`;

let team: OtherTeam;
let gateway: LiveGateway | undefined;

beforeEach(async () => {
  team = await startOtherTeam('type Query { motto: String }', {
    Query: { motto: () => 'to the point' },
  });
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  await team.down().catch(() => {});
});

const start = async (options: Partial<Parameters<typeof startLiveGateway>[0]> = {}) =>
  (gateway = await startLiveGateway({
    subgraphs: [{ name: 'team', url: team.url }],
    store: {
      fetch: async ({ keys }) => keys.map((key) => ({ key, metadata: { title: 'T', year: 7 } })),
    },
    ...options,
  }));

const times = ({ lines }: LiveGateway, message: string): number =>
  lines.filter((line) => line.message.includes(message)).length;

describe('a file of typed collections', () => {
  test('that changes is served without a new start, also to other routers', async () => {
    const { write, askUntil } = await start({ files: { 'doc.graphql': doc('title: String') } });
    await write('doc.graphql', doc('title: String year: Int'));

    const seen = { data: { doc: { id: 'a', year: 7 } } };
    expect(await askUntil('{ doc(id: "a") { id year } }')).toEqual(seen);
    expect(await askUntil('{ doc(id: "a") { id year } }', { path: '/subgraph' })).toEqual(seen);
    expect(await askUntil('{ _service { sdl } }', { path: '/subgraph' })).toMatchObject({
      data: { _service: { sdl: expect.stringMatching(/type Doc[^}]*year: Int/) } },
    });
  });

  test('may be put in the place of the old one, as editors do it, and come late', async () => {
    const { write, folder, askUntil } = await start();
    await write('.doc.graphql.swp', doc('title: String'));
    await rename(join(folder, '.doc.graphql.swp'), join(folder, 'doc.graphql'));

    expect(await askUntil('{ doc(id: "a") { title } }')).toEqual({ data: { doc: { title: 'T' } } });
  });

  test('may be a link to a folder that is swapped, as Kubernetes does it', async () => {
    const { folder, askUntil } = await start({ subgraphPollMs: 200 });
    for (const [version, fields] of Object.entries({
      '..1': 'title: String',
      '..2': 'year: Int',
    })) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'doc.graphql'), doc(fields));
    }
    await symlink('..1', join(folder, '..data'));
    await symlink('..data/doc.graphql', join(folder, 'doc.graphql'));
    await askUntil('{ doc(id: "a") { title } }');

    await symlink('..2', join(folder, '..new'));
    await rename(join(folder, '..new'), join(folder, '..data'));

    expect(await askUntil('{ doc(id: "a") { year } }')).toEqual({ data: { doc: { year: 7 } } });
  });

  test('that is gone takes its fields with it', async () => {
    const { folder, ask, logged } = await start({ files: { 'doc.graphql': doc('title: String') } });
    // An operation that came before takes a way of its own.
    for (let i = 0; i < 3; i++) {
      expect(await ask('{ doc(id: "a") { title } }')).toEqual({ data: { doc: { title: 'T' } } });
    }
    await unlink(join(folder, 'doc.graphql'));
    await logged('a new schema is served');

    expect(await ask('{ doc(id: "a") { title } }')).toMatchObject({
      errors: [{ message: expect.stringContaining('Cannot query field "doc"') }],
    });
  });

  test('with mistakes is logged once with their places, and the old one serves', async () => {
    const { write, ask, askUntil, logged } = await start({
      files: { 'doc.graphql': doc('title: String') },
    });
    await write('doc.graphql', `\n${doc('title: Strin')}`);

    const { details } = await logged('typed collections stay as they were');
    expect(String((details as { err: unknown }).err)).toMatch(/doc\.graphql:2:\d+ .*Strin/);
    expect(await ask('{ doc(id: "a") { title } }')).toEqual({ data: { doc: { title: 'T' } } });

    await write('doc.graphql', doc('year: Int'));
    await askUntil('{ doc(id: "a") { year } }');
    expect(times(gateway!, 'typed collections stay as they were')).toBe(1);
  });

  test('that is none is named, and the old ones serve', async () => {
    const { folder, ask, logged } = await start({ files: { 'doc.graphql': doc('title: String') } });
    await mkdir(join(folder, 'more.graphql'));

    const { details } = await logged('typed collections stay as they were');
    expect(String((details as { err: unknown }).err)).toMatch(
      /^Error: Typed collections must be files that can be read; got \S+more\.graphql: EISDIR/,
    );
    expect(await ask('{ doc(id: "a") { title } }')).toEqual({ data: { doc: { title: 'T' } } });
  });

  test('with mistakes refuses the start, and so does a folder that is named and not there', async () => {
    const files = { 'a.graphql': doc('title: Strin'), 'b.graphql': 'type Doc {' };
    await expect(start({ files })).rejects.toThrow(/a\.graphql:1:[^]*b\.graphql:1:/);

    const collectionsFolder = { path: '/nowhere/types', mustExist: true };
    const options = { subgraphs: [], host: '127.0.0.1', port: 0, collectionsFolder };
    const service = createStubService();
    const example = { query: '', variables: {} };
    await expect(
      startGateway({ ...options, service, example, logger: service.logger }),
    ).rejects.toThrow('The folder of typed collections must exist; there is no /nowhere/types');
  });
});

describe("another team's subgraph", () => {
  test('that changes is served without a new start', async () => {
    const { askUntil } = await start();
    team.serve('type Query { motto: String slogan: String }', {
      Query: { slogan: () => 'onwards' },
    });

    expect(await askUntil('{ slogan }')).toEqual({ data: { slogan: 'onwards' } });
  });

  test('that is down at the start comes in when it is up, and is logged once', async () => {
    await team.down();
    const { ask, askUntil, logged } = await start();
    expect(await ask('{ vectorPods { name } }')).toEqual({ data: { vectorPods: [{ name: 'a' }] } });
    await logged('a subgraph gives no schema; its fields are missing until then');

    await team.up();

    expect(await askUntil('{ motto }')).toEqual({ data: { motto: 'to the point' } });
    expect(times(gateway!, 'a subgraph gives no schema')).toBe(1);
  });

  test('that keeps silent at the start does not hold up the others for long', async () => {
    team.keepSilent();
    const { ask, askUntil } = await start();
    expect(await ask('{ vectorPods { name } }')).toEqual({ data: { vectorPods: [{ name: 'a' }] } });

    team.answer();

    await askUntil('{ motto }');
  });

  test('that goes down keeps its schema', async () => {
    const { ask, askUntil, logged } = await start();
    await team.down();
    await logged('a subgraph gives no schema; it keeps the old one');

    expect(await ask('{ motto vectorPods { name } }')).toMatchObject({
      data: { motto: null, vectorPods: [{ name: 'a' }] },
      errors: [{ path: ['motto'] }],
    });
    await team.up();
    await askUntil('{ motto }');
    expect(times(gateway!, 'a new schema')).toBe(0);
  });

  test('that composes, and asks for what we cannot do, does not hold up other changes', async () => {
    const { write, askUntil, logged } = await start();
    team.serve('type Query { motto: String @federation__authenticated }');
    const { details } = await logged('does not compose');
    expect(details).toMatchObject({ subgraphs: ['team'] });
    expect(String((details as { err: unknown }).err)).toContain('authenticated');

    await write('doc.graphql', doc('title: String'));

    expect(await askUntil('{ doc(id: "a") { title } }')).toEqual({ data: { doc: { title: 'T' } } });
  });

  test('whose schema is too long keeps the old one', async () => {
    const { ask, logged } = await start();
    team.serve(`type Query { "${'x'.repeat(1_000_000)}" motto: String }`);

    const { details } = await logged('a subgraph gives no schema; it keeps the old one');
    expect(String((details as { err: unknown }).err)).toMatch(
      /its SDL may have at most 1000000 characters; it has 100\d{4}\./,
    );
    expect(await ask('{ __type(name: "Query") { name } }')).toEqual({
      data: { __type: { name: 'Query' } },
    });
  });

  test('that no longer composes is logged once, and does not hold up other changes', async () => {
    const { write, askUntil, logged } = await start();
    team.serve('type Query { motto: String vectorPods: Int }', {
      Query: { motto: () => 'to the point' },
    });
    const { details } = await logged('does not compose');
    expect(details).toMatchObject({ subgraphs: ['team'] });
    expect(String((details as { err: unknown }).err)).toContain('vectorPods');

    await write('doc.graphql', doc('title: String'));

    expect(await askUntil('{ motto doc(id: "a") { title } }')).toEqual({
      data: { motto: 'to the point', doc: { title: 'T' } },
    });
    const refusals = gateway!.lines.filter(({ message }) => message.includes('does not compose'));
    expect(refusals.map((line) => line.details)).toMatchObject(
      refusals.map(() => ({ subgraphs: ['team'] })),
    );
    expect(refusals.length).toBeLessThanOrEqual(2);
  });
});
