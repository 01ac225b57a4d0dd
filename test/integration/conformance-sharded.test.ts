import { conformance } from '../conformance/suite.ts';
import { openSharded, openSubgraph } from '../support/subjects.ts';

conformance('three databases as one store', () => openSubgraph(openSharded), { entities: true });
