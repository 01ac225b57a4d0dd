import type { Subgraph } from './subgraph-client.ts';
import { openLiveSupergraph } from './supergraph/live-supergraph.ts';
import type { LiveOptions, LiveSupergraph } from './supergraph/live-supergraph.ts';
import { localName, localPart } from './supergraph/local-part.ts';
import type { Part } from './supergraph/parts.ts';
import { pollSubgraphs } from './supergraph/poll-subgraphs.ts';
import { readTypedFiles, watchTypedFiles } from './typed-files.ts';
import type { CollectionsFolder, TypedFile } from './typed-files.ts';

export interface SupergraphOptions extends LiveOptions {
  readonly subgraphs: readonly Subgraph[];
  /** Of typed collections; null when there are none. */
  readonly folder: CollectionsFolder | null;
  readonly pollMs: number;
}

/**
 * Our own subgraph and all others that answer, as one. Others come in when they do, and whatever
 * changes is swapped in for the requests that begin then; a change that is wrong is logged, while
 * the old schema serves. Rejects when something is wrong at the start.
 */
export async function openSupergraph(
  options: SupergraphOptions,
): Promise<Omit<LiveSupergraph, 'follow'>> {
  const { subgraphs, folder, pollMs, logger } = options;
  const files = folder ? await readTypedFiles(folder) : [];
  const offered = new Map<string, Part>([[localName, localPart(files)]]);
  let live: LiveSupergraph | undefined;
  const offer = (part: Part): void => {
    offered.set(part.name, part);
    live?.follow();
  };

  const polls = pollSubgraphs(subgraphs, {
    pollMs,
    logger,
    onSdl: (subgraph, sdl) => offer({ kind: 'remote', ...subgraph, sdl }),
  });
  try {
    await polls.first;
    live = await openLiveSupergraph(offered, options);
  } catch (error) {
    await polls.close();
    throw error;
  }
  // What came in meanwhile.
  live.follow();

  const onChange = (changed: readonly TypedFile[]): void => {
    try {
      offer(localPart(changed));
    } catch (error) {
      logger.error({ err: error }, 'typed collections stay as they were');
    }
  };
  const watcher = folder
    ? watchTypedFiles(folder, { known: files, pollMs, logger, onChange })
    : null;
  const opened = live;
  return {
    ...opened,
    async close() {
      await Promise.all([polls.close(), watcher?.close(), opened.close()]);
    },
  };
}
