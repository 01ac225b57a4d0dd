import type { AsyncBuffer, ColumnMetaData, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';

/**
 * Throws unless the pages of each column follow one another to its end, and none says that it holds
 * more than the column. The library believes what pages say of their size: it would read on without
 * an end where that is damaged.
 */
export async function checkPages(file: AsyncBuffer, { columns }: RowGroup): Promise<void> {
  for (const { meta_data: column } of columns) if (column) await checkColumn(file, column);
}

async function checkColumn(file: AsyncBuffer, column: ColumnMetaData): Promise<void> {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  if (end > file.byteLength) throw new Error('a column goes on behind its end');
  const valuesMax = Number(column.num_values);
  const bytesMax = Number(column.total_uncompressed_size);
  for (let at = start; at < end;) {
    const bytes = await file.slice(at, Math.min(at + headerBytesMax, end));
    const reader = { view: new DataView(bytes), offset: 0 };
    const header = parquetHeader(reader);
    const values = header.data_page_header ?? header.data_page_header_v2;
    requireUpTo(bytesMax, header.uncompressed_page_size);
    requireUpTo(valuesMax, values?.num_values ?? 0);
    requireUpTo(valuesMax, header.dictionary_page_header?.num_values ?? 0);
    requireUpTo(end - at - reader.offset, header.compressed_page_size);
    at += reader.offset + header.compressed_page_size;
  }
}

/** A header may hold the least and the greatest value of its page. */
const headerBytesMax = 256 * 1_024;

function requireUpTo(max: number, value: number): void {
  if (value >= 0 && value <= max) return;
  throw new Error(`a page says that it holds ${value} where there is room for ${max}`);
}
