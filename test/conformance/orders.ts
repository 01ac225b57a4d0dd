import { createHash } from 'node:crypto';
import { scanDocument } from './scans.ts';
import { speakTo, unicodeKeys, type RecordInput, type Subject, type Variables } from './subject.ts';

/** Metadata whose values are of all types, with equal ones on every shard. */
const numbers = [5, 5, 5, -1, 0, 6.5, 1e300, -1e300, 5e-324, 9_007_199_254_740_991];
const texts = ['5', '', 'a', 'a', 'B', 'aa', ...unicodeKeys];
const others = [true, false, true, false, null, [5], { deep: 5 }];
const values: readonly unknown[] = [...numbers, ...texts, ...others];

const records: readonly RecordInput[] = values.flatMap((v, i) =>
  ['x', 'y'].map((word) => ({
    key: `${word}${i}`,
    vector: [i, 0, 0, 0],
    metadata: { v, i, word, ...(i % 3 === 0 ? {} : { third: i % 3 }) },
  })),
);

export function orders(subject: () => Subject): void {
  const { ask, refusalOf, newCollection, count } = speakTo(subject);

  const page = async (args: Variables): Promise<Connection> =>
    (await ask<{ scanVectors: Connection }>(scanDocument, args)).scanVectors;

  /** The keys of all pages, and no page but the last is short. */
  async function keysInOrder(args: Variables & { readonly first: number }): Promise<string[]> {
    const found: string[] = [];
    for (let after: string | null = null; ;) {
      const { nodes, pageInfo }: Connection = await page({ ...args, after });
      found.push(...nodes.map(({ key }) => key));
      if (!pageInfo.hasNextPage) return found;
      expect(nodes).toHaveLength(args.first);
      after = pageInfo.endCursor;
    }
  }

  describe('an ordered scan', () => {
    let collection: string;
    beforeAll(async () => {
      collection = await newCollection([...records, { key: 'bare', vector: [0, 0, 0, 1] }]);
    });

    test.each<[string, readonly Order[]]>([
      ['text', [{ key: 'v' }]],
      ['text, turned', [{ key: 'v', direction: 'DESC' }]],
      ['number', [{ key: 'v', type: 'NUMBER' }]],
      ['number, turned', [{ key: 'v', type: 'NUMBER', direction: 'DESC' }]],
      ['boolean', [{ key: 'v', type: 'BOOLEAN' }]],
      ['boolean, turned', [{ key: 'v', type: 'BOOLEAN', direction: 'DESC' }]],
      ['what nobody has', [{ key: 'none' }]],
      ['nulls for what was not said', [{ key: 'v', type: null, direction: null }]],
      [
        'two values',
        [
          { key: 'third', type: 'NUMBER', direction: 'DESC' },
          { key: 'v', type: 'TEXT' },
        ],
      ],
      [
        'four',
        [
          { key: 'word', direction: 'DESC' },
          { key: 'v', type: 'BOOLEAN' },
          { key: 'third', type: 'NUMBER' },
          { key: 'i', type: 'NUMBER', direction: 'DESC' },
        ],
      ],
    ])('by %s gives every record once, page by page', async (_, orderBy) => {
      const all = [...records, { key: 'bare', vector: [] }];
      expect(await keysInOrder({ collection, orderBy, first: 3 })).toEqual(sorted(all, orderBy));
    });

    test('is by numbers as numbers and by texts as bytes', async () => {
      const keys = ['10', '9', 'Z', 'a', 'é', '\uFFFD', '😀'];
      const made = keys.map((v, n) => ({ key: `k${n}`, vector: [n, 0, 0, 0], metadata: { v, n } }));
      const one = await newCollection(made.toReversed());
      const byText = await page({ collection: one, orderBy: [{ key: 'v' }] });
      expect(byText.nodes.map(({ metadata }) => metadata.v)).toEqual(keys);
      const byNumber = await page({ collection: one, orderBy: [{ key: 'n', type: 'NUMBER' }] });
      expect(byNumber.nodes.map(({ metadata }) => metadata.n)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    });

    test('is of what passes a filter', async () => {
      const filter = { v: { $lt: 6 } };
      const orderBy: readonly Order[] = [{ key: 'v', type: 'NUMBER', direction: 'DESC' }];
      const passing = records.filter(({ metadata }) => Number(valueOf({ metadata }, 'v')) < 6);
      const found = passing.filter((record) => typeof valueOf(record, 'v') === 'number');
      expect(await keysInOrder({ collection, filter, orderBy, first: 3 })).toEqual(
        sorted(found, orderBy),
      );
      expect(await count(collection, filter)).toBe(found.length);
    });

    test('of segments gives every record in exactly one', async () => {
      const orderBy: readonly Order[] = [{ key: 'v' }];
      const all = [...records, { key: 'bare', vector: [] }];
      const found: string[] = [];
      for (const index of [0, 1, 2]) {
        const segment = { index, of: 3 };
        const keys = await keysInOrder({ collection, orderBy, segment, first: 4 });
        expect(keys).toEqual(
          sorted(
            all.filter(({ key }) => keys.includes(key)),
            orderBy,
          ),
        );
        found.push(...keys);
      }
      expect(found.toSorted()).toEqual(all.map(({ key }) => key).toSorted());
    });

    test('goes on after any of its cursors', async () => {
      const orderBy = [{ key: 'v', direction: 'DESC' }];
      const { edges } = await page({ collection, orderBy });
      const keys = edges.map(({ node }) => node.key);
      for (const i of [0, 7, 19, keys.length - 1]) {
        const { nodes, pageInfo } = await page({ collection, orderBy, after: edges[i]!.cursor });
        expect(nodes.map(({ key }) => key)).toEqual(keys.slice(i + 1));
        expect(pageInfo.hasPreviousPage).toBe(true);
      }
    });

    test('without orders is the scan by key', async () => {
      const { nodes } = await page({ collection, orderBy: [], first: 5 });
      expect(nodes).toEqual((await page({ collection, first: 5 })).nodes);
    });

    test('refuses a cursor of another order, and what is none', async () => {
      const cursorOf = async (orderBy: unknown): Promise<string> =>
        (await page({ collection, orderBy, first: 1 })).edges[0]!.cursor;
      const refusal = { code: 'BAD_USER_INPUT', argument: 'after' };
      const byText = await cursorOf([{ key: 'v' }]);
      for (const [orderBy, after] of [
        [[{ key: 'v', direction: 'DESC' }], byText],
        [[{ key: 'v', type: 'NUMBER' }], byText],
        [[{ key: 'i' }], byText],
        [[], byText],
        [[{ key: 'v' }], await cursorOf([])],
        [[{ key: 'v' }], forged(byText, [5])],
        [[{ key: 'v' }], forged(byText, [])],
        [[{ key: 'v' }], forged(byText, ['a\0'])],
        [[{ key: 'v' }], 'nonsense'],
      ]) {
        expect(await refusalOf(scanDocument, { collection, orderBy, after })).toEqual(refusal);
      }
    });

    test('takes four orders, by keys that can be', async () => {
      const five = Array.from({ length: 5 }, (_, i) => ({ key: `k${i}` }));
      expect(await refusalOf(scanDocument, { collection, orderBy: five })).toEqual({
        code: 'LIMIT_EXCEEDED',
        argument: 'orderBy',
      });
      expect(await refusalOf(scanDocument, { collection, orderBy: [{ key: '\0' }] })).toEqual({
        code: 'BAD_USER_INPUT',
        argument: 'orderBy[0].key',
      });
    });

    test.each([11, 12])('at random (seed %i) is as in JavaScript', async (seed) => {
      const choose = chooser(seed);
      const made = Array.from({ length: 60 }, (_, i) => ({
        key: createHash('md5').update(`${seed} ${i}`).digest('hex').slice(0, 6),
        vector: [i, 0, 0, 0],
        metadata: Object.fromEntries(
          ['a', 'b', 'c'].flatMap((key) =>
            choose(4) ? [[key, values[choose(values.length)]]] : [],
          ),
        ),
      }));
      const one = await newCollection(made);
      for (let i = 0; i < 8; i++) {
        const orderBy = Array.from({ length: 1 + choose(3) }, (): Order => ({
          key: ['a', 'b', 'c'][choose(3)]!,
          type: (['TEXT', 'NUMBER', 'BOOLEAN'] as const)[choose(3)]!,
          direction: (['ASC', 'DESC'] as const)[choose(2)]!,
        }));
        const keys = await keysInOrder({ collection: one, orderBy, first: 5 + choose(20) });
        expect({ orderBy, keys }).toEqual({ orderBy, keys: sorted(made, orderBy) });
      }
    });
  });
}

interface Order {
  readonly key: string;
  readonly type?: 'TEXT' | 'NUMBER' | 'BOOLEAN' | null;
  readonly direction?: 'ASC' | 'DESC' | null;
}

type Keyed = Pick<RecordInput, 'key' | 'metadata'>;

const valueOf = ({ metadata }: Pick<RecordInput, 'metadata'>, key: string): unknown =>
  (metadata as Readonly<Record<string, unknown>> | undefined)?.[key];

const bytesFirst = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The keys as the order says, in another language than SQL. */
function sorted(all: readonly Keyed[], orderBy: readonly Order[]): string[] {
  const compare = (a: Keyed, b: Keyed): number => {
    for (const { key, type, direction } of orderBy) {
      const wanted = { TEXT: 'string', NUMBER: 'number', BOOLEAN: 'boolean' }[type ?? 'TEXT'];
      const [x, y] = [valueOf(a, key), valueOf(b, key)];
      const last = Number(typeof x !== wanted) - Number(typeof y !== wanted);
      if (last !== 0) return last;
      if (typeof x !== wanted) continue;
      const order = typeof x === 'string' ? bytesFirst(x, y as string) : Number(x) - Number(y);
      if (order !== 0) return direction === 'DESC' ? -order : order;
    }
    return bytesFirst(a.key, b.key);
  };
  return all.toSorted(compare).map(({ key }) => key);
}

/** A cursor with other values than it had. */
function forged(cursor: string, made: readonly unknown[]): string {
  const [key, order] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  return Buffer.from(JSON.stringify([key, order, made])).toString('base64url');
}

/** A number below `n`; the same in every run. */
function chooser(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % n;
  };
}

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly key: string } }[];
  readonly nodes: readonly {
    readonly key: string;
    readonly metadata: Readonly<Record<string, unknown>>;
  }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly endCursor: string | null;
  };
}
