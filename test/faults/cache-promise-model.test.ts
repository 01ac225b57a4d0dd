import { createModel, type Model, type Seen, type State } from '../support/cache-promise/model.ts';
import { drawPlan } from '../support/cache-promise/plan.ts';
import type { Question } from '../support/cache-promise/questions.ts';

const all: Question = {
  from: 0,
  limit: 100,
  groups: null,
  filter: null,
  select: { metadata: 'all', vector: true },
};
const first: State = { version: 1, at: 10, group: 'a' };
const second: State = { version: 2, at: 20, group: 'b' };

/** Searches by their beginnings take 10 ms and find these records. */
function search(begunAt: number, found: Record<string, State>, more: Partial<Seen> = {}): Seen {
  const { from } = more.question ?? all;
  const matches = Object.entries(found).map(([key, { version, at, group }]) => ({
    key,
    distance: Math.abs(at - from),
    metadata: { version, group },
    vector: Float32Array.of(at, 0),
  }));
  const seen = { begunAt, endedAt: begunAt + 10, question: all, matches, isWhole: true };
  return { ...seen, ageMs: null, ...more };
}

/** It takes from one moment to the other, and is acknowledged. */
function write(model: Model, state: State | null, from: number, to: number, byFloors = true): void {
  model.begin(new Map([['k', state]]), from)({ shownFrom: to, byFloors });
}

let model: Model;
beforeEach(() => {
  model = createModel();
});

test('a write must be seen from its acknowledgement on, and may be from its beginning on', () => {
  write(model, first, 0, 10);
  write(model, second, 100, 200);

  expect(model.wrongWith(search(80, { k: first }))).toBeNull();
  expect(model.wrongWith(search(80, { k: second }))).toContain('k is shown as');
  expect(model.wrongWith(search(95, { k: second }))).toBeNull();
  expect(model.wrongWith(search(199, { k: first }))).toBeNull();
  expect(model.wrongWith(search(200, { k: first }))).toContain('k is shown as');
  expect(model.wrongWith(search(200, { k: second }))).toBeNull();
});

test('a write that is under way may be seen, or not', () => {
  write(model, first, 0, 10);
  model.begin(new Map([['k', null]]), 50);

  expect(model.wrongWith(search(60, { k: first }))).toBeNull();
  expect(model.wrongWith(search(60, {}))).toBeNull();
});

test('a record that was deleted is gone, and one that was never there is wrong', () => {
  write(model, first, 0, 10);
  write(model, null, 50, 60);

  expect(model.wrongWith(search(60, {}))).toBeNull();
  expect(model.wrongWith(search(60, { k: first }))).toContain('k is shown as');
  expect(model.wrongWith(search(60, { other: first }))).toBe('other was never written');
});

test('a record that nothing can have removed is missed where it should stand', () => {
  write(model, first, 0, 10);
  const few = { ...all, limit: 1 };

  expect(model.wrongWith(search(20, {}))).toContain('k is missing');
  expect(model.wrongWith(search(20, {}, { isWhole: false }))).toBeNull();
  expect(model.wrongWith(search(20, {}, { question: { ...all, groups: ['b'] } }))).toBeNull();
  model.begin(new Map([['nearer', { ...second, at: 5 }]]), 15)({ shownFrom: 18, byFloors: true });
  const nearer = { nearer: { ...second, at: 5 } };
  expect(model.wrongWith(search(20, nearer, { question: few }))).toBeNull();
  expect(model.wrongWith(search(20, { k: first }, { question: few }))).toContain(
    'nearer is missing',
  );
});

test('a match must be what the question asked for', () => {
  write(model, first, 0, 10);
  const ofB = { ...all, groups: ['b'] };

  expect(model.wrongWith(search(20, { k: first }, { question: ofB }))).toContain('k is shown as');
  expect(model.wrongWith(search(20, { k: { ...first, group: 'b' } }))).toContain('k is shown as');
  expect(model.wrongWith(search(20, { k: { ...first, at: 11 } }))).toContain('k is shown as');
});

test('what was acknowledged by way of a Redis that lost it may stay unseen for 100 ms', () => {
  write(model, first, 0, 10);
  write(model, second, 100, 200);
  model.forgotten(205, 208);

  expect(model.wrongWith(search(199, { k: first }))).toBeNull();
  expect(model.wrongWith(search(299, { k: first }))).toBeNull();
  expect(model.wrongWith(search(300, { k: first }))).toContain('k is shown as');
});

test('a loss before a write, or after a search, excuses nothing', () => {
  write(model, first, 0, 10);
  model.forgotten(90, 99);
  write(model, second, 100, 200);
  model.forgotten(260, 270);

  expect(model.wrongWith(search(240, { k: first }))).toContain('k is shown as');
  expect(model.wrongWith(search(255, { k: first }))).toBeNull();
});

test('a loss excuses nothing that Redis had not to do with', () => {
  write(model, first, 0, 10);
  write(model, second, 100, 200, false);
  model.forgotten(205, 208);

  expect(model.wrongWith(search(201, { k: first }))).toContain('k is shown as');
});

test('a key whose state nobody knows may be shown in any, or not at all', () => {
  write(model, first, 0, 10);
  model.retire(['k']);

  expect(model.wrongWith(search(20, { k: second }))).toBeNull();
  expect(model.wrongWith(search(20, {}))).toBeNull();
});

test('what was kept before a collection was cleared is served to nobody who came after', () => {
  write(model, first, 0, 10);
  model.cleared(100, 120);

  expect(model.wrongWith(search(119, { k: first }, { ageMs: 90 }))).toBeNull();
  expect(model.wrongWith(search(120, { k: first }, { ageMs: 20 }))).toBeNull();
  expect(model.wrongWith(search(120, { k: first }, { ageMs: 90 }))).toContain('was cleared since');
});

test('a seed is a plan', () => {
  const options = { operationCount: 200, gatewayCount: 3, stormy: true };

  expect(drawPlan({ ...options, seed: 7 })).toEqual(drawPlan({ ...options, seed: 7 }));
  expect(drawPlan({ ...options, seed: 7 })).not.toEqual(drawPlan({ ...options, seed: 8 }));
});
