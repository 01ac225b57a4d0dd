import { createPlainLogger } from '../../gateway/cli/plain-logger.ts';

const level = process.env['LOG_LEVEL'];
beforeEach(() => delete process.env['LOG_LEVEL']);
afterEach(() => {
  jest.restoreAllMocks();
  if (level !== undefined) process.env['LOG_LEVEL'] = level;
});

/** The lines that a person has seen. */
function listen(): string[] {
  const said: string[] = [];
  jest.spyOn(console, 'error').mockImplementation((line) => void said.push(String(line)));
  return said;
}

test('what a pod fails with is told once, until it fails otherwise or has answered', () => {
  const said = listen();
  const logger = createPlainLogger();
  const refused = { pod: 'a', err: new Error('refused') };

  logger.warn(refused, 'not up');
  logger.warn({ pod: 'a' }, 'no answer');
  logger.warn(refused, 'not opened');
  logger.warn({ pod: 'b' }, 'no answer');
  logger.error({ pod: 'a', error: new Error('wrong') }, 'not opened');
  logger.info({ pod: 'a' }, 'answers again');
  logger.warn({ pod: 'a' }, 'no answer');
  logger.warn({ pod: 'b', reason: 'b does not answer' }, 'still no answer');
  logger.warn({}, 'unwell');
  logger.warn({ reason: 'refused' }, 'unwell');

  expect(said).toEqual([
    'a: not up (refused)',
    'b: no answer',
    'a: not opened (wrong)',
    'a: no answer',
    'unwell',
    'unwell (refused)',
  ]);
});

test('what went well is told where somebody wants to know, with its place in a file', () => {
  const said = listen();
  const place = { file: 'doc.graphql', line: 2 };

  createPlainLogger().info(place, 'collection created');
  const logger = createPlainLogger({ news: true });
  logger.info(place, 'collection created');
  logger.info({ pod: 'a' }, 'answers again');
  logger.info({ subgraphs: ['vectors'] }, 'a new schema is served');
  logger.error(place, 'doc.graphql:2 Doc must be another');

  expect(said).toEqual([
    'doc.graphql:2: collection created',
    'a new schema is served',
    'doc.graphql:2 Doc must be another',
  ]);
});
