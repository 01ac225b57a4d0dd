import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** What GraphiQL opens with. */
export interface Example {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Every file that the page loads. Nothing else of these packages can be asked for. */
const assets = [
  {
    name: 'react.js',
    package: 'react',
    path: 'umd/react.production.min.js',
    type: 'text/javascript',
  },
  {
    name: 'react-dom.js',
    package: 'react-dom',
    path: 'umd/react-dom.production.min.js',
    type: 'text/javascript',
  },
  { name: 'graphiql.js', package: 'graphiql', path: 'graphiql.min.js', type: 'text/javascript' },
  { name: 'graphiql.css', package: 'graphiql', path: 'graphiql.min.css', type: 'text/css' },
] as const;

/** GraphiQL styles itself from scripts, and its fonts are in its style sheet; the rest is our files. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serve GraphiQL at `/graphiql`, from files of this machine alone. */
export function addGraphiql(app: FastifyInstance, example: Example): void {
  app.get('/graphiql', (_request, reply) =>
    reply
      .headers({
        'content-security-policy': contentSecurityPolicy,
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      })
      .type('text/html; charset=utf-8')
      .send(page),
  );
  app.get('/graphiql/start.js', (_request, reply) =>
    reply
      .header('cache-control', 'no-cache')
      .type('text/javascript; charset=utf-8')
      .send(startScript(example)),
  );
  for (const asset of assets) {
    app.get(`/graphiql/${asset.name}`, async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=86400').type(`${asset.type}; charset=utf-8`);
      return readFile(join(folderOf(asset.package), asset.path));
    });
  }
}

/** The bundles are not among the packages' exports; their package.json is. */
const folderOf = (name: string): string =>
  dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Quiver</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/graphiql/graphiql.css" />
    <style>body, #graphiql { margin: 0; height: 100vh; }</style>
  </head>
  <body>
    <div id="graphiql">Loading...</div>
    <script src="/graphiql/react.js"></script>
    <script src="/graphiql/react-dom.js"></script>
    <script src="/graphiql/graphiql.js"></script>
    <script src="/graphiql/start.js"></script>
  </body>
</html>
`;

/** What somebody typed here before is kept; GraphiQL would put given variables in its place. */
const startScript = ({ query, variables }: Example): string => `
const tab = ${JSON.stringify({ query, variables: JSON.stringify(variables, null, 2) })};
const first = localStorage.getItem('graphiql:tabState') === null;
const example = first ? { defaultTabs: [tab], variables: tab.variables } : {};
const fetcher = GraphiQL.createFetcher({ url: '/graphql' });
ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, { fetcher, defaultEditorToolsVisibility: true, ...example }),
);
`;
