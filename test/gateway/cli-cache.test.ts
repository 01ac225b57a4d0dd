import { onBothWays, openCommandSubject } from '../support/command-subject.ts';
import type { CommandSubject } from '../support/command-subject.ts';
import { runHere } from '../support/run-here.ts';

let subject: CommandSubject;
beforeAll(async () => {
  subject = await openCommandSubject();
});
afterAll(() => subject.close());

const changesOf = async (collection: string): Promise<readonly unknown[]> => {
  const { vectorChanges } = await subject.ask<{ vectorChanges: { change: unknown }[][] }>(
    'query ($refs: JSON!) { vectorChanges(refs: $refs) }',
    { refs: [{ bucket: subject.bucket, collection }] },
  );
  return vectorChanges[0]!.map(({ change }) => change);
};

onBothWays(
  'the writes to a collection are counted no more, and again, on all pods',
  async (way) => {
    const name = `watched_${way}`;
    await subject[way](['collection', 'create', name, '--dimension', '2']);
    const ok = (stdout: string) => ({ code: 0, stdout, stderr: '' });

    expect(await subject[way](['cache', 'unwatch', name])).toEqual(
      ok(`The writes to ${name} are not counted any more.\n`),
    );
    expect(await changesOf(name)).toEqual([null, null, null]);

    expect(await subject[way](['cache', 'watch', name])).toEqual(
      ok(`The writes to ${name} are counted.\n`),
    );
    expect(await changesOf(name)).not.toContain(null);
    const json = await subject[way](['cache', 'watch', name, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ watched: true });
  },
);

onBothWays('what is not there cannot be watched', async (way) => {
  expect(await subject[way](['cache', 'watch', 'nothing'])).toEqual({
    code: 4,
    stdout: '',
    stderr: `There is no collection "nothing" in bucket "${subject.bucket}". (COLLECTION_NOT_FOUND)\n`,
  });
});

test('the help says what it costs', async () => {
  const { stdout } = await runHere(['cache', 'watch', '--help']);

  expect(stdout).toContain('0.02 ms');
  expect(stdout).toContain("the table's owner");
});
