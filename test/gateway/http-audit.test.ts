import { auditServer, type AuditResult } from 'graphql-http';
import { startGateway } from '../../gateway/server.ts';
import type { Running } from '../../subgraphs/http.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import { createMemoryLogger, createStubService } from '../support/stub-service.ts';

const place = { host: '127.0.0.1', port: 0, logger: createMemoryLogger() };
const service = createStubService();
let gateway: Running;
let pod: Running;

beforeAll(async () => {
  const example = { query: '{ vectorPods { name } }', variables: {} };
  gateway = await startGateway({ service, subgraphs: [], example, ...place });
  pod = await startPod({ service, pod: 'a', ...place });
});
afterAll(() => Promise.all([gateway.close(), pod.close()]));

/** What the prevention of CSRF refuses: requests that any page can make a browser send. */
const refused = [
  'notice 5A70 MAY accept application/x-www-form-urlencoded formatted GET requests',
  'notice D6D5 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  'notice 6A70 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
];

describe.each([
  ["the gateway's /graphql", () => `${gateway.url}/graphql`],
  ["the gateway's /subgraph", () => `${gateway.url}/subgraph`],
  ["a pod's /graphql", () => `${pod.url}/graphql`],
])('%s', (_name, url) => {
  test('passes 58 of the 61 audits of GraphQL over HTTP, and has no error', async () => {
    const results = await auditServer({ url });

    expect(results).toHaveLength(61);
    expect(failuresOf(results)).toEqual(refused);
  });

  test('passes all of them when a client says that it is no form', async () => {
    const results = await auditServer({ url, fetchFn: fetchWithPreflight });

    expect(failuresOf(results)).toEqual([]);
  });
});

const failuresOf = (results: readonly AuditResult[]): string[] =>
  results
    .filter(({ status }) => status !== 'ok')
    .map(({ id, name, status }) => `${status} ${id} ${name}`);

function fetchWithPreflight(url: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  headers.set('apollo-require-preflight', 'true');
  return fetch(url, { ...options, headers });
}
