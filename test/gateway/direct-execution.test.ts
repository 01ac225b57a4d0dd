import { buildSchema, parse } from 'graphql';
import type { VectorsContext } from '../../subgraphs/context.ts';
import { createDirectExecution } from '../../gateway/supergraph/direct-execution.ts';

const schema = buildSchema('type Query { one(n: Int): Int, other: Int }');
const context = {} as VectorsContext;

function remembering(query: string, operationName?: string) {
  const direct = createDirectExecution(schema);
  direct.remember({ schema, query, document: parse(query), operationName });
  return direct;
}

describe('direct execution', () => {
  test('an operation is known by its text once it came', async () => {
    const query = 'query ($n: Int) { one(n: $n) __typename }';
    const direct = remembering(query);

    const run = direct.find(query, undefined);
    expect(await run?.({ n: 1 }, context)).toEqual({ data: { one: null, __typename: 'Query' } });
    expect(direct.find(`${query} `, undefined)).toBeUndefined();
  });

  test('of two operations in a document each is known by itself', async () => {
    const query = 'query a { one } query b { other }';
    const direct = remembering(query, 'a');

    expect(await direct.find(query, 'a')?.({}, context)).toEqual({ data: { one: null } });
    expect(direct.find(query, 'b')).toBeUndefined();
    expect(direct.find(query, undefined)).toBeUndefined();
  });

  test.each([
    ['asks for the schema', '{ one __schema { types { name } } }'],
    ['asks for a type', '{ ...t } fragment t on Query { __type(name: "Query") { name } }'],
    ['names a type of others', '{ one ... on Theirs { one } }'],
  ])('an operation that %s is not', (_, query) => {
    expect(remembering(query).find(query, undefined)).toBeUndefined();
  });

  test('variables that are wrong execute nothing', async () => {
    const query = 'query ($n: Int!) { one(n: $n) }';

    const result = await remembering(query).find(query, undefined)?.({ n: 'x' }, context);

    expect(result).toEqual({ errors: [expect.any(Error)] });
  });

  test('a text is kept once, whichever of its operations come', () => {
    const query = 'query a { one } query b { other }';
    const direct = remembering(query, 'a');
    direct.remember({ schema, query, document: parse(query), operationName: 'b' });

    expect(direct.find(query, 'a')).toBeDefined();
    expect(direct.find(query, 'b')).toBeDefined();
  });

  test('texts make room for each other, and those that are too long are not kept', () => {
    const direct = createDirectExecution(schema);
    const text = (i: number, length: number) => `{ one } #${i}`.padEnd(length, '-');
    const texts = Array.from({ length: 60 }, (_, i) => text(i, 10_000));
    const long = text(60, 10_001);
    for (const query of [...texts, long]) {
      direct.remember({ schema, query, document: parse(query), operationName: undefined });
    }

    const isKnown = (query: string) => direct.find(query, undefined) !== undefined;
    expect(texts.map(isKnown)).toEqual(texts.map((_, i) => i >= 10));
    expect(isKnown(long)).toBe(false);
  });
});
