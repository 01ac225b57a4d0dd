import { chunkMarkdown } from '../../gateway/sample/chunk-markdown.ts';

const chunk = (...lines: string[]): [key: string, title: string, text: string][] =>
  chunkMarkdown('a.md', lines.join('\n')).map(({ key, title, text }) => [key, title, text]);

test('a text is cut at its headings, which name the way to each part', () => {
  expect(
    chunk(
      'Before.',
      '# Quiver',
      'One.',
      '## The `first` query',
      'Two.',
      '',
      'Three.',
      '# End',
      'Four.',
    ),
  ).toEqual([
    ['a.md#top', 'a.md', 'Before.'],
    ['a.md#quiver', 'Quiver', 'One.'],
    ['a.md#quiver/the-first-query', 'Quiver › The `first` query', 'Two.\n\nThree.'],
    ['a.md#end', 'End', 'Four.'],
  ]);
});

test.each([
  ['# A #', 'A'],
  ['   ### A', 'A'],
  ['#\tA', 'A'],
  ['# C#', 'C#'],
])('%j is a heading', (line, title) => {
  expect(chunk(line, 'text')[0]![1]).toBe(title);
});

test.each(['#A', '#', '    # A', '####### A'])('%j is no heading', (line) => {
  expect(chunk(line, 'text')).toEqual([['a.md#top', 'a.md', `${line}\ntext`]]);
});

test('what looks like a heading in fenced code is code', () => {
  const code = ['````sh', '# a comment', '', '```', '# another', '````'];
  const tildes = ['~~~', '# a', '```', '~~~~'];

  expect(chunk('# A', ...code, '# B', ...tildes, '# C', '```', '# never closed')).toEqual([
    ['a.md#a', 'A', code.join('\n')],
    ['a.md#b', 'B', tildes.join('\n')],
    ['a.md#c', 'C', '```\n# never closed'],
  ]);
});

test('a section of which only the headings are there gives nothing', () => {
  expect(chunk('# A', '', '## B', '  ', 'text')).toEqual([['a.md#a/b', 'A › B', 'text']]);
  expect(chunk('')).toEqual([]);
});

test('keys are unique, also when a heading looks like a numbered one', () => {
  expect(
    chunk('# A', '1', '# A 2', '2', '# A', '3', '# ?!', '4', '# A', '5').map(([key]) => key),
  ).toEqual(['a.md#a', 'a.md#a-2', 'a.md#a-3', 'a.md#section', 'a.md#a-4']);
});

test('a long section is cut between paragraphs, and only there', () => {
  const paragraph = 'x'.repeat(500);
  const long = 'y'.repeat(2_000);

  expect(
    chunk('# A', ...[paragraph, paragraph, paragraph, long, 'end'].flatMap((text) => [text, ''])),
  ).toEqual([
    ['a.md#a', 'A', `${paragraph}\n\n${paragraph}`],
    ['a.md#a-2', 'A', paragraph],
    ['a.md#a-3', 'A', long],
    ['a.md#a-4', 'A', 'end'],
  ]);
});

test('lines that end in CRLF are cut alike', () => {
  expect(chunkMarkdown('a.md', '# A\r\none\r\n\r\ntwo\r\n')).toEqual([
    { key: 'a.md#a', title: 'A', text: 'one\n\ntwo' },
  ]);
});
