import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { parseConfig } from '../../gateway/config.ts';
import { packageRoot } from '../../subgraphs/package-root.ts';

interface Service {
  readonly command?: readonly string[];
  readonly healthcheck?: object;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: { readonly gateway: { readonly content: string } };
}

const compose: ComposeFile = parse(
  readFileSync(join(packageRoot(), 'docker-compose.yml'), 'utf8'),
  { merge: true },
);

describe('docker-compose.yml', () => {
  test('is what the Compose Specification allows', () => {
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
      composeSchema(),
    );

    validate(compose);

    expect(validate.errors).toBeNull();
  });

  test('checks the health of every service, and waits for it', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect([name, service.healthcheck]).toEqual([name, expect.any(Object)]);
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect([needed, condition]).toEqual([needed, 'service_healthy']);
        expect(compose.services).toHaveProperty([needed]);
      }
    }
  });

  test('gives the gateway a right configuration, which names every pod by its own name', () => {
    const config = parseConfig(compose.configs.gateway.content, {});

    const pods = Object.keys(compose.services).filter((name) => name.startsWith('pod-'));
    expect(config.pods).toEqual(
      pods.map((name) => expect.objectContaining({ name, url: `http://${name}:4101/graphql` })),
    );
    for (const name of pods) {
      expect(compose.services[name]!.command).toContain(`--name=${name}`);
    }
  });
});

/** The schema of the specification, as a linter of Compose files ships it. */
function composeSchema(): object {
  const folder = dirname(require.resolve('dclint/package.json'));
  const { $schema: _, ...schema } = JSON.parse(
    readFileSync(join(folder, 'schemas/compose.schema.json'), 'utf8'),
  ) as Record<string, unknown>;
  return schema;
}
