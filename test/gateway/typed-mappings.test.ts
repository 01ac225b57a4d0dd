import { unstoredFields } from '../../gateway/typed-mappings.ts';
import { typedOf } from '../support/typed.ts';

const typed = typedOf(`type Item @collection(name: "items", dimension: 3) {
  id: ID!
  title: String @column(name: "item_name")
  color: String
  stock: Int @column(name: "qty")
}
type Other @collection(name: "others", dimension: 3) { id: ID! color: String }`);

const configured = (metadata: string | null) => [
  {
    bucket: 'vecs',
    collection: 'items',
    pods: null,
    embedder: null,
    metric: null,
    mapping: {
      schema: 'public',
      table: 'shop_items',
      id: 'id',
      vector: 'vec',
      metadata,
      columns: ['item_name'],
    },
  },
];

test('without a column for all metadata every field needs a column of its own', () => {
  expect(unstoredFields(typed, configured(null))).toEqual([
    expect.stringMatching(/:4 Item\.color must name one of .* "items" \(item_name\); got color$/),
    expect.stringMatching(/:5 Item\.stock must name one of .* "items" \(item_name\); got qty$/),
  ]);
});

test('with one, only a column that is named and not mapped is missed', () => {
  expect(unstoredFields(typed, configured('more'))).toEqual([
    expect.stringMatching(/:5 Item\.stock .* got qty; it is read from "more"$/),
  ]);
});

test('a collection that the configuration does not map has room for all', () => {
  expect(unstoredFields(typed, [])).toEqual([]);
});
