import type { Example } from '../graphiql.ts';
import { sampleCollection } from '../sample/load-sample.ts';

/** What somebody who has just started a gateway may ask it. */
export interface FirstQuestion {
  /** In GraphiQL. */
  readonly example: Example;
  /** On one line, without the quote of a shell. */
  readonly query: string;
}

/** Has an answer on every installation, whatever it holds. */
export const overview: FirstQuestion = {
  example: {
    query: `query Overview($first: Int) {
  vectorPods { name healthy postgres pgvector collectionCount }
  vectorCollections(first: $first) {
    nodes { bucket name dimension metric count shards { pod count } }
  }
}
`,
    variables: { first: 20 },
  },
  query: '{ vectorCollections(first: 20) { nodes { bucket name dimension metric count } } }',
};

/** Has an answer where the sample is loaded. */
export const sampleSearch: FirstQuestion = {
  example: {
    query: `query Search($question: String!, $k: Int) {
  searchVectors(
    collection: "${sampleCollection.collection}"
    near: { text: $question }
    k: $k
  ) {
    matches {
      score
      record { key metadata(keys: ["title"]) }
    }
    coverage { answeredCount shardCount }
    tookMs
  }
}
`,
    variables: { question: 'how are shards merged?', k: 3 },
  },
  query: `{ searchVectors(collection: "${sampleCollection.collection}", near: {text: "how are shards merged?"}, k: 3) { matches { score record { key } } coverage { answeredCount shardCount } } }`,
};
