import { createRemoteStore } from '../../gateway/remote-store.ts';
import { startGated } from '../support/gated-gateway.ts';
import { during, line, silent } from '../support/store-calls.ts';

test('a write that has waited for a connection until its time was over was not written', async () => {
  const pod = await startGated({ upsert: async ({ records }) => records.length });
  const store = createRemoteStore({
    pod: 'gated',
    url: pod.url,
    connectionsMax: 1,
    logger: silent,
  });
  const write = { bucket: 'vecs', collection: 'docs', version: null, records: line(1) };
  pod.hold(0);
  const first = during((call) => store.upsert(write, call));
  await pod.held();

  await expect(during((call) => store.upsert(write, call), 200)).rejects.toMatchObject({
    extensions: { code: 'DEADLINE_EXCEEDED', outcome: 'notWritten' },
  });
  pod.open();
  expect(await first).toBe(1);
  expect(pod.upserts).toHaveLength(1);
  await store.close();
  await pod.close();
});
