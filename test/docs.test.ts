/* What the documents say of the program is compared with it, and what they refer to must be there. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { exitStatuses } from '../src/lib/errors.js';

const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...markdownIn('docs'), ...markdownIn('examples')];

function markdownIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name));
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}

/** As GitHub and others make them of headings. */
function anchorsIn(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? '');
  return new Set(headings.map((heading) => heading.toLowerCase().replace(/[^\w\s-]/g, '').trim().replaceAll(' ', '-'))); // prettier-ignore
}

test('the exit statuses in the README are those of the code', (t) => {
  const table = /## Exit statuses\n([^#]*)/.exec(read('README.md'))?.[1] ?? '';
  const documented = [...table.matchAll(/^\| (\d+) \| (\S.*) \|$/gm)].map((match) => Number(match[1]));
  t.deepEqual(documented, Object.values(exitStatuses));
});

test('what the documents link to is there', (t) => {
  const broken = documents.flatMap((file) => {
    const links = [...read(file).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
    return links.filter((link) => !/^https?:/.test(link) && !isThere(file, link)).map((link) => `${file}: ${link}`);
  });
  t.deepEqual(broken, []);
});

function isThere(from: string, link: string): boolean {
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? from : path.join(path.dirname(from), target);
  return existsSync(file) && (anchor === undefined || anchorsIn(read(file)).has(anchor));
}

test('the commands that the documents name exist', (t) => {
  const { commands } = JSON.parse(read('oclif.manifest.json')) as { commands: Record<string, unknown> };
  const ids = Object.keys(commands);
  // In prose "bbctl" is followed by any verb; in code, quoted or as typed, by a command.
  const inCode = /(?:[`"]|^\$ |^    )bbctl ([a-z]+)(?: ([a-z]+)(?![\w:/]))?/gm;
  const isKnown = (topic: string, verb: string | undefined): boolean =>
    verb !== undefined && ids.some((id) => id.startsWith(`${topic}:`))
      ? ids.includes(`${topic}:${verb}`)
      : ids.includes(topic);
  const unknown = documents.flatMap((file) =>
    [...read(file).matchAll(inCode)]
      .filter(([, topic = '', verb]) => !isKnown(topic, verb))
      .map(([words]) => `${file}: ${words}`),
  );
  t.deepEqual(unknown, []);
});

test('the tests that docs/failure-modes.md names are there', (t) => {
  const named = [...read('docs/failure-modes.md').matchAll(/`(test\/[\w./-]+)`/g)].map((match) => match[1] ?? '');
  t.true(named.length > 0);
  for (const file of new Set(named)) t.true(existsSync(file), file);
});
