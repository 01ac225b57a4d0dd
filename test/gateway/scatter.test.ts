import { errors } from '../../schema/errors.ts';
import { allOf, scatter } from '../../gateway/scatter.ts';

const pods = ['a', 'b', 'c'].map((name) => ({ name }));

test('every pod is asked, and answers stand in the order of the pods', async () => {
  const { answers, failures } = await scatter(pods, async ({ name }) => name.toUpperCase());

  expect(answers.map(({ answer }) => answer)).toEqual(['A', 'B', 'C']);
  expect(failures).toEqual([]);
});

test.each([
  ['rejects', () => Promise.reject(new Error('no'))],
  [
    'throws before there is a promise',
    () => {
      throw new Error('no');
    },
  ],
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- other people's code does
  ['rejects with what is no error', () => Promise.reject('no')],
])('a pod that %s is a failure of that pod alone', async (_, fail) => {
  const { answers, failures } = await scatter(pods, ({ name }) =>
    name === 'b' ? fail() : Promise.resolve(name),
  );

  expect(answers.map(({ answer }) => answer)).toEqual(['a', 'c']);
  expect(failures.map(({ pod, error }) => [pod, error.message])).toEqual([['b', 'no']]);
});

test('where all answers are needed, what is wrong with the request comes first', async () => {
  const gathered = await scatter(pods, async ({ name }) => {
    if (name === 'a') throw errors.podUnavailable('a', 'is down');
    if (name === 'b') throw errors.badRequest('k', 'k is wrong.');
    return name;
  });

  expect(() => allOf(gathered)).toThrow('k is wrong.');
});
