import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '../../schema/errors.ts';
import { startLiveGateway, until, type LiveGateway } from '../support/live-gateway.ts';
import { startOtherTeam, type OtherTeam } from '../support/other-team.ts';
import { createStubService } from '../support/stub-service.ts';

const inFlight = 220;
const swapCount = 3;
/**
 * Long enough that most requests begin before a swap and end after it, and that so many at a time
 * leave the machine something to do the rest with: clients, gateway and team are one process here.
 */
const storeMs = 2_500;

const doc = (fields: string) =>
  `type Doc @collection(name: "docs", dimension: 2, metric: L2) { id: ID! title: String ${fields} }`;
const record = `type VectorRecord @key(fields: "bucket collection key") {
  bucket: String! collection: String! key: ID! label: String
}`;
const resolvers = (more: object = {}) => ({
  Query: { motto: () => 'to the point', ...more },
  VectorRecord: { __resolveReference: ({ key }: { key: string }) => ({ key, label: `is ${key}` }) },
});

/** A machine that does much else is slow, which is no failure. */
const patient = { 'x-timeout-ms': '30000' };

let team: OtherTeam;
let gateway: LiveGateway;
let load: Load | undefined;
let release = (): void => {};
let gate = Promise.resolve();

beforeEach(async () => {
  team = await startOtherTeam(`type Query { motto: String } ${record}`, resolvers());
  gateway = await startLiveGateway({
    subgraphs: [{ name: 'team', url: team.url }],
    files: { 'doc.graphql': doc('') },
    store: {
      async search(query, call) {
        await sleep(storeMs);
        return createStubService().store.search(query, call);
      },
      async fetch({ keys }) {
        await Promise.all([gate, sleep(storeMs)]);
        return keys.map((key) =>
          key === 'lost'
            ? errors.podUnavailable('a', 'is down')
            : { key, metadata: { title: 'T', year: 7 } },
        );
      },
    },
  });
});
afterEach(async () => {
  release();
  await load?.stop();
  load = undefined;
  await gateway.close();
  await team.down();
});

const questions = [
  '{ motto searchVectors(collection: "docs", near: {vector: [1, 0]}) { matches { record { key label } } } }',
  '{ a: doc(id: "a") { id title } motto }',
  'query Named($id: ID!) { doc(id: $id) { id } __schema { queryType { name } } }',
];

interface Load {
  /** How many were answered. */
  readonly count: () => number;
  /** Gives what was wrong with the answers. */
  stop(): Promise<readonly unknown[]>;
}

/** Ask without a pause, `inFlight` at once. A client that gets an error has seen enough. */
function keepAsking(): Load {
  const failures: unknown[] = [];
  let count = 0;
  const end = new AbortController();
  const client = async (i: number): Promise<void> => {
    const query = questions[i % questions.length]!;
    const path = query.includes('motto') ? '/graphql' : '/subgraph';
    while (!end.signal.aborted) {
      const { errors: found } = await gateway.ask(query, {
        path,
        variables: { id: 'a' },
        headers: patient,
      });
      if (found) throw new Error(JSON.stringify(found));
      count += 1;
    }
  };
  const clients = Array.from({ length: inFlight }, (_, i) =>
    client(i).catch((error: unknown) => failures.push(error)),
  );
  return {
    count: () => count,
    async stop() {
      end.abort();
      await Promise.all(clients);
      return failures;
    },
  };
}

test(`no request fails while the schema is swapped under ${inFlight} at a time`, async () => {
  load = keepAsking();
  for (let i = 0; i < swapCount; i++) {
    const before = load.count();
    await gateway.write('doc.graphql', doc(`year: Int note${i}: String`));
    const query = `{ doc(id: "a") { year note${i} } }`;
    expect(await gateway.askUntil(query, { headers: patient })).toEqual({
      data: { doc: { year: 7, [`note${i}`]: null } },
    });
    team.serve(`type Query { motto: String word${i}: String } ${record}`, resolvers());
    expect(await gateway.askUntil(`{ word${i} }`)).toEqual({ data: { [`word${i}`]: null } });
    expect(load.count()).toBeGreaterThan(before);
  }

  expect(await load.stop()).toEqual([]);
}, 120_000);

test('a request in flight ends on the schema that it began with', async () => {
  await gateway.write('doc.graphql', doc('year: Int'));
  await gateway.askUntil('{ doc(id: "a") { year } }');
  gate = new Promise((resolve) => (release = resolve));
  const swaps = (): number =>
    gateway.lines.filter(({ message }) => message === 'a new schema is served').length;
  const before = swaps();

  const asked = ['/graphql', '/subgraph'] as const;
  const answers = asked.map((path) => gateway.ask('{ doc(id: "a") { year } }', { path }));
  await gateway.write('doc.graphql', doc(''));
  await until(
    async () => swaps(),
    (count) => count > before,
  );
  release();

  const seen = { data: { doc: { year: 7 } } };
  expect(await Promise.all(answers)).toEqual([seen, seen]);
  expect(await gateway.ask('{ doc(id: "a") { year } }')).toMatchObject({
    errors: [{ message: expect.stringContaining('Cannot query field "year"') }],
  });
});
