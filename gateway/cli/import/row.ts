/** What one line of a source says, by the names of its fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** One line of a source that is not blank, or why it cannot be read. */
export interface Row {
  /** From 1. A record over several lines has the number of its first; a Parquet file counts rows. */
  readonly line: number;
  readonly fields: Fields | Error;
}

/** The rows of a source in order, some at a time. What is wrong with the source as a whole is thrown. */
export type Rows = AsyncGenerator<readonly Row[], void>;

export interface ReadOptions {
  /** Rows up to this line are left out. */
  readonly after: number;
  readonly lineBytesMax: number;
}
