const years = [1990, 1995, 2005, 2001, 1985, 1863, 2021, 2019, 2003, 1997];

const points: readonly (readonly number[])[] = [
  [0, 0, 0, 0],
  [1, 0, 0, 0],
  [1, 1, 0, 0],
  [1, 1, 1, 0],
  [1, 1, 1, 1],
  [2, 1, 1, 1],
  [2, 2, 1, 1],
  [2, 2, 2, 1],
  [2, 2, 2, 2],
  [3, 2, 2, 2],
];

/** Ten records whose years and places are written out above. */
export const referenceRecords = points.map((vector, i) => ({
  key: String(i),
  vector,
  metadata: { year: years[i]! },
}));
