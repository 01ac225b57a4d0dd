import { codeOf } from '../../schema/errors.ts';
import type { PodFacts, PodReport } from '../../subgraphs/report.ts';
import type { Finding } from '../diagnosis.ts';

/** The oldest that pgvector 0.8 supports. */
const postgresMin = 13;
/** Without iterative scans a filtered search gives too few rows. */
const pgvectorMin = 0.8;
const clockApartMs = 1_000;

/** What is wrong with a pod alone. */
export function podFindings({ pod, error, facts }: PodReport): readonly Finding[] {
  if (facts) return [...versionFindings(pod, facts), ...roleFindings(pod, facts)];
  return [
    {
      level: 'error',
      pod,
      subject: pod,
      problem: error?.message ?? 'It said nothing.',
      advice: isSilent(error) ? 'Start it, correct its URL, or let its role in.' : null,
    },
  ];
}

/** Any other error is of a pod that was reached, and says itself what to do. */
function isSilent(error: Error | null): boolean {
  const code = error === null ? null : codeOf(error);
  return code === null || code === 'POD_UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
}

/** What pods have in common only as long as nobody forgets one. */
export function betweenPods(reports: readonly PodReport[]): readonly Finding[] {
  const pods = reports.flatMap(({ pod, facts }) => (facts ? [{ pod, facts }] : []));
  return [
    ...differing(pods, 'PostgreSQL', ({ postgres }) => /^\d+/.exec(postgres)?.[0] ?? postgres),
    ...differing(pods, 'pgvector', ({ pgvector }) => pgvector ?? 'none'),
    ...clockFindings(pods),
  ];
}

interface Known {
  readonly pod: string;
  readonly facts: PodFacts;
}

function versionFindings(pod: string, { postgres, pgvector }: PodFacts): Finding[] {
  const findings: Finding[] = [];
  if (Number.parseInt(postgres) < postgresMin) {
    findings.push({
      level: 'error',
      pod,
      subject: 'PostgreSQL',
      problem: `It must be ${postgresMin} or newer; this is ${postgres}.`,
      advice: 'Upgrade the server.',
    });
  }
  // The major version and the first place behind it.
  if (!(Number.parseFloat(pgvector ?? '') >= pgvectorMin)) {
    findings.push({
      level: 'error',
      pod,
      subject: 'pgvector',
      problem: `It must be ${pgvectorMin} or newer; this is ${pgvector ?? 'a database without it'}.`,
      advice: pgvector
        ? 'Install a newer one on the server and run: alter extension vector update'
        : 'Install it on the server and run as a superuser: create extension vector',
    });
  }
  return findings;
}

function roleFindings(
  pod: string,
  { role, canCreate, closedSchema, settings }: PodFacts,
): Finding[] {
  const findings: Finding[] = [];
  if (closedSchema !== null) {
    findings.push({
      level: 'error',
      pod,
      subject: 'rights',
      problem: `The role ${role} may not use the schema ${closedSchema}, which holds pgvector: nothing can be searched here.`,
      advice: `As its owner: grant usage on schema ${closedSchema} to ${role}`,
    });
  }
  if (!canCreate) {
    findings.push({
      level: 'note',
      pod,
      subject: 'rights',
      problem: `The role ${role} may not create schemas: no bucket can be made here.`,
      advice: `If it should serve more than searches: grant create on database ... to ${role}`,
    });
  }
  if (settings['in_hot_standby'] === 'on') {
    findings.push({
      level: 'warning',
      pod,
      subject: 'in_hot_standby',
      problem: 'The database is a replica: it takes no writes.',
      advice: 'Give the pod the URL of its primary.',
    });
  } else if (settings['default_transaction_read_only'] === 'on') {
    findings.push({
      level: 'warning',
      pod,
      subject: 'default_transaction_read_only',
      problem: 'It is on: no write gets through.',
      advice: `If that is not meant: alter role ${role} set default_transaction_read_only = off`,
    });
  }
  return findings;
}

function differing(
  pods: readonly Known[],
  subject: string,
  versionOf: (facts: PodFacts) => string,
): Finding[] {
  const versions = new Set(pods.map(({ facts }) => versionOf(facts)));
  if (versions.size < 2) return [];
  const each = pods.map(({ pod, facts }) => `${versionOf(facts)} on ${pod}`);
  return [
    {
      level: 'warning',
      pod: null,
      subject,
      problem: `Its version differs between pods: ${each.join(', ')}.`,
      advice: 'Bring all pods to the newest of these: speed and recall follow the oldest.',
    },
  ];
}

/** Each clock is as uncertain as its answer took. */
function clockFindings(pods: readonly Known[]): Finding[] {
  const byClock = pods.toSorted((a, b) => a.facts.clockAt - b.facts.clockAt);
  const [slowest, fastest] = [byClock[0], byClock.at(-1)];
  if (!slowest || !fastest) return [];
  const apartMs = fastest.facts.clockAt - slowest.facts.clockAt;
  const uncertainMs = Math.max(...pods.map(({ facts }) => facts.clockTookMs));
  if (apartMs <= clockApartMs + uncertainMs) return [];
  return [
    {
      level: 'warning',
      pod: null,
      subject: 'clock',
      problem: `That of ${fastest.pod} is ${(apartMs / 1_000).toFixed(1)} s ahead of that of ${slowest.pod}.`,
      advice: 'Let all servers take their time from the same source, such as chrony.',
    },
  ];
}
