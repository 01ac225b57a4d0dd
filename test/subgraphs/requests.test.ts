import { createRequestCutter } from '../../subgraphs/embedded/requests.ts';

const message = (type: string, body: string): Buffer => {
  const bytes = Buffer.alloc(type.length + 4 + Buffer.byteLength(body));
  bytes.write(type);
  bytes.writeUInt32BE(4 + Buffer.byteLength(body), type.length);
  bytes.write(body, type.length + 4);
  return bytes;
};

const startup = message('', '\0\x03\0\0user\0postgres\0\0');
const query = message('Q', 'select 1\0');
const batch = Buffer.concat([
  message('P', '\0select $1\0\0\0'),
  message('B', 'x'.repeat(1_000)),
  message('S', ''),
]);
const encryption = Buffer.from('0000000804d2162f', 'hex');
const conversation = Buffer.concat([encryption, startup, query, batch, query, message('X', '')]);
const requests = [
  { kind: 'encryption' },
  { kind: 'startup', bytes: startup },
  { kind: 'batch', bytes: query },
  { kind: 'batch', bytes: batch },
  { kind: 'batch', bytes: query },
  { kind: 'end' },
];

describe('the requests of a PostgreSQL client', () => {
  test.each([1, 2, 3, 7, 64, conversation.length])(
    'are cut the same from pieces of %d bytes',
    (size) => {
      const cut = createRequestCutter();
      const found = [];
      for (let at = 0; at < conversation.length; at += size) {
        found.push(...cut(conversation.subarray(at, at + size)));
      }
      expect(found).toEqual(requests);
    },
  );

  test('of another protocol, or a cancellation, are not waited for', () => {
    expect(createRequestCutter()(Buffer.from('0000000800020000', 'hex'))).toEqual([
      { kind: 'end' },
    ]);
    expect(createRequestCutter()(Buffer.from('0000001004d2162e0000000100000002', 'hex'))).toEqual([
      { kind: 'end' },
    ]);
  });

  test('with an impossible length are refused', () => {
    expect(() => createRequestCutter()(Buffer.alloc(8))).toThrow('its own length; got 0');
  });
});
