import type { Command } from 'commander';
import { exitCodesHelp } from './exit-codes.ts';
import { storeOptions, type StoreOptions } from './open-store.ts';

export interface CollectionOptions extends StoreOptions {
  readonly bucket?: string;
  readonly json?: boolean;
}

/** A new command of `group` on the one collection that its argument names. */
export function onCollection(group: Command, name: string): Command {
  return storeOptions(group.command(name))
    .argument('<name>', 'of the collection')
    .option('--bucket <name>', 'its bucket (default: vecs)')
    .option('--json', 'as GraphQL gives it')
    .addHelpText('after', exitCodesHelp);
}
