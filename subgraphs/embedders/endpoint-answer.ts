import { shown } from '../../schema/shown.ts';
import { isObject, parseJson } from '../../schema/json.ts';
import { readVector } from '../../schema/vector.ts';
import { EndpointError } from './endpoint-error.ts';

/**
 * The vectors of an answer in the order of the texts. Lists and base64 are understood, whichever
 * was asked for, since many servers know only lists; anything else that is not as it should be makes
 * this throw: a vector of the wrong text would be found by nobody.
 */
export function readAnswer(
  text: string,
  { count, dimension }: { readonly count: number; readonly dimension: number },
): Float32Array[] {
  const items = readItems(text, count);
  const vectors = new Array<Float32Array | undefined>(count).fill(undefined);
  for (const [i, item] of items.entries()) {
    const { index, embedding } = isObject(item) ? item : {};
    const isNext = typeof index === 'number' && index in vectors && !vectors[index];
    if (!isNext)
      throw unusable(`data[${i}].index must be that of another text; got ${shown(index)}`);
    vectors[index] = readEmbedding(embedding, `data[${i}].embedding`, dimension);
  }
  return vectors.map((vector) => vector!);
}

function readItems(text: string, count: number): readonly unknown[] {
  const answer = parseJson(text);
  const data = isObject(answer) ? answer['data'] : undefined;
  if (!Array.isArray(data)) throw unusable('it must be JSON with a list data', text);
  if (data.length === count) return data;
  throw unusable(`data must have ${count} vectors; got ${data.length}`);
}

function readEmbedding(input: unknown, place: string, dimension: number): Float32Array {
  const vector = vectorOf(input, place);
  if (vector.length === dimension) return vector;
  throw unusable(
    `${place} must have ${dimension} dimensions, as its configuration says; got ${vector.length}`,
  );
}

function vectorOf(input: unknown, place: string): Float32Array {
  try {
    return readVector(input, place);
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

function unusable(problem: string, text = ''): EndpointError {
  const why = `gave no usable answer: ${problem.replace(/\.$/, '')}`;
  return new EndpointError({ kind: 'unusable', why, detail: text });
}
