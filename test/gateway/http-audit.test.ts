import { auditServer, type AuditResult } from 'graphql-http';
import type { Running } from '../../subgraphs/http.ts';
import { startGatewayAndPod } from '../support/gateway-and-pod.ts';

let gateway: Running;
let pod: Running;
let close: () => Promise<unknown>;

beforeAll(async () => {
  ({ gateway, pod, close } = await startGatewayAndPod());
});
afterAll(() => close());

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
