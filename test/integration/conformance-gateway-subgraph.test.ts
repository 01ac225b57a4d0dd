import { conformance } from '../conformance/suite.ts';
import { openGateway } from '../support/subjects.ts';

conformance('the subgraph of a gateway over three pods', () => openGateway('/subgraph'), {
  entities: true,
});
