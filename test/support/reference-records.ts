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

/** All of them from [1, 2, 3, 4] by L2, to six decimals. */
export const nearestFirst: readonly (readonly [key: string, distance: number])[] = [
  ['8', 2.44949],
  ['9', 3],
  ['7', 3.316625],
  ['4', 3.741657],
  ['6', 3.741657],
  ['5', 3.872983],
  ['3', 4.582576],
  ['2', 5.09902],
  ['1', 5.385165],
  ['0', 5.477226],
];
