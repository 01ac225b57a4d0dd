import { Option, type Command } from 'commander';
import { elementTypes, metrics } from '../../../schema/metric.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import { runCommand } from '../failures.ts';
import { storeOptions } from '../open-store.ts';
import { integer, wordOf } from '../values.ts';
import { chunkings } from './chunks.ts';
import { importCommand, type ImportOptions } from './command.ts';
import { formats } from './source.ts';

export function addImport(program: Command): void {
  storeOptions(program.command('import <file>'))
    .description('write the records of an NDJSON, CSV or Parquet file; - is stdin')
    .requiredOption('--collection <name>', 'where to write')
    .option('--bucket <name>', 'its bucket (default: vecs)')
    .addOption(new Option('--format <format>', 'default: by the name of the file').choices(formats))
    .option('--key <field>', 'the key (default: key, or id)')
    .option('--vector <field>', 'the vector (default: vector, embedding, values or vec)')
    .option('--metadata <field>', 'an object (default: metadata; without it, all other fields)')
    .option(
      '--infer',
      'CSV: read numbers, true, false, null and JSON as such; leave out empty cells',
    )
    .option('--create', 'make the collection, with the dimension of the first record')
    .option('--metric <metric>', 'of a new collection', wordOf(metrics), 'COSINE')
    .option('--element-type <type>', 'of a new collection', wordOf(elementTypes), 'FLOAT32')
    .option('--embed', 'make the vectors from the texts of --text-field')
    .option('--text-field <field>', 'the text to embed; it stays in the metadata')
    .option('--embedder <name>', 'default: that of the collection')
    .addOption(
      new Option('--chunk <how>', 'cut the texts into records of their own').choices(chunkings),
    )
    .option(
      '--batch <records>',
      'in one write',
      integer(1, defaultLimits.writeRecordsMax),
      defaultBatch,
    )
    .option('--progress <file>', 'how far it is (default: <file>.quiver-progress.json)')
    .option('--restart', 'begin anew where an earlier import of the file was broken off')
    .option('--rejects <file>', 'lines that are no records (default: <file>.rejected.ndjson)')
    .option('--rejects-max <lines>', 'give up beyond so many', integer(0, 1e9), 1_000)
    .option('--json', 'the summary as JSON')
    .addHelpText('after', exitCodesText)
    .action((file: string, options: ImportOptions) =>
      runCommand(options, () => importCommand(file, options)),
    );
}

const defaultBatch = 500;

const exitCodesText = `
Exit codes: 0 all lines are written; 1 it could not be done; 2 the command is wrong;
3 done, with rejected lines; 4 there is no such collection; 130 interrupted.`;
