import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** The pages of other sites that may read our answers. */
export interface CorsOptions {
  /** Such as `https://app.example.com`; `*` is any. */
  readonly origins: readonly string[];
  /** Whether a browser may send cookies and client certificates along. */
  readonly credentials: boolean;
  /** How long a browser may remember that it has asked. */
  readonly maxAgeSeconds: number;
}

/**
 * Tell browsers which pages may read our answers, at every path. They may send any header, such as
 * `authorization`, `apollo-require-preflight` or `x-timeout-ms`.
 */
export function addCors(app: FastifyInstance, options: CorsOptions): void {
  const { origins, credentials, maxAgeSeconds } = options;
  app.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    credentials,
    maxAge: maxAgeSeconds,
    methods: ['GET', 'POST'],
    exposedHeaders: ['x-request-id'],
  });
}
