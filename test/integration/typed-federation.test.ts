import type { NewRecord } from '../../subgraphs/store.ts';
import { startLiveGateway, type LiveGateway } from '../support/live-gateway.ts';
import { startOtherTeam, type OtherTeam } from '../support/other-team.ts';
import { articlesSdl } from '../support/typed-sdl.ts';
import { openTyped, type TypedSubject } from '../support/typed-subject.ts';

let subject: TypedSubject;
let team: OtherTeam;
let gateway: LiveGateway;

const records: readonly NewRecord[] = Array.from({ length: 300 }, (_, n) => ({
  key: String(n),
  vector: Float32Array.of(n, 0),
  metadata: n === 13 ? { year: n } : { title: `Title ${n}`, year: n, other: `Other ${n}` },
}));

/** Another team's articles are about our records, which they know by their names alone. */
const articles = `
type Query { latest: Article archive: [Article!] lost: Article }
type Article { name: String! about: Doc source: VectorRecord }
type Doc @key(fields: "id", resolvable: false) { id: ID! }
type VectorRecord @key(fields: "bucket collection key", resolvable: false) {
  bucket: String! collection: String! key: ID!
}`;

const article = (n: number) => ({
  name: `About ${n}`,
  about: { id: String(n) },
  source: { bucket: subject.bucket, collection: 'docs', key: String(n) },
});

beforeAll(async () => {
  subject = await openTyped(articlesSdl);
  await subject.upsert('docs', records);
  team = await startOtherTeam(articles, {
    Query: {
      latest: () => article(7),
      lost: () => article(300),
      archive: () => records.map((_, n) => article(n)),
    },
  });
  gateway = await startLiveGateway({
    service: subject.service,
    files: { 'docs.graphql': articlesSdl(subject.bucket) },
    subgraphs: [{ name: 'articles', url: team.url }],
  });
});
afterAll(async () => {
  await gateway.close();
  await team.down();
  await subject.close();
});

describe("another team's references", () => {
  const query = `{
    latest { name about { title } source { vector } }
    archive { name about { title year } source { metadata(keys: ["other"]) } }
  }`;

  test('from all root fields of a request are one statement a pod', async () => {
    await gateway.ask(query);
    subject.statements();

    await gateway.ask(query);
    expect(subject.statements()).toEqual({ 'pod-a': 1, 'pod-b': 1, 'pod-c': 1 });
  });

  test('are answered record by record: what is wrong with one costs that one', async () => {
    const { data, errors } = await gateway.ask(
      query.replace('latest', 'lost { about { id title } } latest'),
    );

    expect(data).toEqual({
      lost: { about: null },
      latest: { name: 'About 7', about: { title: 'Title 7' }, source: { vector: [7, 0] } },
      archive: records.map(({ metadata: { other } }, n) => ({
        name: `About ${n}`,
        about: n === 13 ? null : { title: `Title ${n}`, year: n },
        source: { metadata: other === undefined ? {} : { other } },
      })),
    });
    expect(errors).toEqual([
      expect.objectContaining({
        path: ['archive', 13, 'about', 'title'],
        extensions: expect.objectContaining({ code: 'VALUE_MISMATCH', key: '13' }),
      }),
    ]);
  });
});
