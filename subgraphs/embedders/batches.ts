/** The texts in their order, cut where a batch would have too many of them or of their characters. */
export function batchesOf(
  texts: readonly string[],
  limits: { readonly batchTextsMax: number; readonly batchCharactersMax: number },
): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let batch: string[] = [];
  let characters = 0;
  for (const text of texts) {
    const isFull =
      batch.length === limits.batchTextsMax || characters + text.length > limits.batchCharactersMax;
    if (batch.length === 0 || isFull) {
      batch = [];
      characters = 0;
      batches.push(batch);
    }
    batch.push(text);
    characters += text.length;
  }
  return batches;
}
