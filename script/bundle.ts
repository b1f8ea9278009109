/*
 * Bundles the program into dist/: one file with every command, and one for each heavy package, loaded when it is
 * needed. Start-up is mostly the finding, compiling and linking of files: the fewer the better. The compiled form of
 * the main file is kept beside it (bin/load.js), for the version of Node that builds it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { BuildOptions, Plugin } from 'esbuild';

/** `masters/expire.ts` is `masters:expire`, `masters/index.ts` is `masters`, as oclif's own rule has it. */
function commandId(file: string): string {
  return file
    .replace(/\.ts$/, '')
    .replace(/\/index$/, '')
    .replaceAll('/', ':');
}

async function mainSource(): Promise<string> {
  const files = (await readdir('src/commands', { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  const imports = files.map((file, index) => `import c${index} from './src/commands/${file}';`);
  const table = files.map((file, index) => `'${commandId(file)}': c${index}`);
  return `export { main } from './src/main.ts';\n${imports.join('\n')}\nexport const commands = { ${table.join(', ')} };\n`;
}

/** Packages that most commands do without: each becomes a file of its own, exporting as `require` expects it. */
const apart: Readonly<Record<string, string>> = {
  '@hono/node-server': `module.exports = require('@hono/node-server');`,
  hono: `module.exports = require('hono');`,
  'hono/html': `module.exports = require('hono/html');`,
  'prom-client': `module.exports = require('prom-client');`,
  croner: `module.exports = require('croner');`,
  inquirer: `module.exports = require('inquirer').default;`,
  listr2: `module.exports = require('listr2');`,
  mysql2: `module.exports = require('mysql2');`,
  pg: `module.exports = require('pg');`,
  'string-width': `module.exports = require('string-width').default;`,
  valibot: `module.exports = require('valibot');`,
  'wrap-ansi': `module.exports = require('wrap-ansi').default;`,
  yaml: `module.exports = require('yaml');`,
};

/** `@hono/node-server` is in `hono-node-server.cjs`. */
function fileOf(name: string): string {
  return name.replace(/^@/, '').replaceAll('/', '-');
}

/** Functions that oclif loads at every start and calls for help and errors: their regular expressions are slow to make. */
const calledLater = /^(string-width|wrap-ansi)$/;

const packagesApart: Plugin = {
  name: 'packages apart',
  setup(bundle) {
    const filter = new RegExp(`^(${Object.keys(apart).join('|')})$`);
    bundle.onResolve({ filter }, ({ path: name }) =>
      calledLater.test(name) ? { path: name, namespace: 'later' } : { path: `./${fileOf(name)}.cjs`, external: true },
    );
    bundle.onResolve({ filter: /^\.\/.*\.cjs$/, namespace: 'later' }, ({ path: file }) => ({
      path: file,
      external: true,
    }));
    bundle.onLoad({ filter: /./, namespace: 'later' }, ({ path: name }) => ({
      contents: `module.exports = (...parameters) => require('./${name}.cjs')(...parameters);`,
    }));
  },
};

/** Parts of libraries that bbctl never calls, but that would be loaded at every start. */
const unused = /migrations\/migrate\/Migrator$|migrations\/seed\/Seeder$|^tinyglobby$|^wsl-utils$/;

const withoutUnused: Plugin = {
  name: 'without unused parts',
  setup(bundle) {
    bundle.onResolve({ filter: unused }, ({ path: name }) => ({ path: name, namespace: 'unused' }));
    bundle.onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** The first `localeCompare` of a process loads the rules of its language: for ids of commands, which are ASCII. */
const withoutCollation: Plugin = {
  name: 'without collation',
  setup(bundle) {
    bundle.onLoad({ filter: /@oclif\/core\/lib\/config\/plugin\.js$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      const plain = source.replace('a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)');
      if (plain === source) throw new Error(`${file} no longer sorts as it did`);
      return { contents: plain };
    });
  },
};

/** Made beside it and moved: a bbctl that starts meanwhile finds the old one whole. */
const unfinished = 'dist.new';

const common: BuildOptions = {
  outdir: unfinished,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // `import()` of what is in the same file, or beside it, is a call of `require`.
  supported: { 'dynamic-import': false },
  // Native, or drivers and optional parts that are not installed and never asked for.
  external: ['better-sqlite3', 'pg-native', 'cloudflare:sockets', 'sqlite3', 'mysql', 'tedious', 'oracledb', 'mariadb/callback', 'typescript'], // prettier-ignore
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'silent' },
};

/** pg looks at it to know whether it runs at Cloudflare, and the first look makes Node load all of `fetch`. */
const withoutFetch: BuildOptions = { define: { Response: 'undefined' } };

/**
 * Runs the way from the command line to an answer once, so that what it compiles is in the cache. It must be in its
 * place by then: oclif looks for the commands there.
 */
function warmUp(): void {
  const home = mkdtempSync(path.join(tmpdir(), 'bbctl-build-'));
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    XDG_DATA_HOME: home,
  };
  try {
    execFileSync(process.execPath, ['script/code-cache.cjs', 'dist', path.join(home, 'state.sqlite')], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await rm(unfinished, { recursive: true, force: true });
const bundle = (name: string, contents: string, plugins: Plugin[], options: BuildOptions = {}): Promise<unknown> =>
  build({
    ...common,
    ...options,
    stdin: { contents, resolveDir: '.', sourcefile: `${name}.ts`, loader: 'ts' },
    entryNames: name,
    plugins,
  });
for (const [name, contents] of Object.entries(apart))
  await bundle(fileOf(name), contents, [], name === 'pg' ? withoutFetch : {});
await bundle('main', await mainSource(), [packagesApart, withoutUnused, withoutCollation]);
await rm('dist', { recursive: true, force: true });
await rename(unfinished, 'dist');
warmUp();
