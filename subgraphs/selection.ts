import {
  getArgumentValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  type FieldNode,
  type GraphQLResolveInfo,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { isStorable } from '../schema/json.ts';
import type { Selection } from './store.ts';

/**
 * What the query wants of the VectorRecords under this field, so that nothing else leaves the
 * database. `path` are the fields between this one and the records: ['matches', 'record'].
 */
export function recordSelection(info: GraphQLResolveInfo, path: readonly string[]): Selection {
  let nodes: readonly FieldNode[] = info.fieldNodes;
  for (const name of path) nodes = fieldsOf(nodes, info).filter(named(name));
  const fields = fieldsOf(nodes, info);
  const vector = fields.some((field) => /^vector(Base64)?$/.test(field.name.value));
  return { metadata: metadataOf(fields.filter(named('metadata')), info), vector };
}

const named = (name: string) => (field: FieldNode) => field.name.value === name;

function metadataOf(fields: readonly FieldNode[], info: GraphQLResolveInfo): Selection['metadata'] {
  if (fields.length === 0) return 'none';
  const definition = info.schema.getType('VectorRecord');
  if (!definition || !('getFields' in definition)) return 'all';
  const metadata = definition.getFields()['metadata'];
  if (!metadata || !('args' in metadata)) return 'all';
  const keys = new Set<string>();
  for (const field of fields) {
    const wanted: unknown = getArgumentValues(metadata, field, info.variableValues)['keys'];
    if (!Array.isArray(wanted)) return 'all';
    // No record has the others, and PostgreSQL would refuse to look for them.
    for (const key of wanted.map(String).filter(isStorable)) keys.add(key);
  }
  return [...keys].sort();
}

/** The fields right below `nodes`, with fragments spread out. */
function fieldsOf(nodes: readonly FieldNode[], info: GraphQLResolveInfo): FieldNode[] {
  return nodes.flatMap((node) => spread(node.selectionSet, info));
}

function spread(set: SelectionSetNode | undefined, info: GraphQLResolveInfo): FieldNode[] {
  return (set?.selections ?? [])
    .filter((node) => isIncluded(node, info))
    .flatMap((node) => {
      if (node.kind === 'Field') return [node];
      const part = node.kind === 'InlineFragment' ? node : info.fragments[node.name.value];
      // Only `_entities` has fragments on several types: those of the others are not ours.
      const type = part?.typeCondition?.name.value;
      const foreign =
        info.fieldName === '_entities' && (type === 'VectorCollection' || type === 'VectorBucket');
      return foreign ? [] : spread(part?.selectionSet, info);
    });
}

function isIncluded(node: SelectionNode, info: GraphQLResolveInfo): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, node, info.variableValues);
  const include = getDirectiveValues(GraphQLIncludeDirective, node, info.variableValues);
  return skip?.['if'] !== true && include?.['if'] !== false;
}
