/** Somebody's typed collections, of every kind of field. `bucket` is the test's own. */
export const articlesSdl = (bucket: string): string => `
type Doc @collection(name: "docs", bucket: "${bucket}", dimension: 2, metric: L2) {
  id: ID!
  title: String!
  url: String @column(name: "page_url")
  year: Int
  rating: Float
  draft: Boolean
  created: DateTime
  owner: ID
  tags: [String!]
  reviewers: [ID!]
  author: Author
  editors: [Author!]
  builder: String @column(name: "constructor")
}

type Author {
  name: String!
  born: Int
}
`;
