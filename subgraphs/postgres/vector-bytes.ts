/** A vector as pgvector sends and takes it: int16 dimension, int16 0, then float32, big-endian. */
export function vectorBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(byteLength(vector));
  writeVector(bytes, 0, vector);
  return bytes;
}

export function readVector(bytes: Buffer): Float32Array {
  const vector = new Float32Array(bytes.readInt16BE(0));
  for (let i = 0; i < vector.length; i++) vector[i] = bytes.readFloatBE(HEADER_BYTES + 4 * i);
  return vector;
}

/** A PostgreSQL array of vectors in binary; `vectorOid` is what the database calls the type. */
export function vectorArrayBytes(vectors: readonly Float32Array[], vectorOid: number): Buffer {
  const size = vectors.reduce((sum, vector) => sum + 4 + byteLength(vector), ARRAY_HEADER_BYTES);
  const bytes = Buffer.allocUnsafe(size);
  const dimensions = 1;
  const hasNulls = 0;
  const firstIndex = 1;
  let offset = 0;
  for (const word of [dimensions, hasNulls, vectorOid, vectors.length, firstIndex]) {
    offset = bytes.writeUInt32BE(word, offset);
  }
  for (const vector of vectors) {
    offset = bytes.writeUInt32BE(byteLength(vector), offset);
    offset = writeVector(bytes, offset, vector);
  }
  return bytes;
}

const HEADER_BYTES = 4;
const ARRAY_HEADER_BYTES = 20;

const byteLength = (vector: Float32Array): number => HEADER_BYTES + 4 * vector.length;

/** Copying and swapping the bytes in place is four times quicker than writing number by number. */
function writeVector(bytes: Buffer, start: number, vector: Float32Array): number {
  bytes.writeInt16BE(vector.length, start);
  bytes.writeInt16BE(0, start + 2);
  const end = start + byteLength(vector);
  const numbers = bytes.subarray(start + HEADER_BYTES, end);
  numbers.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  numbers.swap32();
  return end;
}
