import { conformance } from '../conformance/suite.ts';
import { openRemote, openSubgraph } from '../support/subjects.ts';

conformance('one pod over HTTP', () => openSubgraph(openRemote), { entities: true });
