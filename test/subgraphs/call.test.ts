import { remainingMs, startCall } from '../../subgraphs/call.ts';

test('a part has no more time than what it is a part of', () => {
  const parent = startCall({ timeoutMs: 1_000, requestId: 'test' });
  const part = startCall({ timeoutMs: 60_000, requestId: 'test', parent });

  expect(remainingMs(part)).toBeLessThanOrEqual(1_000);
  parent.abort();
  expect({ aborted: part.aborted, timeoutMs: part.timeoutMs }).toEqual({
    aborted: true,
    timeoutMs: 60_000,
  });
});
