import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { startGateway } from '../../gateway/server.ts';
import type { Running } from '../../subgraphs/http.ts';
import { startOtherTeam, type OtherTeam } from '../support/other-team.ts';
import { runHere } from '../support/run-here.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'quiver-schema-'));
const config = join(folder, 'quiver.yaml');
const collections = join(folder, 'schema/collections');
/** Of the gateway that serves, which would follow a change. */
const served = join(folder, 'served');
const doc = `type Doc @collection(name: "docs", dimension: 2, metric: L2) {
  id: ID!
  title: String
  year: Int
}`;

let team: OtherTeam;
let gateway: Running;

beforeAll(async () => {
  team = await startOtherTeam('type Query { motto(loud: Boolean): String } enum Mood { GOOD BAD }');
  writeConfig(team.url);
  mkdirSync(collections, { recursive: true });
  writeTyped(doc);
  cpSync(collections, served, { recursive: true });
  gateway = await startGateway({
    service: createStubService(),
    subgraphs: [{ name: 'mottos', url: team.url }],
    collectionsFolder: { path: served, mustExist: true },
    host: '127.0.0.1',
    port: 0,
    example: { query: '', variables: {} },
    logger: createMemoryLogger(),
  });
});
afterEach(() => {
  writeConfig(team.url);
  writeTyped(doc);
});
afterAll(async () => {
  await gateway.close();
  await team.down();
  rmSync(folder, { recursive: true, force: true });
});

/** Nobody answers at its database. */
function writeConfig(teamUrl: string): void {
  const pods = [{ name: 'pod-a', database: 'postgres://nobody@127.0.0.1:1/none' }];
  const subgraphs = [{ name: 'mottos', url: teamUrl }];
  writeFileSync(config, JSON.stringify({ port: 4_321, pods, subgraphs }));
}

const writeTyped = (text: string): void => writeFileSync(join(collections, 'doc.graphql'), text);
const schema = (...args: string[]) => runHere(['schema', ...args]);

describe('quiver schema print', () => {
  test('gives the API of a configuration, without its databases', async () => {
    const { code, stdout, stderr } = await schema('print', '--config', config);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const fields = Object.keys(buildSchema(stdout).getQueryType()!.getFields());
    expect(fields).toEqual(expect.arrayContaining(['searchVectors', 'searchDocs', 'motto']));
    expect(stdout).not.toMatch(/@key|@join|searchVectorShards|_service/);
  });

  test('gives our subgraph as routers get it, other teams or not', async () => {
    writeConfig('http://127.0.0.1:1');

    const { code, stdout } = await schema('print', '--subgraph', '--config', config);

    expect(code).toBe(0);
    expect(stdout).toContain('federation/v2.9');
    expect(stdout).toMatch(/type Doc\n\s*@key\(fields: "id"\)/);
    expect(stdout).not.toContain('motto');
  });

  test('gives the supergraph with the place of our subgraph', async () => {
    const { code, stdout } = await schema('print', '--supergraph', '--config', config);

    expect(code).toBe(0);
    expect(stdout).toContain(
      'VECTORS @join__graph(name: "vectors", url: "http://127.0.0.1:4321/subgraph")',
    );
    expect(stdout).toContain(`MOTTOS @join__graph(name: "mottos", url: "${team.url}")`);
  });

  test.each(['--api', '--subgraph'])('%s is the same of a gateway that serves', async (kind) => {
    const configured = await schema('print', kind, '--config', config);
    const running = await schema('print', kind, '--url', gateway.url);

    expect(running).toEqual(configured);
  });

  test('cannot give the supergraph of a gateway that serves', async () => {
    const { code, stderr } = await schema('print', '--supergraph', '--url', gateway.url);

    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        '--supergraph needs --config: no gateway gives its supergraph away. (BAD_USER_INPUT)\n',
    });
  });

  test('gives one of them', async () => {
    const { stderr } = await schema('print', '--api', '--subgraph', '--config', config);

    expect(stderr).toContain("'--api' cannot be used with option '--subgraph'");
  });

  test('says which of the other teams does not answer', async () => {
    writeConfig('http://127.0.0.1:1/graphql');

    const { code, stdout, stderr } = await schema('print', '--config', config);

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Subgraph "mottos" must answer at http:\/\/127\.0\.0\.1:1\/graphql/);
  });

  test('says where in the files of typed collections a mistake is', async () => {
    writeTyped(doc.replace('Int', 'Integer'));

    const { code, stdout, stderr } = await schema('print', '--config', config);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/doc\.graphql:4:\d+ .*Integer/);
  });
});

describe('quiver schema check', () => {
  const check = (against: string, ...more: string[]) =>
    schema('check', '--against', against, '--config', config, ...more);
  const changed = doc.replace('title: String', 'name: String').replace('Int', 'Float');

  test('finds nothing in what is served already', async () => {
    expect(await check(gateway.url)).toEqual({
      code: 0,
      stdout: 'Nothing breaks, and nothing is dangerous.\n',
      stderr: '',
    });
  });

  test('names what would break the clients of a gateway that serves', async () => {
    writeTyped(changed);

    const { code, stdout } = await check(gateway.url);

    expect(code).toBe(1);
    expect(stdout).toMatch(/^breaking +FIELD_REMOVED +Doc\.title was removed\.$/m);
    expect(stdout).toMatch(
      /^breaking +FIELD_CHANGED_KIND +Doc\.year changed type from Int to Float\.$/m,
    );
    expect(stdout).toMatch(
      /^dangerous +VALUE_ADDED_TO_ENUM +name was added to .*DocOrderField\.$/m,
    );
    expect(stdout).toMatch(/\n\d+ breaking changes, \d+ dangerous ones?\n$/);
  });

  test('lets pass what is dangerous alone, or new', async () => {
    writeTyped(doc.replace('year: Int', 'year: Int pages: Int'));

    const { code, stdout } = await check(gateway.url, '--json');

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      breaking: [],
      dangerous: expect.arrayContaining([
        {
          type: 'OPTIONAL_INPUT_FIELD_ADDED',
          description: expect.stringContaining('pages on input type DocInput'),
        },
      ]),
    });
  });

  test('compares with what was printed before', async () => {
    const saved = join(folder, 'saved.graphql');
    writeFileSync(saved, (await schema('print', '--config', config)).stdout);

    const same = await check(saved);
    writeTyped(changed);
    const other = await check(saved);

    expect([same.code, other.code]).toEqual([0, 1]);
  });

  test.each(['--subgraph', '--supergraph'])('does not compare with a %s', async (kind) => {
    const saved = join(folder, 'saved.graphql');
    writeFileSync(saved, (await schema('print', kind, '--config', config)).stdout);

    const { code, stdout, stderr } = await check(saved);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`${saved} must be as \`quiver schema print --api\` prints it`);
  });

  test('needs something to compare with', async () => {
    const { code, stderr } = await check(join(folder, 'none.graphql'));

    expect(code).toBe(2);
    expect(stderr).toContain('--against must be a URL or a file that can be read; got');
  });

  test('says when nobody answers', async () => {
    const { code, stderr } = await check('http://127.0.0.1:1');

    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:1/graphql must be');
  });
});
