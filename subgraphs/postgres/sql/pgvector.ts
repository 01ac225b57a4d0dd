import type { ElementType, Metric } from '../../../schema/metric.ts';
import { quoteIdentifier } from './identifier.ts';

/** The words of pgvector, each with the schema that holds it: a search_path need not lead there. */
export interface Pgvector {
  /** The type of a column. */
  typeOf(elementType: ElementType): string;
  /** A `vector` parameter, as a value to compare with the elements of a column. */
  cast(place: string, elementType: ElementType): string;
  distance(metric: Metric, left: string, right: string): string;
  operatorClass(elementType: ElementType, metric: Metric): string;
  /** A vector of either type as the bytes of a `vector`. */
  bytesOf(vector: string): string;
}

export function createPgvector(schema: string): Pgvector {
  const within = (name: string): string => `${quoteIdentifier(schema)}.${name}`;
  const typeOf = (elementType: ElementType): string => within(types[elementType]);
  const vector = typeOf('FLOAT32');
  return {
    typeOf,
    cast: (place, elementType) =>
      elementType === 'FLOAT16'
        ? `${place}::${vector}::${typeOf('FLOAT16')}`
        : `${place}::${vector}`,
    distance: (metric, left, right) => `(${left} operator(${within(operators[metric])}) ${right})`,
    operatorClass: (elementType, metric) =>
      within(`${types[elementType]}_${metricWords[metric]}_ops`),
    // The cast is for halfvec; a vector stays what it is.
    bytesOf: (expression) => `${within('vector_send')}(${expression}::${vector})`,
  };
}

/** What pgvector calls the metrics in its operator classes. */
export const metricWords = {
  COSINE: 'cosine',
  L2: 'l2',
  INNER_PRODUCT: 'ip',
  L1: 'l1',
} as const satisfies Record<Metric, string>;

const types = { FLOAT32: 'vector', FLOAT16: 'halfvec' } as const satisfies Record<
  ElementType,
  string
>;

const operators = {
  COSINE: '<=>',
  L2: '<->',
  INNER_PRODUCT: '<#>',
  L1: '<+>',
} as const satisfies Record<Metric, string>;
