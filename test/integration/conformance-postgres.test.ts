import { conformance } from '../conformance/suite.ts';
import { openOne, openSubgraph } from '../support/subjects.ts';

conformance('one database', () => openSubgraph(openOne), { entities: true });
