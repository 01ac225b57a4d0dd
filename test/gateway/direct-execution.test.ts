import { buildSchema, parse } from 'graphql';
import { createDirectExecution } from '../../gateway/supergraph/direct-execution.ts';
import type { Executor } from '../../gateway/supergraph/live-schema.ts';

const schema = buildSchema('type Query { one(n: Int): Int, hidden: Int }');
type PlanNode = { readonly kind: string; readonly serviceName?: string };

const fetchOfOurs: PlanNode = { kind: 'Fetch', serviceName: 'vectors' };

/** Executes an operation twice, as Apollo Server would, and says who answered. */
async function executeTwice(text: string, root: PlanNode | undefined) {
  const direct = createDirectExecution({ schema, name: 'vectors' });
  const document = parse(text);
  let planned = 0;
  const executor = direct.around(async () => {
    planned += 1;
    direct.planned(document, undefined, root);
    return { data: { by: 'gateway' } };
  });
  const request = { document, context: {}, request: { variables: { n: 'x' } } };
  const ask = () => executor(request as unknown as Parameters<Executor>[0]);
  const answers = [await ask(), await ask()];
  return { answers, planned };
}

describe('direct execution', () => {
  test('an operation that is one fetch of ours is planned once, then executed on our schema', async () => {
    const { answers, planned } = await executeTwice('{ one __typename }', fetchOfOurs);

    expect(planned).toBe(1);
    expect(answers).toEqual([
      { data: { by: 'gateway' } },
      { data: { one: null, __typename: 'Query' } },
    ]);
  });

  test.each([
    ['that another subgraph answers', '{ one }', { kind: 'Fetch', serviceName: 'blog' }],
    ['of several fetches', '{ one }', { kind: 'Parallel' }],
    ['that asks nobody', '{ __typename }', undefined],
    ['that asks for the schema', '{ one __schema { types { name } } }', fetchOfOurs],
    [
      'that asks for a type in a fragment',
      '{ one ...t } fragment t on Query { __type(name: "Query") { name } }',
      fetchOfOurs,
    ],
    ['whose variables are wrong', 'query ($n: Int!) { one(n: $n) }', fetchOfOurs],
  ])('an operation %s stays with the gateway', async (_, text, root) => {
    const { answers, planned } = await executeTwice(text, root);

    expect(planned).toBe(2);
    expect(answers).toEqual([{ data: { by: 'gateway' } }, { data: { by: 'gateway' } }]);
  });

  test('of two operations in a document each is planned for itself', async () => {
    const text = 'query a { one } query b { hidden }';
    const direct = createDirectExecution({ schema, name: 'vectors' });
    const document = parse(text);
    direct.planned(document, 'a', fetchOfOurs);
    const executor = direct.around(async () => ({ data: { by: 'gateway' } }));
    const ask = (operationName: string) =>
      executor({
        document,
        context: {},
        request: { operationName },
      } as unknown as Parameters<Executor>[0]);

    expect(await ask('a')).toEqual({ data: { one: null } });
    expect(await ask('b')).toEqual({ data: { by: 'gateway' } });
  });
});
