import { conformance } from '../conformance/suite.ts';
import { openSubgraph, openTree } from '../support/subjects.ts';

conformance('a gateway over two gateways', () => openSubgraph(openTree), { entities: true });
