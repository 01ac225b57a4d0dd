import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultLimits as limits } from '../schema/limits.ts';
import { packageRoot } from '../subgraphs/package-root.ts';

const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8').replaceAll(/ +/g, ' ');
const count = (n: number): string => n.toLocaleString('en-US');
const { FLOAT32, FLOAT16 } = limits.indexedDimensionMax;

test.each([
  ['`offset` + `k` of a search', count(limits.windowMax)],
  ['records in one write, keys in one read', count(limits.writeRecordsMax)],
  ['records in one page of a scan', count(limits.pageMax)],
  ['segments of a scan', count(limits.segmentsMax)],
  ['values that a scan is ordered by', String(limits.ordersMax)],
  ['key', `${count(limits.keyBytesMax)} bytes`],
  [
    'metadata of a record',
    `${limits.metadataBytesMax / 1_024} KiB, ${limits.metadataDepthMax} levels`,
  ],
  [
    'the same without `nonFilterableKeys`',
    `${limits.metadataFilterableBytesMax / 1_024} KiB, in collections that have any`,
  ],
  [
    'dimension',
    `${count(limits.dimensionMax)} stored; ${count(FLOAT32)} indexed, ${count(FLOAT16)} as FLOAT16`,
  ],
  ['names of collections and buckets', `${limits.nameBytesMax} bytes`],
  ['text to search by', `${count(limits.textCharactersMax)} characters`],
  [
    'filter',
    `${limits.filterDepthMax} levels, ${limits.filterConditionsMax} conditions, ${count(limits.filterValuesMax)} values in \`$in\``,
  ],
  ['pattern of `$like` or `$ilike`', `${count(limits.filterPatternCharactersMax)} characters`],
  [
    'request',
    `${limits.bodyBytesMax / 1_024 ** 2} MiB, ${limits.queryDepthMax} levels, ${limits.rootFieldsMax} root fields`,
  ],
  [
    'searches of one request',
    `${limits.searchesAtOnceMax} at once; ${count(limits.searchesWaitingMax)} more wait`,
  ],
  ["a gateway's request to a pod", `${limits.podBodyBytesMax / 1_024 ** 2} MiB`],
  ["one pod's answer to a gateway", `${limits.answerBytesMax / 1_024 ** 2} MiB`],
  [
    'statements in flight on one pod',
    `${limits.poolConnectionsMax}; ${count(limits.poolWaitingMax)} more wait, and no more than that`,
  ],
  ['time', `${limits.timeoutMsDefault / 1_000} s, at most ${limits.timeoutMsMax / 1_000} s`],
])('the README has the limit of %s as it is', (what, limit) => {
  expect(readme).toContain(`| ${what} | ${limit} |`);
});
