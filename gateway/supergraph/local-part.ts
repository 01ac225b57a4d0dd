import { parseTypedCollections } from '../../schema/typed/parse.ts';
import { vectorsTypeDefs } from '../../schema/typed/sdl.ts';
import { buildVectorsSchema } from '../../subgraphs/vectors.ts';
import type { TypedFile } from '../typed-files.ts';
import type { LocalPart } from './parts.ts';

export const localName = 'vectors';

/** Our own subgraph, with the typed collections of these files; throws all their mistakes. */
export function localPart(files: readonly TypedFile[]): LocalPart {
  const typed = parseTypedCollections(files);
  return {
    kind: 'local',
    name: localName,
    // Never called; Apollo Gateway complains of one that is empty.
    url: `local:${localName}`,
    sdl: vectorsTypeDefs(typed),
    schema: buildVectorsSchema(typed),
    typed,
  };
}
