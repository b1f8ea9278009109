import { readFileSync } from 'node:fs';
import type * as yamlModule from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { readClusterFile } from './cluster-file.js';
import type { Draft, DraftBuilder, DraftMaster, DraftService, DraftThing } from './model/draft.js';
import { printable } from './model/names.js';

type Yaml = typeof yamlModule;

/** The settings of a thing in a `cluster.yaml`. */
type Settings = Readonly<Record<string, string | readonly string[]>>;

interface Entry {
  readonly key: string;
  readonly settings: Settings;
  readonly thing: DraftThing;
}

type Section = 'masters' | 'workers' | 'builders' | 'schedulers' | 'changeSources';

/** What the draft says, in the order of the file. */
function sectionsOf(draft: Draft): [Section, Entry[]][] {
  const named = <T extends DraftThing>(things: readonly T[], settings: (thing: T) => Settings): Entry[] =>
    things.map((thing) => ({ key: thing.name, settings: settings(thing), thing }));
  const typed = ({ type }: DraftService): Settings => (type === null ? {} : { type });
  const master = ({ kind, name }: DraftMaster): Settings => ({ kind, name });
  return [
    ['masters', draft.masters.map((one) => ({ key: one.key, settings: master(one), thing: one }))],
    ['workers', named(draft.workers, () => ({}))],
    ['builders', named(draft.builders, ({ workers }: DraftBuilder) => ({ workers }))],
    ['schedulers', named(draft.schedulers, typed)],
    ['changeSources', named(draft.changeSources, typed)],
  ];
}

const head = `# What this cluster is meant to have, as it is registered now. Please look through it: take out what is not meant to
# be, and take the "#" from before what is. Masters that are stopped take their registrations away with them: what only
# they configure is commented out below, just like what is left over for good.
# A master may have "control", by which bbctl wakes it: see docs/lifecycle.md, "Waking masters".
# Then say so: with "complete: true", what this file does not name is left over for certain, and may be forgotten.
complete: false
`;

/** A `cluster.yaml` to be edited: what may be left over is commented out, with what is known of it. */
export async function clusterText(draft: Draft): Promise<string> {
  const yaml = await import('yaml');
  const sections = sectionsOf(draft).map(([section, entries]) => {
    // Nothing, not an empty map in braces: that could not be added to by taking a "#" away.
    return [`\n${section}:`, ...entries.flatMap((entry) => entryLines(yaml, entry))].join('\n');
  });
  return `${head}${sections.join('\n')}\n`;
}

function entryLines(yaml: Yaml, { key, settings, thing }: Entry): string[] {
  const line = entryText(yaml, key, settings);
  const note = thing.note === null ? [] : [`  # ${printable(thing.note)}`];
  return [...note, ...line.split('\n').map((text) => (thing.listed ? `  ${text}` : `  # ${text}`))];
}

/** Also what YAML 1.1, and so Python, would read otherwise is quoted. */
const reading = { compat: 'yaml-1.1' } as const;
const writing = {
  lineWidth: 0,
  flowCollectionPadding: false,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
} as const;

function entryText(yaml: Yaml, key: string, settings: Settings): string {
  const document = new yaml.Document({}, reading);
  rootOf(yaml, document).add(pairOf(yaml, document, key, settings));
  return shown(document.toString(writing).trimEnd());
}

/** `key: {setting: value}` */
function pairOf(yaml: Yaml, document: Document, key: string, settings: Settings): Pair {
  const nodes = [document.createNode(key), document.createNode(settings, { flow: true })] as const;
  for (const node of nodes) quote(yaml, node, (text) => printable(text) !== text);
  return new yaml.Pair(...nodes);
}

/** What a terminal would obey is written as YAML's own escapes, which need double quotes. */
function quote(yaml: Yaml, place: Node | Document, isQuoted: (text: string) => boolean): void {
  yaml.visit(place, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && isQuoted(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
}

function shown(text: string): string {
  return text.split(/(\n|\t)/).map((part) => (part === '\n' || part === '\t' ? part : printable(part))).join(''); // prettier-ignore
}

/** The file as it is, with what is listed in the draft and not named there. Throws a `Failure` where it is not right. */
export async function mergedText(file: string, draft: Draft): Promise<string> {
  const { inventory } = await readClusterFile(file);
  const yaml = await import('yaml');
  const document = yaml.parseDocument(readFileSync(file, 'utf8'), reading);
  const masters = new Set(inventory.masters.map((master) => master.name ?? master.key));
  const keys = new Set(inventory.masters.map((master) => master.key));
  for (const [section, entries] of sectionsOf(draft)) {
    const isNamed = ({ key, thing }: Entry): boolean => (section === 'masters' ? masters.has(thing.name) : inventory[section].has(key)); // prettier-ignore
    const fresh = entries.filter((entry) => entry.thing.listed && !isNamed(entry));
    if (fresh.length === 0) continue;
    const map = sectionMap(yaml, document, section);
    for (const { key, settings } of fresh) map.add(pairOf(yaml, document, section === 'masters' ? freeKey(key, keys) : key, settings)); // prettier-ignore
  }
  quote(yaml, document, (text) => text.split(/[\n\t]/).some((part) => printable(part) !== part));
  return shown(document.toString(writing));
}

function rootOf(yaml: Yaml, document: Document): YAMLMap {
  const { contents } = document;
  if (yaml.isMap(contents)) return contents;
  const made = new yaml.YAMLMap(document.schema);
  document.contents = made;
  return made;
}

function sectionMap(yaml: Yaml, document: Document, section: Section): YAMLMap {
  rootOf(yaml, document);
  const map = document.get(section);
  if (yaml.isMap(map)) return map;
  const made = new yaml.YAMLMap(document.schema);
  document.set(section, made);
  return made;
}

function freeKey(key: string, taken: Set<string>): string {
  let free = key;
  for (let number = 2; taken.has(free); number++) free = `${key}-${number}`;
  taken.add(free);
  return free;
}
