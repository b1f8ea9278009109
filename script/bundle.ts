/*
 * Bundles the program into dist/: one file with every command, and beside it one for each heavy package, loaded when
 * it is needed. Start-up is mostly the finding, compiling and linking of files: the fewer the better.
 */
import { readdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';

/** `masters/expire.ts` is `masters:expire`, `masters/index.ts` is `masters`, as oclif's own rule has it. */
function commandId(file: string): string {
  return file
    .replace(/\.ts$/, '')
    .replace(/\/index$/, '')
    .replaceAll('/', ':');
}

async function entry(): Promise<string> {
  const files = (await readdir('src/commands', { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  const imports = files.map((file, index) => `import c${index} from './src/commands/${file}';`);
  const table = files.map((file, index) => `'${commandId(file)}': c${index}`);
  return `export { main } from './src/main.ts';\n${imports.join('\n')}\nexport const commands = { ${table.join(', ')} };\n`;
}

/** Parts of libraries that bbctl never calls, but that would be loaded at every start. */
const unused = /migrations\/migrate\/Migrator$|migrations\/seed\/Seeder$|^tinyglobby$/;

const withoutUnused: Plugin = {
  name: 'without unused parts',
  setup(bundle) {
    bundle.onResolve({ filter: unused }, ({ path: name }) => ({ path: name, namespace: 'unused' }));
    bundle.onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** Packages in CommonJS expect these. */
const commonJs = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __toPath } from 'node:url';
import { dirname as __toDirectory } from 'node:path';
const require = __createRequire(import.meta.url);
const __filename = __toPath(import.meta.url);
const __dirname = __toDirectory(__filename);`;

await rm('dist', { recursive: true, force: true });
await build({
  stdin: { contents: await entry(), resolveDir: '.', sourcefile: 'main.ts', loader: 'ts' },
  outdir: 'dist',
  entryNames: 'main',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Native, or drivers and optional parts that are not installed and never asked for.
  external: [
    'better-sqlite3',
    'pg-native',
    'cloudflare:sockets',
    'sqlite3',
    'mysql',
    'tedious',
    'oracledb',
    'mariadb/callback',
    'typescript',
  ],
  plugins: [withoutUnused],
  banner: { js: commonJs },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
});
