import type { FirstQuestion } from '../../gateway/cli/first-questions.ts';

/** What somebody who has just started the example may ask it. */
export const question: FirstQuestion = {
  example: {
    query: `query Search($question: String!) {
  searchDocs(near: { text: $question }, k: 2) {
    matches {
      score
      record {
        title
        url
        articles {
          title
          author {
            name
          }
        }
      }
    }
  }
}
`,
    variables: { question: 'my table no longer fits in memory' },
  },
  query:
    '{ searchDocs(near: {text: "my table no longer fits in memory"}, k: 2) { matches { score record { title articles { title author { name } } } } } }',
};
