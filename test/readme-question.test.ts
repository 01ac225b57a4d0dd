import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSample } from '../gateway/sample/load-sample.ts';
import { createHashEmbedder } from '../subgraphs/embedders/hash-embedder.ts';
import { packageRoot } from '../subgraphs/package-root.ts';
import { during } from './support/store-calls.ts';

interface Shown {
  readonly score: number;
  readonly record: { readonly key: string; readonly metadata: { readonly title: string } };
}

const question = 'how are shards merged?';

/** What stands under "The first query". */
function shownMatches(): readonly Shown[] {
  const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8');
  expect(readme).toContain(`"variables": {"question": "${question}"}`);
  const [, body = ''] = /```json\n(.*?)```/s.exec(readme) ?? [];
  const answer = JSON.parse(body) as {
    readonly data: { readonly searchVectors: { readonly matches: readonly Shown[] } };
  };
  return answer.data.searchVectors.matches;
}

/** Of vectors of length 1. */
const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test('the first query of the README has the answer that stands there', async () => {
  const embedder = createHashEmbedder();
  const records = await during((call) => readSample(embedder, call));
  const near = await during((call) => embedder.embedQuery(question, call));
  const nearest = records
    .map(({ key, vector, metadata }) => ({
      score: cosine(vector, near),
      record: { key, metadata: { title: metadata['title'] } },
    }))
    .toSorted((a, b) => b.score - a.score);

  const shown = shownMatches();
  expect(shown.length).toBeGreaterThan(0);
  expect(shown).toEqual(
    shown.map((_, i) => ({
      ...nearest[i],
      score: expect.closeTo(nearest[i]!.score, 6) as number,
    })),
  );
});
