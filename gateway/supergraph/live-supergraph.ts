import type { TypedCollections } from '../../schema/typed/model.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import { createLiveSchema, type Serving } from './live-schema.ts';
import { composeParts, localOf, takeChanges, type Parts } from './parts.ts';
import { serveLocal, serveSupergraph } from './serve.ts';

export interface LiveOptions {
  readonly logger: Logger;
  /** Runs before typed collections are served that were not served before. */
  readonly prepare: (typed: TypedCollections) => Promise<void>;
}

/** Schemas that change while they are served. */
export interface LiveSupergraph {
  readonly supergraph: Serving;
  /** Our own part of it, for other people's routers. */
  readonly subgraph: Serving;
  /** Serve what the parts are now, as far as it composes; what does not is logged. */
  follow(): void;
  /** Resolves when nothing changes any more. */
  close(): Promise<void>;
}

/** Serve `offered`, which must compose as it is. Whoever changes it later calls `follow`. */
export async function openLiveSupergraph(
  offered: Parts,
  { logger, prepare }: LiveOptions,
): Promise<LiveSupergraph> {
  // What composes may still ask for more than Apollo Gateway can do, such as `@authenticated`.
  const attempt = async (parts: Parts) => ({
    parts,
    served: await serveSupergraph(composeParts(parts), logger),
  });
  const first = await attempt(new Map(offered));
  let { parts } = first;
  const supergraph = createLiveSchema(first.served);
  const subgraph = createLiveSchema(serveLocal(localOf(parts)));
  await prepare(localOf(parts).typed);
  let closed = false;
  let turn = Promise.resolve();

  const refuse = (error: unknown, subgraphs: readonly string[]): void =>
    logger.error({ subgraphs, err: error }, 'a new schema is not served: it does not compose');

  async function change(): Promise<void> {
    const next = closed ? null : await takeChanges(parts, offered, { attempt, refuse });
    if (!next || closed) return;
    const local = localOf(next.parts);
    const isNew = local !== localOf(parts);
    if (isNew) await prepare(local.typed);
    parts = next.parts;
    supergraph.swap(next.served);
    if (isNew) subgraph.swap(serveLocal(local));
    logger.info({ subgraphs: [...parts.keys()] }, 'a new schema is served');
  }

  return {
    supergraph,
    subgraph,
    follow() {
      turn = turn
        .then(change)
        .catch((error: unknown) => logger.error({ err: error }, 'a new schema is not served'));
    },
    async close() {
      closed = true;
      await turn;
    },
  };
}
