import { errors } from '../../../schema/errors.ts';

/** The lines of each chunk, without their ends. One that is longer than `bytesMax` is an error. */
export async function* cutLines(
  bytes: AsyncIterable<Buffer>,
  bytesMax: number,
): AsyncGenerator<readonly (Buffer | Error)[]> {
  let parts: Buffer[] = [];
  let byteCount = 0;
  const add = (part: Buffer): void => {
    byteCount += part.length;
    if (byteCount > bytesMax) parts = [];
    else parts.push(part);
  };
  const take = (): Buffer | Error => {
    const line = byteCount > bytesMax ? tooLong(bytesMax, byteCount) : joined(parts);
    parts = [];
    byteCount = 0;
    return line;
  };

  for await (const chunk of bytes) {
    const lines: (Buffer | Error)[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, end));
      lines.push(take());
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (byteCount > 0) yield [take()];
}

export const notUtf8 = (): Error => errors.badRequest('line', 'line must be text in UTF-8.');

/** Some programs begin a file with a byte order mark. */
export const withoutMark = (text: string): string =>
  text.startsWith('\ufeff') ? text.slice(1) : text;

const newline = 0x0a;

const joined = (parts: readonly Buffer[]): Buffer =>
  parts.length === 1 ? parts[0]! : Buffer.concat(parts);

const tooLong = (bytesMax: number, byteCount: number): Error =>
  errors.limitExceeded('line', 'bytes', bytesMax, byteCount);
