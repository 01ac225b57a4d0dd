import { conformance } from '../conformance/suite.ts';
import { openGateway } from '../support/subjects.ts';

conformance('a gateway over three pods', () => openGateway('/graphql'), { entities: false });
