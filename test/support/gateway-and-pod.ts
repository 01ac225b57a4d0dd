import { startGateway } from '../../gateway/server.ts';
import type { Running } from '../../subgraphs/http.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import { createMemoryLogger, createStubService } from './stub-service.ts';

/** A gateway and a pod over the same stub store, for tests of what both do over HTTP. */
export async function startGatewayAndPod(): Promise<{
  readonly gateway: Running;
  readonly pod: Running;
  readonly close: () => Promise<unknown>;
}> {
  const place = { host: '127.0.0.1', port: 0, logger: createMemoryLogger() };
  const service = createStubService();
  const example = { query: '{ vectorPods { name } }', variables: {} };
  const gateway = await startGateway({ service, subgraphs: [], example, ...place });
  const pod = await startPod({ service, pod: 'a', ...place });
  return { gateway, pod, close: () => Promise.all([gateway.close(), pod.close()]) };
}
