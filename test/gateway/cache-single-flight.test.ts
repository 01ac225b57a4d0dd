import { setImmediate as turn } from 'node:timers/promises';
import { createSingleFlight } from '../../gateway/cache/single-flight.ts';
import { startCall, type Call, type StartedCall } from '../../subgraphs/call.ts';

const calls: StartedCall[] = [];

function callOf(timeoutMs = 20_000): StartedCall {
  const call = startCall({ timeoutMs, requestId: 'test' });
  calls.push(call);
  return call;
}

afterEach(() => {
  for (const call of calls.splice(0)) call.end();
});

/** Work that ends when the test says so, each piece of it by itself. */
function createWork() {
  const pieces: { call: Call; land(value: object): void; crash(error: Error): void }[] = [];
  const work = (call: Call): Promise<object> =>
    new Promise((land, crash) => {
      pieces.push({ call, land, crash });
      call.onAbort(() => crash(new Error('aborted')));
    });
  return { pieces, work };
}

const whole = { whole: true };
const partial = { whole: false };
const createFlights = () =>
  createSingleFlight<object>({ isShareable: (value) => value === whole, ageMsMax: 60_000 });

test('those who want the same at the same time share one piece of work', async () => {
  const flights = createFlights();
  const { pieces, work } = createWork();
  const landings = [1, 2, 3].map(() => flights.run('key', callOf(), work));
  pieces[0]!.land(whole);

  expect((await Promise.all(landings)).map(({ joined }) => joined)).toEqual([false, true, true]);
  expect(pieces).toHaveLength(1);
  expect(flights.size).toBe(0);
});

test('those who want something else, or come later, do not', async () => {
  const flights = createFlights();
  const { pieces, work } = createWork();
  const first = flights.run('key', callOf(), work);
  const other = flights.run('other', callOf(), work);
  pieces[0]!.land(whole);
  await first;
  const later = flights.run('key', callOf(), work);
  pieces[1]!.land(whole);
  pieces[2]!.land(whole);

  expect((await Promise.all([other, later])).map(({ joined }) => joined)).toEqual([false, false]);
});

test('who began it goes away, and the others get the answer', async () => {
  const flights = createFlights();
  const { pieces, work } = createWork();
  const first = callOf();
  const landings = [flights.run('key', first, work), flights.run('key', callOf(), work)];
  first.abort();
  expect(pieces[0]!.call.aborted).toBe(false);
  pieces[0]!.land(whole);

  expect(await landings[1]).toEqual({ value: whole, joined: true });
  await landings[0];
});

test('the last who goes away ends the work, and nobody joins what was given up', async () => {
  const flights = createFlights();
  const { pieces, work } = createWork();
  const [first, second] = [callOf(), callOf()];
  const landings = [flights.run('key', first, work), flights.run('key', second, work)];
  const settled = Promise.allSettled(landings);
  second.abort();
  expect(pieces[0]!.call.aborted).toBe(false);
  first.abort();
  expect(pieces[0]!.call.aborted).toBe(true);

  const third = flights.run('key', callOf(), work);
  expect(pieces).toHaveLength(2);
  pieces[1]!.land(whole);
  expect(await third).toEqual({ value: whole, joined: false });
  expect((await settled)[0]!.status).toBe('rejected');
});

test('the work has the deadline of whoever began it, and who has less time does it alone', async () => {
  const flights = createFlights();
  const { pieces, work } = createWork();
  const first = callOf(10_000);
  const long = flights.run('key', first, work);
  const short = flights.run('key', callOf(5_000), work);
  const longer = flights.run('key', callOf(15_000), work);

  expect(Math.abs(pieces[0]!.call.deadlineAt - first.deadlineAt)).toBeLessThan(100);
  expect(pieces).toHaveLength(2);
  pieces[0]!.land(whole);
  pieces[1]!.land(whole);
  const joined = (await Promise.all([long, short, longer])).map((landed) => landed.joined);
  expect(joined).toEqual([false, false, true]);
});

test.each<[string, (piece: ReturnType<typeof createWork>['pieces'][0]) => void]>([
  ['is partial', (piece) => piece.land(partial)],
  ['is an error', (piece) => piece.crash(new Error('down'))],
])('what %s is for the one who began it; others do it themselves', async (_, end) => {
  const flights = createFlights();
  const { pieces, work } = createWork();
  const first = flights.run('key', callOf(), work).catch((error: unknown) => error);
  const second = flights.run('key', callOf(), work);
  end(pieces[0]!);
  await first;
  await turn();

  expect(pieces).toHaveLength(2);
  pieces[1]!.land(whole);
  expect(await second).toEqual({ value: whole, joined: false });
});

test('work that throws at once is an error of the call', async () => {
  const flights = createFlights();
  const work = (): never => {
    throw new Error('at once');
  };

  await expect(flights.run('key', callOf(), work)).rejects.toThrow('at once');
  expect(flights.size).toBe(0);
});
