import {
  getArgumentValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  isObjectType,
  type FieldNode,
  type GraphQLResolveInfo,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { JsonObject } from '../schema/filter.ts';
import { isStorable } from '../schema/json.ts';
import type { Selection, StoredRecord } from './store.ts';

/** How a type of the schema shows records. */
export interface RecordShape {
  readonly type: string;
  /** Fields that show a metadata key, beside `metadata` itself. */
  readonly keys: ReadonlyMap<string, string>;
}

const vectorRecord: RecordShape = { type: 'VectorRecord', keys: new Map() };

/**
 * What the query wants of the records under this field, so that nothing else leaves the database.
 * `path` are the fields between this one and the records: ['matches', 'record'].
 */
export function recordSelection(
  info: GraphQLResolveInfo,
  path: readonly string[],
  shape: RecordShape = vectorRecord,
): Selection {
  let nodes: readonly FieldNode[] = info.fieldNodes;
  for (const name of path) nodes = fieldsOf(nodes, info).filter(named(name));
  const fields = fieldsOf(nodes, info, shape.type);
  const vector = fields.some((field) => /^vector(Base64)?$/.test(field.name.value));
  return { metadata: metadataOf(fields, info, shape), vector };
}

/** `recordSelection` of entities, worked out once for all references that a field has of a type. */
export function createEntitySelections() {
  const known = new Map<string, WeakMap<GraphQLResolveInfo, Selection>>();

  return (info: GraphQLResolveInfo, shape: RecordShape = vectorRecord): Selection => {
    const ofType = known.get(shape.type) ?? new WeakMap<GraphQLResolveInfo, Selection>();
    known.set(shape.type, ofType);
    const selection = ofType.get(info) ?? recordSelection(info, [], shape);
    ofType.set(info, selection);
    return selection;
  };
}

/** Records of a connection are asked for as nodes, in edges, or both. */
export const pageSelection = (info: GraphQLResolveInfo, shape?: RecordShape): Selection =>
  united(recordSelection(info, ['nodes'], shape), recordSelection(info, ['edges', 'node'], shape));

/** What either wants. */
export const united = (a: Selection, b: Selection): Selection => ({
  metadata: unitedKeys(a.metadata, b.metadata),
  vector: a.vector || b.vector,
});

/** No more of a record than what is selected. */
export const narrowed = (
  { key, metadata, vector }: StoredRecord,
  select: Selection,
): StoredRecord => ({
  key,
  metadata: select.metadata === 'none' ? undefined : metadata && picked(metadata, select.metadata),
  vector: select.vector ? vector : undefined,
});

/** Those of the keys that are there. */
export const picked = (metadata: JsonObject, keys: 'all' | readonly string[]): JsonObject =>
  keys === 'all'
    ? metadata
    : Object.fromEntries(
        keys.filter((key) => Object.hasOwn(metadata, key)).map((key) => [key, metadata[key]!]),
      );

function unitedKeys(a: Selection['metadata'], b: Selection['metadata']): Selection['metadata'] {
  if (a === 'none') return b;
  if (b === 'none') return a;
  return a === 'all' || b === 'all' ? 'all' : [...new Set([...a, ...b])].sort();
}

const named = (name: string) => (field: FieldNode) => field.name.value === name;

function metadataOf(
  fields: readonly FieldNode[],
  info: GraphQLResolveInfo,
  shape: RecordShape,
): Selection['metadata'] {
  const wanted = fields.map((field) => keysOf(field, info, shape)).filter((keys) => keys !== null);
  if (wanted.length === 0) return 'none';
  if (wanted.includes('all')) return 'all';
  // No record has the others, and PostgreSQL would refuse to look for them.
  return [...new Set(wanted.flat().filter(isStorable))].sort();
}

/** null: the field shows no metadata. */
function keysOf(
  field: FieldNode,
  info: GraphQLResolveInfo,
  shape: RecordShape,
): 'all' | readonly string[] | null {
  const key = shape.keys.get(field.name.value);
  if (key !== undefined) return [key];
  if (field.name.value !== 'metadata') return null;
  const type = info.schema.getType(shape.type);
  const metadata = isObjectType(type) ? type.getFields()['metadata'] : undefined;
  const keys: unknown = metadata && getArgumentValues(metadata, field, info.variableValues)['keys'];
  return Array.isArray(keys) ? keys.map(String) : 'all';
}

/** The fields right below `nodes`, with fragments spread out: of those on objects, `type`'s alone. */
function fieldsOf(
  nodes: readonly FieldNode[],
  info: GraphQLResolveInfo,
  type?: string,
): FieldNode[] {
  return nodes.flatMap((node) => spread(node.selectionSet, info, type));
}

function spread(
  set: SelectionSetNode | undefined,
  info: GraphQLResolveInfo,
  type: string | undefined,
): FieldNode[] {
  return (set?.selections ?? [])
    .filter((node) => isIncluded(node, info))
    .flatMap((node) => {
      if (node.kind === 'Field') return [node];
      const part = node.kind === 'InlineFragment' ? node : info.fragments[node.name.value];
      const condition = part?.typeCondition?.name.value;
      return isForeign(condition, info, type) ? [] : spread(part?.selectionSet, info, type);
    });
}

/** Only `_entities` has fragments on several objects. */
const isForeign = (
  condition: string | undefined,
  { schema }: GraphQLResolveInfo,
  type: string | undefined,
): boolean =>
  type !== undefined &&
  condition !== undefined &&
  condition !== type &&
  isObjectType(schema.getType(condition));

function isIncluded(node: SelectionNode, info: GraphQLResolveInfo): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, node, info.variableValues);
  const include = getDirectiveValues(GraphQLIncludeDirective, node, info.variableValues);
  return skip?.['if'] !== true && include?.['if'] !== false;
}
