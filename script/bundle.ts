/*
 * Bundles the program into dist/: one small file for each command and shared chunks beside them. Start-up is mostly
 * the finding and loading of some hundred small files; a few large ones, loaded when they are needed, are quicker.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

async function sources(): Promise<string[]> {
  const files = await readdir('src/commands', { recursive: true });
  return [
    'src/main.ts',
    ...files.filter((file) => file.endsWith('.ts')).map((file) => path.join('src/commands', file)),
  ];
}

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: await sources(),
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: 'chunks/[name]-[hash]',
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
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; import { fileURLToPath as __toPath } from 'node:url'; import { dirname as __toDirectory } from 'node:path'; const require = __createRequire(import.meta.url); const __filename = __toPath(import.meta.url); const __dirname = __toDirectory(__filename);",
  },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
});
