import { ApolloServer } from '@apollo/server';
import { buildSchema } from 'graphql';
import { createLiveSchema, type Served } from '../../gateway/supergraph/live-schema.ts';

const served = (field: string): Served => ({
  schema: buildSchema(`type Query { ${field}: String }`),
  sdl: field,
  executor: async () => ({ data: { [field]: `by the schema of ${field}` } }),
  find: () => undefined,
});

test('an operation that was checked before a swap is executed on the schema that it was checked by', async () => {
  const live = createLiveSchema(served('old'));
  let swaps = 0;
  const server = new ApolloServer({
    gateway: live.gateway,
    plugins: [
      {
        requestDidStart: async () => ({
          async didResolveOperation() {
            if (swaps++ === 0) live.swap(served('new'));
          },
        }),
      },
    ],
  });
  const ask = async (query: string) => {
    const { body } = await server.executeOperation({ query });
    return body.kind === 'single' ? body.singleResult : body;
  };
  await server.start();

  expect(await ask('{ old }')).toMatchObject({ data: { old: 'by the schema of old' } });
  expect(await ask('{ new }')).toMatchObject({ data: { new: 'by the schema of new' } });
  expect(await ask('{ old }')).toMatchObject({
    errors: [{ message: expect.stringContaining('Cannot query field') }],
  });

  await server.stop();
});
