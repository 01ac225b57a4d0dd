import { benchCache } from './cache.ts';
import { benchFiltered } from './filtered.ts';
import { benchImport } from './import.ts';
import { benchSearch } from './search.ts';

const benches: Readonly<Record<string, (servers: readonly string[]) => Promise<string>>> = {
  cache: benchCache,
  filtered: benchFiltered,
  import: benchImport,
  search: benchSearch,
};

const bench = benches[process.argv[2] ?? ''];
const servers = (process.env['QUIVER_TEST_DATABASES'] ?? '').split(',').filter(Boolean);

if (!bench || servers.length === 0) {
  const names = Object.keys(benches).join(' | ');
  process.stderr.write(
    `Usage: QUIVER_TEST_DATABASES=postgres://...[,postgres://...] npm run bench -- ${names}\n`,
  );
  process.exitCode = 2;
} else {
  process.stdout.write(`${await bench(servers)}\n`);
}
