import { diagnose } from '../../gateway/diagnosis.ts';
import { spreadSlots } from '../../schema/placement.ts';
import type { TableFacts } from '../../subgraphs/report.ts';
import { up, placed, brief } from '../support/pod-reports.ts';

describe('pods of pods that are gateways', () => {
  const inner = (pods: readonly string[], pod: string): TableFacts =>
    placed({
      slots: spreadSlots(pods),
      above: [{ pod, slots: spreadSlots(['east', 'west']) }],
    });
  const west = inner(['a', 'b'], 'west');
  const east = inner(['a'], 'east');

  test('are judged by what their own gateway gave them', () => {
    const reports = [
      up('east/a', { tables: [east] }),
      up('west/a', { tables: [west] }),
      up('west/b', { tables: [west] }),
    ];
    expect(diagnose(reports)).toEqual([]);
    expect(diagnose(reports.slice(0, 2)).map(brief)).toEqual([
      ['error', 'west/b', expect.stringContaining('which the configuration does not name')],
    ]);
    expect(diagnose(reports.slice(1)).map(brief)).toEqual([
      ['error', 'east', expect.stringContaining('which the configuration does not name')],
    ]);
  });

  test('may differ in what they hold, each gateway in its own', () => {
    const other = placed({ uid: 'v', slots: spreadSlots(['b']) });
    const reports = [
      up('east/a', { tables: [east] }),
      up('west/a', { tables: [west] }),
      up('west/b', { tables: [other] }),
    ];
    expect(diagnose(reports).map(brief)).toContainEqual([
      'error',
      'west',
      expect.stringContaining('is another collection on each of a and b'),
    ]);
  });
});
