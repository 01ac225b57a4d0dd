import { isUtf8 } from 'node:buffer';
import { errors } from '../../../schema/errors.ts';
import { isObject, parseJson } from '../../../schema/json.ts';
import { cutLines, notUtf8, withoutMark } from './lines.ts';
import type { Fields, ReadOptions, Row, Rows } from './row.ts';

/** One JSON object a line. Blank lines count, and say nothing. */
export async function* readNdjson(
  bytes: AsyncIterable<Buffer>,
  { after, lineBytesMax }: ReadOptions,
): Rows {
  let line = 0;
  for await (const texts of cutLines(bytes, lineBytesMax)) {
    const rows: Row[] = [];
    for (const text of texts) {
      line++;
      if (line <= after || isBlank(text)) continue;
      rows.push({ line, fields: text instanceof Error ? text : fieldsOf(text, line) });
    }
    yield rows;
  }
}

/** Nearly all lines begin with a brace and are not looked at further. */
const isBlank = (text: Buffer | Error): boolean =>
  text instanceof Buffer && text[0] !== brace && text.toString('latin1').trim() === '';

const brace = 0x7b;

function fieldsOf(text: Buffer, line: number): Fields | Error {
  if (!isUtf8(text)) return notUtf8();
  const json = line === 1 ? withoutMark(text.toString('utf8')) : text.toString('utf8');
  const value = parseJson(json);
  return isObject(value) ? value : errors.badInput('line', 'a JSON object', value ?? json);
}
