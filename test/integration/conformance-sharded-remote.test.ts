import { conformance } from '../conformance/suite.ts';
import { openShardedRemote, openSubgraph } from '../support/subjects.ts';

conformance('three pods over HTTP as one store', () => openSubgraph(openShardedRemote), {
  entities: true,
});
