import { createPlainLogger } from '../../gateway/cli/plain-logger.ts';

const level = process.env['LOG_LEVEL'];
beforeEach(() => delete process.env['LOG_LEVEL']);
afterEach(() => {
  jest.restoreAllMocks();
  if (level !== undefined) process.env['LOG_LEVEL'] = level;
});

test('what a pod fails with is told once, until it fails otherwise or has answered', () => {
  const said: string[] = [];
  jest.spyOn(console, 'error').mockImplementation((line) => void said.push(String(line)));
  const logger = createPlainLogger();
  const refused = { pod: 'a', err: new Error('refused') };

  logger.warn(refused, 'not up');
  logger.warn({ pod: 'a' }, 'no answer');
  logger.warn(refused, 'not opened');
  logger.warn({ pod: 'b' }, 'no answer');
  logger.error({ pod: 'a', error: new Error('wrong') }, 'not opened');
  logger.info({ pod: 'a' }, 'answers again');
  logger.warn({ pod: 'a' }, 'no answer');
  logger.warn({}, 'unwell');
  logger.warn({}, 'unwell');

  expect(said).toEqual([
    'a: not up (refused)',
    'b: no answer',
    'a: not opened (wrong)',
    'a: no answer',
    'unwell',
    'unwell',
  ]);
});
